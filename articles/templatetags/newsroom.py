"""What the readers' templates need besides Django's own tags."""

from datetime import UTC, date, datetime
from functools import lru_cache
from urllib.parse import quote

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from .. import prose as own_words
from .. import weblinks

register = template.Library()


@register.simple_tag
def site_name() -> str:
    return settings.SITE_NAME


@register.simple_tag
def outward() -> str:
    """The `rel` of a link that leads out of the site."""
    return weblinks.OUTWARD


@register.simple_tag
def mailto(subject: str, text: str) -> str:
    """A link that opens a letter to nobody yet (RFC 6068)."""
    return f"mailto:?subject={quote(subject, safe='')}&body={quote(text, safe='')}"


@register.simple_tag
def today() -> date:
    """By the site's clock."""
    return timezone.localdate()


@register.simple_tag
def when(at: datetime, is_exact=False) -> SafeString:
    """A moment as a day, or with its time and zone."""
    here = timezone.localtime(at)
    if is_exact:
        text = f"{date_format(here, 'DATETIME_FORMAT')} {date_format(here, 'T')}"
    else:
        text = _short_date(here.date(), get_language())
    told = at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()
    return format_html('<time datetime="{}Z">{}</time>', told, text)


@lru_cache(maxsize=1000)
def _short_date(day: date, _language: str) -> str:
    """A list's stories are of few days, and this is most of what a story's line costs."""
    return date_format(day, "SHORT_DATE_FORMAT")


@register.filter
def with_weekday(day: date) -> str:
    parts = {"weekday": date_format(day, "l"), "date": date_format(day)}
    return _("%(weekday)s, %(date)s") % parts


@register.filter
def host(url: str) -> str:
    return weblinks.host(url)


@register.filter
def prose(markdown: str) -> str:
    """The newsroom's Markdown as safe HTML."""
    return own_words.render(markdown)


@register.filter
def picture(item):
    """The first picture of a related item that has a file to show, or None; one query unless
    prefetched. An article has a property of this name."""
    return next((use.image for use in item.image_uses.all() if use.image.file), None)
