"""The lists of news as the original sites publish them, for the clients that read them there.

The format is theirs: `api/news/page/<number>/index.json`, 25 items a page, the newest first. An
item says what its seed says, or what an editor has made of it since; what is not named here of a
seed is never told, `secured` least of all. Needs the site's time zone: moments are told in it.
"""

import json
import re
from datetime import datetime

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Prefetch, Q
from django.utils import timezone

from .. import prose, weblinks
from ..cursors import newest
from ..heads import locale
from ..importing import state, values
from ..importing.records import ImageKey, ImageRecord, key_for
from ..importing.seedfile import SeedError
from ..importing.seedtext import Surroundings, told_alone
from ..models import Article, ArticleImage, Image, Topic, TopicAssignment
from ..wording import NOT_STORABLE
from .document import NUMBER, SLUG
from .views import open_to_all

PER_PAGE = 25
FOLDER = "_news"

# The one kind of embed code that their clients show as it is.
_VIDEO = re.compile(
    r'<iframe width="\d{1,4}" height="\d{1,4}" frameborder="0"'
    r' src="https://www\.youtube(?:-nocookie)?\.com/embed/[\w-]{1,64}"'
    r' allow="[a-z; -]{0,200}" allowfullscreen></iframe>',
    re.ASCII,
)


@open_to_all
def news(request, topic: str | None = None, number: str = "1"):
    """A page of all news or of one topic's; no page beyond the last, but a first one always.

    Four queries, and one for the topic. None for a number or a topic spelled as none is: the path
    takes any text, so that whatever is missing is told as the API tells it.
    """
    if not (re.fullmatch(NUMBER, number) and re.fullmatch(SLUG, topic or "x")):
        return None
    rows = Article.objects.published()
    if topic is not None:
        known = Topic.objects.with_published().filter(Q(slug=topic) | Q(aliases__slug=topic))
        found = known.distinct().first()
        if found is None:
            return None
        rows = rows.about(found)
    page = int(number)
    start = (page - 1) * PER_PAGE
    numbers = list(newest(rows).values_list("pk", flat=True)[start : start + PER_PAGE + 1])
    if not numbers and start:
        return None
    shown = numbers[:PER_PAGE]
    articles = {row.pk: row for row in _loaded(shown)}
    return {
        "page": page,
        "value": [item(articles[pk], request.build_absolute_uri) for pk in shown if pk in articles],
        "nextPage": page + 1 if len(numbers) > PER_PAGE else None,
    }


def texts(numbers: list[int], whole) -> dict[int, str]:
    """Each of these articles (by its number) as it stands in a page's text; without those that are
    not public. Four queries."""
    return {row.pk: _text_of(item(row, whole)) for row in _loaded(numbers)}


def page_text(page: int, items: list[str], has_more: bool) -> str:
    """The text of a page, of these `texts`: what `news` answers."""
    whole = {"page": page, "value": [], "nextPage": page + 1 if has_more else None}
    before, after = _text_of(whole).split("[]")
    return f"{before}[{', '.join(items)}]{after}"


def _text_of(data) -> str:
    return json.dumps(data, ensure_ascii=False, cls=DjangoJSONEncoder)


def _loaded(numbers: list[int]):
    """Asked again for what is published: what was withdrawn meanwhile is not shown."""
    articles = Article.objects.published_among(numbers).defer("note")
    return articles.select_related("delivery", "provider__logo").prefetch_related(
        Prefetch("image_uses", ArticleImage.objects.select_related("image")),
        Prefetch("topic_assignments", TopicAssignment.objects.select_related("tag")),
    )


def item(row: Article, whole) -> dict:
    """One article as the original sites tell it. `whole` makes a whole address of a path."""
    delivery = getattr(row, "delivery", None)
    said, content = _said(row, delivery, whole)
    # Ours, or a feed's without any address: it is read here.
    here = "" if row.link else whole(row.get_absolute_url())
    return {
        "path": _path(delivery.path if delivery else f"{row.stem}.md"),
        "title": _text(said, "title"),
        "excerpt": _text(said, "excerpt"),
        "sourceUrl": _link(_plain(said.get("sourceUrl"))),
        "webUrl": here or _text(said, "web_url"),
        "originalUrl": here or _text(said, "original_url"),
        "featuredContent": _video(_text(said, "featured_content")),
        "highlight": _plain(said.get("highlight")),
        "heat": row.heat,
        "tags": _plain_list(said.get("tags")),
        "images": _images(said, "article"),
        "content": prose.render(row.body) if row.body else _blank(content),
        "type": _text(said, "type") or row.type,
        "ampWebUrl": _link(_text(said, "amp_url")),
        "cdnAmpWebUrl": _link(_text(said, "cdn_amp_url")),
        "publishedDateTime": _moment(row.published_at),
        "updatedDateTime": _told_moment(said.get("updatedDateTime")),
        "provider": _provider(said, whole),
        "locale": _plain(said.get("locale")) or locale().lower().replace("_", "-"),
        "categories": [_plain(said.get("category")) or "news"],
        "topics": _plain_list(said.get(key_for("article", "topics"))),
    }


def _said(row, delivery, whole) -> tuple[dict, bytes]:
    images = dict(_pictures(row, whole))
    ours = state.alone(row) | {"images": tuple(images)}
    logos = {}
    if row.provider and row.provider.logo and (logo := _picture(row.provider.logo, row, whole)):
        logos[ours["provider"]] = logo
    around = Surroundings(images, logos)
    content = bytes(delivery.content) if delivery else None
    try:
        said, base = told_alone(content, row.source, ours, around)
    except SeedError:  # taken in when other rules held: then the row alone speaks
        said, base = told_alone(None, row.source, ours, around)
    _leave_out_the_old(said, base, ours)
    for entry in filter(None, said.get("images") or ()):
        key = ImageRecord(weblinks.normalise_image(entry["url"])).key(row.source)
        if key in images:
            entry["attribution"] = images[key].credit or None
    return said, content or b""


def _leave_out_the_old(said: dict, base: state.State, ours: state.State) -> None:
    """Take out of `said` what a feed says elsewhere of the words, or of the link, that an editor
    has changed since: that is still the old."""
    if any(base[name] != ours[name] for name in ("title", "excerpt")):
        said.pop("highlight", None)
        for entry in filter(None, said.get("images") or ()):
            entry.pop("title", None)
    if any(base[name] != ours[name] for name in ("web_url", "original_url")):
        others = {key_for("article", name, said) for name in ("amp_url", "cdn_amp_url")}
        for key in {"sourceUrl", *others} - {key_for("article", "web_url", said)}:
            said.pop(key, None)


def _pictures(row, whole) -> list[tuple[ImageKey, ImageRecord]]:
    found = (_picture(use.image, row, whole) for use in row.image_uses.all())
    return [(record.key(row.source), record) for record in found if record]


def _picture(image: Image, row: Article, whole) -> ImageRecord | None:
    """As a seed of the row's source names it: by its link there, else by the address here."""
    theirs = image.url if image.site in ("", row.source) else ""
    url = weblinks.normalise_image(theirs, has_entities=False)
    if not url and image.file:
        url = whole(image.file.url)
    if not url:
        return None
    return ImageRecord(url, image.width, image.height, image.credit)


def _blank(content: bytes) -> str:
    """What the sites have for a text of their own where there is none: the blank line below the
    front matter, of files with carriage returns. Whatever else a feed writes there, no editor has
    seen it, and readers do not either."""
    return "\r\n" if content.endswith(b"\r\n\r\n") else ""


# Values -----------------------------------------------------------------------------------------


def _path(path: str) -> str:
    """Below the folder of the news, whichever folder was imported."""
    return path if path.startswith("_") else f"{FOLDER}/{path}"


def _moment(at: datetime) -> str:
    text = timezone.localtime(at).isoformat()
    return text.replace("+00:00", "Z")


def _provider(said: dict, whole) -> dict:
    """This newsroom, where there is no other: theirs always have one."""
    ours = {"name": settings.SITE_NAME, "domain": weblinks.host(whole("/"))}
    provider = said.get(key_for("article", "provider")) or ours
    name = (provider.get(key_for("provider", key, provider)) for key in ("name", "domain"))
    told = dict(zip(("name", "domain"), name, strict=True))
    return told | {"images": _images(provider, "provider"), "publishers": None, "authors": None}


def _images(mapping: dict, kind: str) -> list[dict] | None:
    """None where there are none, as for every list of theirs."""
    entries = mapping.get(key_for(kind, "images", mapping)) or ()
    return [_image(entry) for entry in entries if entry] or None


def _image(entry: dict) -> dict:
    return {
        "url": entry.get("url"),
        "width": _number(entry.get("width")),
        "height": _number(entry.get("height")),
        "title": _plain(entry.get("title")),
        "attribution": _plain(entry.get("attribution")),
        "isCached": (_plain(entry.get("isCached")) or "").strip().lower() == "true",
    }


def _text(said: dict, name: str) -> str | None:
    return said.get(key_for("article", name, said))


def _plain(value) -> str | None:
    """A value that the import does not read: it may be anything, and only text is told."""
    return value if isinstance(value, str) and not NOT_STORABLE.search(value) else None


def _plain_list(value) -> list[str] | None:
    texts = map(_plain, value) if isinstance(value, list) else ()
    return [text for text in texts if text is not None] or None


def _told_moment(value) -> str | None:
    try:
        at = values.moment(value)
    except values.Unexpected:
        return None
    return at and _moment(at)


def _number(value: str | None) -> int | None:
    return int(value) if value else None


def _link(value) -> str | None:
    """An address that the import keeps unread: told only where it is one."""
    return value if value and weblinks.normalise(value) else None


def _video(code) -> str | None:
    return code if code and _VIDEO.fullmatch(code) else None
