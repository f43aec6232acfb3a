"""The rows that articles share: providers, pictures and topics, found or made for a whole batch."""

from collections.abc import Iterable

from ..models import Article, Image, OldAddress, Provider, Tombstone, Topic
from ..wording import first_free
from .bulk import insert, reserve_ids
from .records import ArticleRecord, ImageKey, ImageRecord, ProviderRecord
from .state import State

_CHUNK = 500  # values in one IN (...): SQLite takes 32,766 parameters, older ones 999


class References:
    """Numbers of Provider, Image and Topic rows by their key: `providers`, `images`, `topics`.

    Costs one query for each kind (more only past 500 values) and one more for a kind of which rows
    are missing. A picture's size and a provider's logo are filled in where the row has none:
    `filled` names those rows: ("image", number, width, height), ("logo", number, image's number).
    New rows remember the run `run_id`.
    """

    def __init__(
        self,
        providers: dict[tuple[str, str], ProviderRecord],
        images: dict[ImageKey, ImageRecord],
        topics: Iterable[str],
        source: str = "",
        run_id: int | None = None,
    ):
        self.filled: list[tuple] = []
        self._run_id = run_id
        logos = {key: record.logo for key, record in providers.items() if record.logo}
        for logo in logos.values():
            images.setdefault(logo.key(source), logo)
        self.images = self._find_or_make_images(images)
        logo_of = {key: self.images[logo.key(source)] for key, logo in logos.items()}
        self.providers = self._find_or_make_providers(providers, logo_of)
        self.topics = self._find_or_make_topics(dict.fromkeys(topics))

    @classmethod
    def of_records(cls, source: str, records: Iterable[ArticleRecord], run_id: int | None):
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
        return cls(providers, images, topics, source, run_id)

    @classmethod
    def of_states(cls, states: Iterable[State]):
        """For states that rows once had. What has gone since is made again, as far as known."""
        providers, images, topics = {}, {}, {}
        for state in states:
            topics.update(dict.fromkeys(state["topics"]))
            for item in (state, *state["related"].values()):
                if item["provider"]:
                    providers[item["provider"]] = ProviderRecord(*item["provider"])
                images.update({key: ImageRecord(key[0]) for key in item["images"] if key[0]})
        return cls(providers, images, topics)

    def _find_or_make_images(self, wanted: dict[ImageKey, ImageRecord]) -> dict[ImageKey, int]:
        rows = _in_chunks(Image, "url", {url for url, _ in wanted}, "url", "site", "pk", "width")
        found, unsized = {}, []
        for url, site, pk, width in rows:
            found[url, site] = pk
            record = wanted.get((url, site))
            if width is None and record is not None and record.width:
                unsized.append(Image(pk=pk, width=record.width, height=record.height))
        Image.objects.bulk_update(unsized, ["width", "height"])
        self.filled += [("image", image.pk, image.width, image.height) for image in unsized]
        missing = [key for key in wanted if key not in found]
        numbers = reserve_ids(Image, len(missing))
        insert(
            Image,
            ["id", "url", "site", "width", "height", "credit", "brought_by_id"],
            [
                (number, *key, image.width, image.height, image.credit, self._run_id)
                for number, key in zip(numbers, missing, strict=True)
                for image in [wanted[key]]
            ],
        )
        found.update(zip(missing, numbers, strict=True))
        return found

    def _find_or_make_providers(self, wanted, logo_of) -> dict[tuple[str, str], int]:
        domains = {domain for _, domain in wanted}
        found, bare = {}, []
        for name, domain, pk, logo in _in_chunks(
            Provider, "domain", domains, "name", "domain", "pk", "logo"
        ):
            found[name, domain] = pk
            if logo is None and (name, domain) in logo_of:
                bare.append(Provider(pk=pk, logo_id=logo_of[name, domain]))
        Provider.objects.bulk_update(bare, ["logo"])
        self.filled += [("logo", provider.pk, provider.logo_id) for provider in bare]
        missing = [key for key in wanted if key not in found]
        if missing:
            taken = Provider.objects.taken_slugs()
            numbers = reserve_ids(Provider, len(missing))
            rows = []
            for number, key in zip(numbers, missing, strict=True):
                slug = Provider.slug_for(*key, taken)
                taken.add(slug)
                rows.append((number, *key, slug, logo_of.get(key), self._run_id))
            columns = ["id", "name", "domain", "slug", "logo_id", "brought_by_id"]
            insert(Provider, columns, rows)
            found.update(zip(missing, numbers, strict=True))
        return found

    def _find_or_make_topics(self, wanted) -> dict[str, int]:
        found = dict(_in_chunks(Topic, "name", wanted, "name", "pk"))
        missing = [name for name in wanted if name not in found]
        if missing:
            taken = Topic.objects.taken_slugs()
            numbers = reserve_ids(Topic, len(missing))
            rows = []
            for number, name in zip(numbers, missing, strict=True):
                slug = Topic.slug_for(name, taken)
                taken.add(slug)
                rows.append((number, name, slug, self._run_id))
            insert(Topic, ["id", "name", "slug", "brought_by_id"], rows)
            found.update(zip(missing, numbers, strict=True))
        return found


def free_slugs(source: str, wanted: dict[str, str]) -> list[str]:
    """For each article of `source`, named by its stem, a free address: the wanted one, or that
    with a number behind. Where readers saw another article before is not free."""
    slugs = set(wanted.values())
    taken = {slug for (slug,) in _in_chunks(Article, "slug", slugs, "slug")}
    seen = {
        slug: named
        for model in (Tombstone, OldAddress)
        for slug, *named in _in_chunks(model, "slug", slugs, "slug", "source", "stem")
    }
    numbered = set()
    for slug in slugs & (taken | seen.keys()):
        numbered |= Article.objects.taken_slugs(slug[:180])
    free = []
    for stem, slug in wanted.items():
        own = [source, stem]
        if slug in taken or seen.get(slug, own) != own:
            slug = first_free(slug, taken | numbered)
        free.append(slug)
        taken.add(slug)
    return free


def _in_chunks(model, field: str, values, *columns):
    values = list(values)
    for start in range(0, len(values), _CHUNK):
        rows = model.objects.filter(**{f"{field}__in": values[start : start + _CHUNK]})
        yield from rows.values_list(*columns)
