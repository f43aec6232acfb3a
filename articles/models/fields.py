"""Kinds of column that several models share."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from .. import weblinks


class ByteOrderedCharField(models.CharField):
    """Text ordered by code point on every database, so that a list is in one order on all of them.

    SQLite does so by itself; PostgreSQL's collation of a language skips hyphens.
    """

    def db_parameters(self, connection):
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


def validate_web_url(url: str) -> None:
    if not weblinks.normalise(url):
        raise ValidationError(_("Enter a web address that begins with http:// or https://."))


class WebURLField(models.CharField):
    """A web link as delivered: http or https, up to 2,048 characters, blank for none.

    Django's URLField refuses what real feeds send (spaces, non-ASCII letters), and with it an
    editor's save of an article whose link nobody touched.
    """

    default_validators = [validate_web_url]

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", weblinks.MAX_LENGTH)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)


class BroughtBy(models.ForeignKey):
    """The import run that made a shared row, so that taking the run back can take it along.

    No constraint and no index: it outlives the run's record, and only an undo asks for it.
    """

    def __init__(self, **kwargs):
        kwargs |= {
            "to": "articles.ImportRun",
            "on_delete": models.DO_NOTHING,
            "null": True,
            "editable": False,
            "related_name": "+",
            "db_constraint": False,
            "db_index": False,
        }
        super().__init__(**kwargs)
