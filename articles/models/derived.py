"""Columns that follow from others of their row, kept so that an index finds rows by them.

They are no knowledge of their own: no state, export, digest or revision holds them. Whoever writes
rows past `save` asks for them: `importing.bulk.insert` and `importing.apply`.
"""

from collections.abc import Mapping
from typing import Any

from django.db import models


class Derived:
    """A column that is null where there is nothing to find, and written whenever its row is
    saved."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"null": True, "editable": False} | kwargs)

    def pre_save(self, model_instance, add):
        if not isinstance(model_instance, Derives):  # a migration's model: it knows columns alone
            return super().pre_save(model_instance, add)
        value = model_instance.derived()[self.attname]
        setattr(model_instance, self.attname, value)
        return value


class DerivedField(Derived, models.BigIntegerField):
    """64 bits."""


class DerivedTextField(Derived, models.TextField):
    """For the index of words: see `articles.search`."""


class Derives:
    """For a model with derived columns."""

    DERIVED_FROM: frozenset[str]  # the columns from which they follow

    @classmethod
    def derive(cls, values: Mapping[str, Any]) -> dict[str, int | str | None]:
        """The derived columns of a row in which DERIVED_FROM have these values."""
        raise NotImplementedError

    @classmethod
    def derived_names(cls) -> list[str]:
        fields = cls._meta.concrete_fields
        return [field.name for field in fields if isinstance(field, Derived)]

    def derived(self) -> dict[str, int | str | None]:
        return self.derive({name: getattr(self, name) for name in self.DERIVED_FROM})

    def save(self, *args, **kwargs):
        """Writes them too where it is told to write a column from which they follow, and where
        the row was loaded without them."""
        fields = kwargs.get("update_fields")
        if fields is None and not self.get_deferred_fields().isdisjoint(self.derived_names()):
            for name, value in self.derived().items():
                setattr(self, name, value)
        if fields is not None and not self.DERIVED_FROM.isdisjoint(fields):
            kwargs["update_fields"] = {*fields, *self.derived()}
        return super().save(*args, **kwargs)

    save.alters_data = True
