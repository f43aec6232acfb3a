"""What the readers' templates need besides Django's own tags."""

from django import template
from django.conf import settings
from django.core.paginator import Page

from .. import prose as own_words

register = template.Library()


@register.simple_tag
def site_name() -> str:
    return settings.SITE_NAME


@register.filter
def prose(markdown: str) -> str:
    """The newsroom's Markdown as safe HTML."""
    return own_words.render(markdown)


@register.filter
def picture(item):
    """The first picture of a related item that has a file to show, or None; one query unless
    prefetched. An article has a property of this name."""
    return next((use.image for use in item.image_uses.all() if use.image.file), None)


@register.filter
def page_numbers(page: Page):
    """Page numbers around the current one and at both ends, gaps as "…"."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
