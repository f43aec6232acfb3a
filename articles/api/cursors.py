"""Paging by cursor: each page costs what the first costs, and a page's address stays right while
articles come and go. A cursor says where the last article of a page stood, and nothing that readers
do not know already."""

import base64
import binascii
import json
from datetime import datetime

from django.db.models import Q

from ..models import Article
from ..wording import NOT_STORABLE

ORDER = ("-published_at", "stem", "source")


class BadCursor(ValueError):
    """It was not made here, or was cut."""


def cursor_of(article: Article) -> str:
    """ASCII, fit for an address as it is."""
    parts = [article.published_at.isoformat(), article.stem, article.source]
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def after(articles, cursor: str):
    """The articles of the queryset that follow, in ORDER. Raises BadCursor."""
    at, stem, source = _read(cursor)
    here = Q(published_at=at)
    later = Q(stem__gt=stem) | Q(stem=stem, source__gt=source)
    # Said twice: by the first alone a database finds the place in its index.
    return articles.filter(published_at__lte=at).filter(Q(published_at__lt=at) | here & later)


def _read(cursor):
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, stem, source = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        moment = datetime.fromisoformat(at)
        known = isinstance(stem, str) and isinstance(source, str) and moment.tzinfo is not None
        known = known and not NOT_STORABLE.search(stem + source)
    except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError) as error:
        raise BadCursor(cursor) from error
    if not known:
        raise BadCursor(cursor)
    return moment, stem, source
