"""The publish checklist: what an article must have before readers see it, and what it should have.

The same for one article and for many. Reads an article (or the values that a form is about to save)
and `prose`; asked by `decisions`, which refuses to publish without what is required, and by the
admin, which shows all of it. The feed's own verdict does not ask.
"""

import re
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import prose
from .models import Article, ArticleImage
from .wording import readable

NAMED = 3  # findings in our words; the rest are counted

# A letter of a script that is written without spaces counts as a word.
_WORD = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|\\w+")


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list. `advice` says what to do, and is "" where the item holds; `field` is
    the form's field where it is done, "" for the pictures, which have a form part of their own."""

    key: str
    label: str
    advice: str
    is_required: bool
    field: str = ""

    @property
    def holds(self) -> bool:
        return not self.advice


def of(article: Article) -> list[Item]:
    """The whole list, required items first. No query if `topics` and `image_uses__image` are loaded
    as `for_detail` loads them; else one for each."""
    return [*required(article), *recommended(article)]


def required(article: Article) -> list[Item]:
    """What blocks publishing. No query."""
    return [
        Item("title", _("Headline"), _title(article), True, "title"),
        Item("link", _("Link to the source"), _link(article), True, "web_url"),
        Item("words", _("Excerpt or our words"), _words(article), True, "excerpt"),
        Item("safe", _("Nothing unsafe in our words"), _safe(article), True, "body"),
    ]


def recommended(article: Article) -> list[Item]:
    """What only warns. Two queries, see `of`."""
    return [
        Item("topic", _("Topic"), _topic(article), False, "topics"),
        Item("picture", _("Picture with alternative text"), _picture(article), False),
    ]


def missing(items: Iterable[Item]) -> list[Item]:
    return [item for item in items if not item.holds]


def load(articles: list[Article]) -> None:
    """Load what the list needs beside the articles, in two queries however many they are."""
    pictures = Prefetch("image_uses", ArticleImage.objects.select_related("image"))
    prefetch_related_objects(articles, "topics", pictures)


def check(article: Article) -> None:
    """Raise ValidationError where something required is missing. No query."""
    found = missing(required(article))
    if found:
        raise ValidationError([item.advice for item in found])


def published_without(article: Article) -> str:
    """What to mend though it did not stand in the way of publishing; "" for nothing. Two queries,
    see `of`."""
    advice = [item.advice for item in missing(recommended(article))]
    if not advice:
        return ""
    return _("Published, but not complete. %(advice)s") % {"advice": " ".join(advice)}


def refusals(article: Article, values: Mapping[str, Any]) -> list[Item]:
    """What a form must refuse: the required items that stand missing once `values` (cleaned, by
    field) are saved over the stored `article`.

    Of an article that is published already only what this save breaks: a fault that was there
    before never stands in the way of a correction.
    """
    after = copy(article)
    for field in Article._meta.concrete_fields:
        if field.name in values:
            setattr(after, field.name, values[field.name])
    if after.status != Article.Status.PUBLISHED:
        return []
    found = missing(required(after))
    if found and _is_out(article):
        old = {item.key: item for item in missing(required(article))}
        return [item for item in found if item.key not in old or _is_worse(article, after, item)]
    return found


def _is_out(article) -> bool:
    """Published, now or from a moment to come."""
    until = article.publish_until
    return (
        article.pk is not None
        and article.status == Article.Status.PUBLISHED
        and (until is None or until > timezone.now())
    )


def _is_worse(before, after, item) -> bool:
    """Whether something unsafe came to what there was. Lines move, and do not count."""
    if item.key != "safe":
        return False
    was, now = ({(row.kind, row.text) for row in prose.unsafe(a.body)} for a in (before, after))
    return not now <= was


# One for each item: what to do, or "" ------------------------------------------------------------


def _title(article):
    if _WORD.search(article.headline):
        return ""
    return _("Write a headline: this one has no word in it.")


def _link(article):
    if article.link or article.is_own:
        return ""
    return _("Give the link to where readers find the whole story.")


def _words(article):
    if len(_said(article.body)) > 1 or _says_something(article.excerpt, article.title):
        return ""
    if not _said(article.excerpt):
        return _("Write an excerpt or a text of our own: there is neither.")
    if len(_said(article.excerpt)) == 1:
        return _("Write a longer excerpt or a text of our own: the excerpt is one word.")
    return _("Write another excerpt or a text of our own: the excerpt repeats the headline.")


def _says_something(excerpt: str, title: str) -> bool:
    """More than one word, and more than the headline or its beginning once again."""
    said, headline = _said(excerpt), _said(title)
    return len(said) > 1 and said != headline[: len(said)]


def _said(text: str) -> list[str]:
    return _WORD.findall(readable(text).casefold())


def _safe(article):
    found = prose.unsafe(article.body)
    if not found:
        return ""
    texts = [_FOUND[row.kind]() % {"line": row.line, "text": row.text[:80]} for row in found]
    if len(found) > NAMED:
        more = len(found) - NAMED
        rest = ngettext("and %(count)s more.", "and %(count)s more.", more) % {"count": more}
        texts[NAMED:] = [rest]
    return _("Mend our words: %(what)s") % {"what": " ".join(texts)}


_FOUND = {
    "html": lambda: _("line %(line)s has HTML (<%(text)s>), which readers would see as it stands."),
    "link": lambda: _("line %(line)s links to “%(text)s”, which is no web or mail address."),
    "picture": lambda: _(
        "line %(line)s shows a picture from elsewhere (%(text)s); upload it as one of ours instead."
    ),
}


def _topic(article):
    return "" if article.topics.all() else _("Choose a topic, so that readers find it there.")


def _picture(article):
    picture = article.picture
    if picture is None:
        if article.image_uses.all():
            return _("Upload the picture: there is only a link to one, and readers see none.")
        return _("Add a picture.")
    if not readable(picture.alt_text):
        return _("Say what the picture shows, as its alternative text.")
    return ""
