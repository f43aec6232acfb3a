"""The rows that articles share: providers, pictures and topics, found or made for a whole batch."""

from collections.abc import Iterable

from ..models import Article, Image, Provider, Topic
from ..wording import first_free
from .records import ArticleRecord, ImageKey, ImageRecord, ProviderRecord

_CHUNK = 500  # values in one IN (...): SQLite takes 32,766 parameters, older ones 999


class References:
    """Provider, Image and Topic rows by their key, for every record of a batch.

    Costs one query for each kind (more only past 500 values) and one more for a kind of which rows
    are missing. A picture's size and a provider's logo are filled in where the row has none.
    """

    def __init__(self, source: str, records: Iterable[ArticleRecord]):
        providers: dict[tuple[str, str], ProviderRecord] = {}
        images: dict[ImageKey, ImageRecord] = {}
        topics: dict[str, None] = {}
        for record in records:
            topics.update(dict.fromkeys(record.topics))
            for item in (record, *record.related):
                images.update({image.key(source): image for image in item.images})
                if item.provider:
                    known = providers.get(item.provider.key)
                    if known is None or (known.logo is None and item.provider.logo):
                        providers[item.provider.key] = item.provider
        for provider in providers.values():
            if provider.logo:
                images.setdefault(provider.logo.key(source), provider.logo)
        self.images = _find_or_make_images(images)
        self.providers = self._find_or_make_providers(source, providers)
        self.topics = _find_or_make_topics(topics)

    def _find_or_make_providers(self, source, wanted):
        found = {
            (provider.name, provider.domain): provider
            for provider in _in_chunks(Provider, "domain", {domain for _, domain in wanted})
        }
        logo_of = {
            key: self.images[record.logo.key(source)]
            for key, record in wanted.items()
            if record.logo
        }
        bare = [found[key] for key in logo_of if key in found and found[key].logo_id is None]
        for provider in bare:
            provider.logo = logo_of[provider.name, provider.domain]
        Provider.objects.bulk_update(bare, ["logo"])
        missing = [key for key in wanted if key not in found]
        if missing:
            taken = set(Provider.objects.values_list("slug", flat=True))
            rows = []
            for name, domain in missing:
                slug = Provider.slug_for(name, domain, taken)
                taken.add(slug)
                logo = logo_of.get((name, domain))
                rows.append(Provider(name=name, domain=domain, slug=slug, logo=logo))
            for provider in Provider.objects.bulk_create(rows):
                found[provider.name, provider.domain] = provider
        return found


def _find_or_make_images(wanted):
    found = {
        (image.url, image.site): image
        for image in _in_chunks(Image, "url", {url for url, _ in wanted})
    }
    unsized = []
    for key, record in wanted.items():
        image = found.get(key)
        if image is not None and image.width is None and record.width:
            image.width, image.height = record.width, record.height
            unsized.append(image)
    Image.objects.bulk_update(unsized, ["width", "height"])
    rows = [
        Image(url=url, site=site, width=record.width, height=record.height, credit=record.credit)
        for (url, site), record in wanted.items()
        if (url, site) not in found
    ]
    for image in Image.objects.bulk_create(rows):
        found[image.url, image.site] = image
    return found


def _find_or_make_topics(wanted):
    found = {topic.name: topic for topic in _in_chunks(Topic, "name", wanted)}
    missing = [name for name in wanted if name not in found]
    if missing:
        taken = set(Topic.objects.values_list("slug", flat=True))
        rows = []
        for name in missing:
            slug = Topic.slug_for(name, taken)
            taken.add(slug)
            rows.append(Topic(name=name, slug=slug))
        for topic in Topic.objects.bulk_create(rows):
            found[topic.name] = topic
    return found


def free_slugs(wanted: list[str]) -> list[str]:
    """For each wanted article address, in order, a free one: itself, or with a number behind."""
    taken = {article.slug for article in _in_chunks(Article, "slug", set(wanted), only="slug")}
    for slug in set(wanted) & taken:
        numbered = Article.objects.filter(slug__startswith=slug[:180])
        taken.update(numbered.values_list("slug", flat=True))
    free = []
    for slug in wanted:
        free.append(first_free(slug, taken))
        taken.add(free[-1])
    return free


def _in_chunks(model, field: str, values, only: str | None = None):
    values = list(values)
    for start in range(0, len(values), _CHUNK):
        rows = model.objects.filter(**{f"{field}__in": values[start : start + _CHUNK]})
        yield from rows.only(only) if only else rows
