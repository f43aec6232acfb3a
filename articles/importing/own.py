"""The newsroom's own words beside an article: out of its row for an export, and back into it.

They stand under one key of a seed (see `records.OwnWords`). Only seeds of the source
Article.NEWSROOM are heard on it; in a feed's file it is a key like any other that is kept.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from .. import renditions
from ..models import Article, Image
from ..publicity import FOLLOWING
from . import state
from .records import NO_WORDS, ArticleRecord, ImageRecord, OwnPicture, OwnWords, read_own
from .references import free_slugs
from .seedfile import Problem, SeedError, SeedFile, line_of

MIDDLE = (50, 50)  # percent: a picture's focal point until an editor says otherwise

# What is told by no key: the lists that it hides, and the article into which it was merged. An
# address is taken as it is said only if it is free.
_SAID = [name for name in state.EDITOR_COLUMNS if hasattr(NO_WORDS, name) and name != "slug"]
_WRITTEN = {"status", "decided_at", "publish_from", "slug", *_SAID, *FOLLOWING}


def words_in(seed: SeedFile, content: bytes, record: ArticleRecord, source: str) -> OwnWords | None:
    """What a seed says in the newsroom's voice; None in a feed's.

    Raises SeedError for own words that are not as expected, and for a feed's article without a
    provider: only the newsroom's own may lack one.
    """
    if source == Article.NEWSROOM:
        return read_own(seed, content, record)
    if record.provider is None:
        reason = "missing; expected a mapping"
        line = line_of(content, ("provider",))
        raise SeedError([Problem(line, "provider", reason, "missing")])
    return None


def words_of(
    article: Article, said: OwnWords, written: Callable[[Image], ImageRecord | None]
) -> OwnWords:
    """What editors decided and wrote about an article, as far as its seed's own keys cannot say it.

    `said` is what its delivered seed says; `written` gives a picture as the seed names it. Needs
    `image_uses__image` loaded.
    """
    status, is_decided = article.status, article.decided_at is not None
    is_planned = status in (Article.Status.HELD, Article.Status.REVIEW)
    is_own = article.source == Article.NEWSROOM
    pictures = [_told(use.image, written(use.image)) for use in article.image_uses.all()]
    return OwnWords(
        status=status if is_decided else "",
        publish_from=article.publish_from if is_decided or is_planned else None,
        publish_until=article.publish_until,
        is_kept_public=article.is_kept_public,
        withdrawal_reason=article.withdrawal_reason,
        slug=article.slug if is_own and _has_own_slug(article, said) else "",
        body=article.body,
        note=article.note,
        pictures=tuple(picture for picture in pictures if picture),
    )


def _told(image: Image, record: ImageRecord | None) -> OwnPicture | None:
    """What editors say of a picture, by the name that the seed gives it; None for nothing."""
    focus = image.focus_x, image.focus_y
    if record is None or not (image.alt_text or focus != MIDDLE):
        return None
    return OwnPicture(record.url, image.alt_text, *(focus if focus != MIDDLE else (None, None)))


def _has_own_slug(article: Article, said: OwnWords) -> bool:
    usual = Article.slug_for(article.stem, article.title, article.published_at, ())
    return bool(said.slug) or article.slug != usual


def add_words(at: datetime, created: Iterable[tuple[int, OwnWords | None]]) -> None:
    """Write own words into articles (their numbers) that an import just made. A decision counts as
    made at the moment `at`. A few queries for each article that has any."""
    for number, words in created:
        if words is None or words == NO_WORDS:
            continue
        article = Article.objects.get(pk=number)
        for name in _SAID:
            setattr(article, name, getattr(words, name))
        if words.status:
            article.status, article.decided_at = words.status, at
        if words.status or words.publish_from:
            article.publish_from = words.publish_from
        if words.slug and article.slug != words.slug:
            (article.slug,) = free_slugs(article.source, {article.stem: words.slug})
        article.first_public_at = None  # nobody has seen what is made in this moment
        article.follow(at)
        article.save(update_fields=_WRITTEN)
        for picture in words.pictures:
            for image in Image.objects.filter(article_uses__article=number, url=picture.url):
                _describe(image, picture)


def _describe(image: Image, picture: OwnPicture) -> None:
    """Only what nobody has said of it here."""
    written = []
    if picture.alt_text and not image.alt_text:
        image.alt_text = picture.alt_text
        written.append("alt_text")
    focus = [50 if part is None else part for part in (picture.focus_x, picture.focus_y)]
    if tuple(focus) != MIDDLE and (image.focus_x, image.focus_y) == MIDDLE:
        image.focus_x, image.focus_y = focus
        written += ["focus_x", "focus_y"]
    if written:
        image.save(update_fields=written)
        renditions.follow(image)
