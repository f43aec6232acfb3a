"""Seed files with values replaced: only their lines differ, whatever the layout."""

import copy
from datetime import UTC, datetime

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from articles.importing.rewriting import Kept, RewriteError, plain, rewritten, written
from articles.importing.seedfile import parse
from articles.wording import NOT_STORABLE
from tests.importing.seedtexts import seed

storable = st.text().filter(lambda text: not NOT_STORABLE.search(text))
# Texts that YAML, a line or a quote could take for something else.
tricky = st.lists(
    st.sampled_from(
        [
            *(" ", "\n", "\r", "\t", "\x85", "\xa0", "\u2028", "\ufeff", "\x7f", "\x9c", "🎉", "é"),
            *(":", ": ", " #", "#", "-", "---", "...", "?", "*a", "&a", "!", "|", ">", "%", "@"),
            *("'", '"', "\\", "\\n", "{", "}", "[", "]", ",", "~", "null", "NO", "1", "2026-01-01"),
            *("a", "word", "<<", "=", "0x1F", ".inf", "`"),
        ]
    ),
    max_size=6,
).map("".join)
texts = storable | tricky

LAYOUTS = [
    seed(),
    seed().replace(b"\n", b"\r\n"),
    b"\xef\xbb\xbf" + seed(),
    seed(('"Tram bells are tuned"', "Tram bells\n  are tuned # so")),
    seed(('"Tram bells are tuned"', "'Tram bells''\n\n  are tuned'")),
    seed(('title: "Tram bells are tuned"', "title: |-\n  Tram bells\n\n  are tuned\n")),
    seed(('title: "Tram bells are tuned"', "title: >+\n  Tram bells\n\n\n")),
    seed(('title: "Tram bells are tuned"', "title:\n    'Tram'\n# a remark")),
    seed(('title: "Tram bells are tuned"', "? title\n: Tram")),
    seed(("topics:\n  - Transport\n  - Culture", "topics: [Transport, 'Culture']")),
    seed(("topics:\n  - Transport\n  - Culture", "topics:\n- Transport\n\n# a remark\n-  Culture")),
    seed(("topics:\n  - Transport\n  - Culture", "topics:\n  -\n    Transport\n  -\n  - ~")),
    seed(
        ("provider:\n  name: Post\n  domain: Post.example", "provider: {name: Post, domain: x.y}")
    ),
    seed(("category: news", "category: news\u2028highlight: true")),
    seed(("category: news", "category: news\nlocale: é🎉 --- é\n\n# ---\n")),
    "---\n{title: é, 'topics': [a, b], provider: {name: x, domain: y}, related: [{title: t}]}\n"
    "---\nbody\n---\n".encode(),
]


class ScalarTests(SimpleTestCase):
    @given(texts, texts, st.sampled_from(LAYOUTS))
    def test_any_storable_text_reads_back_in_any_layout(self, title, topic, content):
        wanted = parse(content).metadata
        wanted["title"] = title
        wanted["topics"] = [Kept(0, topic), topic, title]
        wanted["provider"] = wanted["provider"] | {"name": topic}
        result = parse(rewritten(content, wanted, {"topics": ""}))
        self.assertEqual(result.metadata, plain(wanted))
        self.assertEqual(result.body, parse(content).body)

    @given(
        st.dictionaries(texts, texts | st.lists(texts) | st.dictionaries(texts, texts), min_size=1)
    )
    def test_any_mapping_reads_back_from_a_new_file(self, mapping):
        self.assertEqual(parse(written(mapping, {"a": ""})).metadata, mapping)

    def test_writes_as_the_file_does(self):
        for old, title, new in [
            ("title: Bells", "Bells ring", "title: Bells ring"),
            ("title: Bells", "Bells: a tale", 'title: "Bells: a tale"'),
            ("title: Bells", "NO", 'title: "NO"'),
            ("title: 'Bells'", "It's so", "title: 'It''s so'"),
            ("title: 'Bells'", "a\nb", 'title: "a\\nb"'),
            ('title: "Bells"', "Bells ring", 'title: "Bells ring"'),
            ("title: Bells # a remark", "Ring", "title: Ring # a remark"),
            ("title:", "Ring", 'title: "Ring"'),
            ("title: ~", "", 'title: ""'),
        ]:
            content = f"---\n{old}\nx: y\n---\n".encode()
            result = rewritten(content, {"title": title, "x": "y"}, {})
            self.assertEqual(result.decode(), f"---\n{new}\nx: y\n---\n")

    def test_refuses_what_no_seed_can_hold(self):
        with self.assertRaises(RewriteError):
            rewritten(seed(), parse(seed()).metadata | {"title": "a" * 2_000_000}, {})


class StructureTests(SimpleTestCase):
    """By lines where that goes; any structure goes somehow."""

    @given(st.sampled_from(LAYOUTS), st.data())
    def test_any_change_of_keys_and_lists_reads_back(self, content, data):
        wanted = changed(copy.deepcopy(parse(content).metadata), data.draw)
        self.assertEqual(parse(rewritten(content, wanted, {})).metadata, plain(wanted))

    def test_entries_that_only_moved_keep_their_lines(self):
        text = "---\na:\n  - x: 1 # first\n\n  - x:   '2'\n    y: 3\nb: c\n---\n"
        wanted = {"a": [Kept(1, {"x": "2", "y": "3"}), Kept(0, {"x": "1"})], "b": "c"}
        self.assertEqual(
            rewritten(text.encode(), wanted, {}).decode(),
            "---\na:\n  - x:   '2'\n    y: 3\n  - x: 1 # first\nb: c\n---\n",
        )

    def test_a_new_key_stands_behind_the_one_before_it_in_the_files_own_line_ends(self):
        content = b"---\r\na: 1\r\nc: 3\r\n---\r\n"
        moment = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
        wanted = {"a": "1", "b": moment, "c": "3", "d": ["x"]}
        self.assertEqual(
            rewritten(content, wanted, {}),
            b'---\r\na: 1\r\nb: 2026-03-01T09:30:00Z\r\nc: 3\r\nd:\r\n  - "x"\r\n---\r\n',
        )

    def test_a_key_that_goes_takes_its_lines_along_and_one_of_two_blank_lines(self):
        content = b"---\na: 1\n\nb:\n  c: 2\n\nd: 3\n---\n"
        self.assertEqual(rewritten(content, {"a": "1", "d": "3"}, {}), b"---\na: 1\n\nd: 3\n---\n")

    def test_the_first_key_of_an_entry_cannot_go_and_says_nothing_instead(self):
        content = b"---\na:\n  - b: 1\n    c: 2\n---\n"
        result = rewritten(content, {"a": [Kept(0, {"b": None, "c": "2"})]}, {})
        self.assertEqual(result, b"---\na:\n  - b: null\n    c: 2\n---\n")


def changed(mapping: dict, draw) -> dict:
    """The mapping with values replaced, keys gone and new, entries moved, gone and new."""
    result = {}
    for key, value in mapping.items():
        action = draw(st.sampled_from(["keep", "keep", "keep", "drop", "replace", "inner"]))
        if action == "replace":
            result[key] = draw(texts | st.lists(texts, min_size=1) | st.none())
        elif action == "keep":
            result[key] = value
        elif action == "inner":
            result[key] = changed_inside(value, draw)
        if draw(st.integers(0, 5)) == 0:
            result["new " + key] = draw(texts | st.just([{"a": "b", "c": ["d"]}, "e"]))
    return result or {"title": "all that is left"}


def changed_inside(value, draw):
    if isinstance(value, dict):
        return changed(value, draw)
    if not isinstance(value, list) or not value:
        return draw(texts)
    places = draw(st.permutations(range(len(value))))[: draw(st.integers(1, len(value)))]
    entries = [
        Kept(place, changed_inside(value[place], draw) if draw(st.booleans()) else value[place])
        for place in places
    ]
    if draw(st.booleans()):
        entries.insert(draw(st.integers(0, len(entries))), draw(texts))
    return entries
