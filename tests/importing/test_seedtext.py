"""States into seeds: whatever an editor makes of an article, its seed says just that."""

from datetime import UTC, datetime, timedelta

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from articles.importing import records, state, values
from articles.importing.records import ImageRecord, OwnPicture, OwnWords
from articles.importing.seedfile import parse
from articles.importing.seedtext import (
    ExportError,
    Surroundings,
    exported,
    new_seed,
    told_alone,
)
from articles.wording import NOT_STORABLE
from tests.importing.seedtexts import seed

IMAGES = 'images:\n  - url: "https://post.example/bells.jpg"\n    width: 1200\n'
TWICE = "  - url: /a.png\n  -\n  - url: https://post.example/bells.jpg\n    width: 1200\n"
RELATED = """related:
  - url: https://radio.example/why
    title: Again
  - abstract: "No link"
    title: Other
    extra: kept

  -
  - title: "Why bells ring"
    originalUrl: https://radio.example/original
    ampUrl: https://amp.example/
"""
SEEDS = [
    seed(),
    seed(("related:\n", RELATED)).replace(b"\n", b"\r\n"),
    seed((IMAGES, IMAGES.replace("images:\n", "images:\n" + TWICE)), ("related:\n", RELATED)),
    seed(("  - Transport\n", "  - ~\n  -  Transport \n  - Culture\n")),
    seed(("title:", "abstract: x\nscore: 3\nsourceUrl: https://post.example/a\n'title':")),
    "---\n{title: é, publishedDateTime: 2026-01-01, provider: {id: x}, topics: [a]}\n---\n".replace(
        "{id: x}", "{name: n, id: x}"
    ).encode(),
]

texts = st.text(max_size=60).filter(lambda text: not NOT_STORABLE.search(text))
titles = texts.filter(str.strip)
names = titles.map(str.strip)
links = st.sampled_from(
    ["", "https://radio.example/why", "https://a.example/ü?q=1 2#x", "http://b/"]
)
moments = st.timedeltas(timedelta(0), timedelta(days=109_000)).map(
    lambda passed: datetime(1900, 1, 2, tzinfo=UTC) + passed
)
providers = st.tuples(names, names.map(str.lower))
image_keys = st.sampled_from(
    [("https://post.example/bells.jpg", ""), ("/a.png", "feed"), ("https://new.example/1.png", "")]
)
AROUND = Surroundings(
    {
        ("https://post.example/bells.jpg", ""): ImageRecord("https://post.example/bells.jpg"),
        ("/a.png", "feed"): ImageRecord("/a.png", 10, 20, "A credit"),
        ("https://new.example/1.png", ""): ImageRecord("https://new.example/1.png", 1, 2),
    }
)
edits = {
    "title": titles,
    "excerpt": texts,
    "published_at": moments,
    "type": names.map(lambda name: name[:50].strip()),
    "provider": providers,
    "web_url": links,
    "original_url": links,
    "images": st.lists(image_keys, unique=True).map(tuple),
}
article_edits = edits | {
    "featured_content": texts,
    "topics": st.lists(names | st.sampled_from(["Culture", "NO", "~"]), unique=True).map(
        lambda topics: tuple(sorted(topics))
    ),
}
item_edits = edits | {
    "published_at": moments | st.none(),
    "provider": providers | st.none(),
    "amp_url": links,
    "quality": st.integers(0, 300) | st.none(),
}
BLANK_ITEM = {"cdn_amp_url": ""}
words = st.builds(
    OwnWords,
    status=st.sampled_from(["", *values.OWN_STATUSES]),
    publish_from=moments | st.none(),
    publish_until=st.none(),
    is_kept_public=st.booleans(),
    slug=st.sampled_from(["", "a-slug", "null"]),
    body=texts,
    note=texts,
    pictures=st.lists(
        st.builds(OwnPicture, url=st.just("/images/a.png"), alt_text=texts), max_size=2
    ).map(tuple),
)


def edited(draw, values: dict, strategies: dict) -> dict:
    names = draw(st.sets(st.sampled_from(sorted(strategies)), max_size=3))
    return values | {name: draw(strategies[name]) for name in sorted(names)}


def in_order(items: list[dict]) -> dict:
    """Related items' states under the keys that rows in this order have."""
    counts, result = {}, {}
    for item in items:
        link = item["web_url"] or item["original_url"]
        key = (
            (records.weblinks.normalise(link),)
            if link
            else (
                item["title"],
                *(item["provider"] or ()),
            )
        )
        counts[key] = counts.get(key, 0) + 1
        result[(*key, counts[key])] = item
    return result


class ExportedTests(SimpleTestCase):
    @given(st.sampled_from(SEEDS), st.data())
    def test_any_edit_reads_back(self, content, data):
        base = state.of_record(records.of_content(content), "feed")
        ours = edited(data.draw, base, article_edits)
        items = data.draw(st.permutations(list(base["related"].values())))
        items = [edited(data.draw, item, item_edits) for item in items if data.draw(st.booleans())]
        if data.draw(st.booleans()):
            new = {name: data.draw(strategy) for name, strategy in item_edits.items()}
            items.insert(data.draw(st.integers(0, len(items))), new | BLANK_ITEM)
        ours["related"] = in_order(items)
        result = exported(content, "feed", ours, AROUND)
        after = state.of_record(records.of_content(result), "feed")
        self.assertEqual(after, ours)
        self.assertEqual(list(after["related"]), list(ours["related"]))
        # What no editor touches is all still there.
        for key in ("category", "secured", "quality", "heat", "published"):
            self.assertEqual(parse(result).metadata.get(key), parse(content).metadata.get(key))

    @given(st.data())
    def test_any_article_written_here_reads_back(self, data):
        item = {name: data.draw(strategy) for name, strategy in item_edits.items()} | BLANK_ITEM
        ours = {name: data.draw(strategy) for name, strategy in article_edits.items()}
        ours |= {"related": in_order([item]), "heat": None, "quality": None, "feed_removed": False}
        ours |= {"amp_url": "", "cdn_amp_url": "", "feed_published": None}
        ours["provider"] = data.draw(providers | st.none())
        said = data.draw(words)
        content = new_seed("feed", ours, AROUND, said, True)
        record = records.of_content(content)
        after = state.of_record(record, "feed")
        self.assertEqual(after, ours | {"feed_published": True})
        if said.status == "published" and said.publish_from is None:
            return  # public from the source's own moment, then
        self.assertEqual(records.read_own(parse(content), content, record), said)

    def test_gives_the_very_same_bytes_where_nothing_differs(self):
        for content in SEEDS:
            ours = state.of_record(records.of_content(content), "feed")
            self.assertIs(exported(content, "feed", ours, AROUND), content)

    def test_writes_into_the_spelling_that_the_file_has(self):
        content = SEEDS[4]
        ours = state.of_record(records.of_content(content), "feed")
        result = exported(content, "feed", ours | {"web_url": "https://post.example/b"}, AROUND)
        # The newer spelling stands there too, and it is the one that counts.
        self.assertEqual(
            result,
            content.replace(
                b'webUrl: "https://post.example/bells"', b'webUrl: "https://post.example/b"'
            ),
        )
        older = content.replace(b'webUrl: "https://post.example/bells"\n', b"")
        ours = state.of_record(records.of_content(older), "feed")
        result = exported(older, "feed", ours | {"web_url": "https://post.example/b"}, AROUND)
        self.assertEqual(
            result,
            older.replace(
                b"sourceUrl: https://post.example/a", b"sourceUrl: https://post.example/b"
            ),
        )

    def test_a_new_key_stands_where_the_table_of_keys_has_it(self):
        content = seed(('excerpt: "The depot tunes every bell."\n', ""))
        ours = state.of_record(records.of_content(content), "feed")
        result = exported(content, "feed", ours | {"excerpt": "New."}, AROUND)
        self.assertIn(b'title: "Tram bells are tuned"\nexcerpt: "New."\npublished', result)

    def test_refuses_what_would_not_read_back(self):
        ours = state.of_record(records.of_content(seed()), "feed")
        for wrong in ({"title": " "}, {"type": " video"}, {"web_url": "ftp://x.y/"}):
            with self.assertRaises(ExportError):
                exported(seed(), "feed", ours | wrong, AROUND)


class ToldAloneTests(SimpleTestCase):
    @given(st.sampled_from(SEEDS), st.data())
    def test_is_what_the_export_says_but_for_what_is_left_out(self, content, data):
        base = state.of_record(records.of_content(content), "feed")
        ours = edited(data.draw, base, article_edits)
        said = parse(exported(content, "feed", ours, AROUND)).metadata
        for key in ("related", "secured"):
            said.pop(key, None)
        self.assertEqual(told_alone(content, "feed", ours, AROUND), (said, base | {"related": {}}))

    def test_leaves_out_what_the_newsroom_says_to_itself(self):
        content = seed(("secured", "newsroom: {note: x}\nsecured"))
        base = state.of_record(records.of_content(content), "feed")
        self.assertNotIn("newsroom", told_alone(content, "feed", base, AROUND)[0])

    @given(st.data())
    def test_of_what_no_feed_delivered_is_all_of_it(self, data):
        ours = {name: data.draw(strategy) for name, strategy in article_edits.items()}
        ours |= {"amp_url": "", "cdn_amp_url": "", "quality": None, "heat": None}
        ours |= {"feed_published": None, "feed_removed": False}
        said, base = told_alone(None, "feed", ours, AROUND)
        self.assertIs(base, ours)
        self.assertEqual((said["title"], said.get("excerpt", "")), (ours["title"], ours["excerpt"]))
        self.assertEqual(tuple(said.get("topics", ())), ours["topics"])
        self.assertEqual(len(said.get("images", ())), len(ours["images"]))
