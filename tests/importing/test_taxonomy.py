"""Topic and organization files: a mapping in, a record or every problem out."""

from django.test import SimpleTestCase

from articles.importing import taxonomy
from articles.importing.records import ImageRecord
from articles.importing.seedfile import SeedError

TOPIC = """\
taxonomy: topic
_id: trams
name: Trams
shortname: Trams
parent: Transport
description: All that runs on rails in a street.
keywords:
  - tram
  - ~
  - streetcar
  - tram
hashtags:
  - "#trams"
images:
  - https://post.example/trams.jpg
services:
  news: https://post.example/api/
"""
ORGANIZATION = """\
---
taxonomy: organization
_id: Post.example
name: Post
otherNames:
  - The Post
domain: Post.example
description: A paper.
images:
  - url: /logos/post-50.png
    width: 50
    height: 50
  - url: /logos/post-400.png
    width: 400
    height: 400
---
"""


def read(text: str, path: str = "x.yaml"):
    content = text.encode()
    return taxonomy.read(taxonomy.parse(path, content), content)


class ReadTests(SimpleTestCase):
    def test_takes_a_topic(self):
        self.assertEqual(
            read(TOPIC),
            taxonomy.TopicRecord(
                name="Trams",
                short_name="Trams",
                parent="Transport",
                description="All that runs on rails in a street.",
                keywords=("tram", "streetcar"),
                hashtags=("#trams",),
                images=(ImageRecord("https://post.example/trams.jpg"),),
            ),
        )
        self.assertEqual(read(TOPIC).unknown_keys, ())

    def test_takes_an_organization_and_its_largest_picture(self):
        record = read(ORGANIZATION)
        self.assertEqual(record.key, ("Post", "post.example"))
        self.assertEqual((record.other_names, record.description), (("The Post",), "A paper."))
        self.assertEqual(record.image, ImageRecord("/logos/post-400.png", 400, 400))

    def test_needs_little(self):
        self.assertEqual(read("taxonomy: topic\nname: A"), taxonomy.TopicRecord("A"))
        bare = read("---\ntaxonomy: organization\nname: A\ndomain: a.example\notherNames: \n---\n")
        self.assertEqual(bare, taxonomy.OrganizationRecord("A", "a.example"))
        self.assertIsNone(bare.image)

    def test_takes_either_kind_in_either_form(self):
        self.assertEqual(read(f"---\n{TOPIC}---\n", "x.md"), read(TOPIC))
        self.assertEqual(read(ORGANIZATION.replace("---\n", ""), "x.yml"), read(ORGANIZATION))

    def test_names_the_keys_it_does_not_know(self):
        self.assertEqual(read(TOPIC + "mood: calm\n").unknown_keys, ("mood",))
        below = read(ORGANIZATION + "Words.\n")
        self.assertEqual(below.unknown_keys, ("text below the front matter",))

    def test_knows_what_is_no_such_file(self):
        for path, content in [
            ("x.md", b"---\ntitle: A\n---\n"),
            ("x.md", b"---\ntitle: A taxonomy of trams\n---\n"),
            ("x.md", b"taxonomy: topic\nname: A\n"),
            ("x.txt", b"words"),
        ]:
            self.assertIsNone(taxonomy.parse(path, content), content)

    def test_refuses_with_the_line_and_the_field(self):
        cases = [
            ("name: A\nparent: B", 1, "taxonomy", "missing"),
            ("name: A\ntaxonomy: person", 2, "taxonomy", "'person'; expected “topic”"),
            ("taxonomy: [topic]\nname: A", 1, "taxonomy", "no text; expected “topic”"),
            ("taxonomy: topic\nparent: B", 1, "name", "missing"),
            ("taxonomy: topic\nname: ''", 2, "name", "blank"),
            ("taxonomy: topic\nname: " + "x" * 101, 2, "name", "at most 100"),
            ("taxonomy: topic\nname: A\nkeywords: a, b", 3, "keywords", "a list of texts"),
            ("taxonomy: topic\nname: A\nkeywords:\n  - {a: b}", 4, "keywords[0]", "a mapping"),
            ("taxonomy: topic\nname: A\nimages: x.jpg", 3, "images", "a list"),
            (
                "taxonomy: topic\nname: A\nimages:\n  - data:x",
                *(4, "images[0].url", "an http(s) address or a path"),
            ),
            ("taxonomy: topic\nname: A\nparent: {a: b}", 3, "parent", "expected text"),
            ("taxonomy: organization\nname: A", 1, "domain", "missing"),
            (
                "taxonomy: organization\nname: A\ndomain: a\notherNames: B",
                *(4, "otherNames", "a list of texts"),
            ),
            (
                "taxonomy: organization\nname: A\ndomain: a\ndescription: B: C",
                *(4, "file", "double quotes"),
            ),
        ]
        for text, line, field, reason in cases:
            with self.subTest(text[:60]), self.assertRaises(SeedError) as caught:
                read(text)
            (problem,) = caught.exception.problems
            self.assertEqual((problem.line, problem.field), (line, field), problem)
            self.assertIn(reason, problem.reason)


class LoopsTests(SimpleTestCase):
    def test_finds_those_above_themselves_and_nobody_else(self):
        for parents, expected in [
            ({}, ""),
            ({"a": "", "b": "a", "c": "b"}, ""),
            ({"a": "a"}, "a"),
            ({"a": "b", "b": "c", "c": "a", "d": "a", "e": ""}, "abc"),
            ({"d": "c", "c": "b", "b": "c", "a": "missing"}, "bc"),
        ]:
            with self.subTest(parents):
                self.assertEqual(taxonomy.loops(parents), set(expected))


class PathTests(SimpleTestCase):
    def test_hints_at_what_a_file_is(self):
        for path in ("a.yaml", "_data/a.md", "topics/a.md", "x/organizations/a.example.md"):
            self.assertTrue(taxonomy.looks_like_one(path), path)
        for path in ("a.md", "_news/topics.md", "2026-03-01-organizations.md"):
            self.assertFalse(taxonomy.looks_like_one(path), path)
