"""The benchmarks' seeds are seeds, and each delivery of them moves what it says it moves."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import SimpleTestCase

from articles.importing import records, seedfile
from benchmarks import seeds


def read(content: bytes) -> records.ArticleRecord:
    return records.read(seedfile.parse(content), content)


def meaning(content: bytes) -> str:
    return records.meaning(seedfile.parse(content))


class SeedsTests(SimpleTestCase):
    def test_are_read_without_a_problem_or_an_unknown_key(self):
        read_ones = [read(seeds.seed(number)[1]) for number in range(300)]
        self.assertEqual({record.unknown_keys for record in read_ones}, {()})
        self.assertEqual({record.type for record in read_ones}, {"article", "video"})
        self.assertIn(None, {record.feed_published for record in read_ones})
        self.assertGreater(sum(len(record.related) for record in read_ones), 300)

    def test_are_the_same_for_the_same_number_and_others_for_another_series(self):
        self.assertEqual(seeds.seed(7), seeds.seed(7))
        self.assertNotEqual(seeds.seed(7), seeds.seed(7, key=2))

    def test_have_a_name_each(self):
        self.assertEqual(len({seeds.seed(number)[0] for number in range(300)}), 300)

    def test_a_delivery_of_new_secured_moves_every_file_and_no_meaning(self):
        for number in range(50):
            first, again = seeds.seed(number), seeds.seed(number, again=seeds.SECURED)
            self.assertEqual(first[0], again[0])
            self.assertNotEqual(first[1], again[1])
            self.assertEqual(meaning(first[1]), meaning(again[1]))

    def test_a_delivery_of_new_scores_moves_a_share_of_the_files(self):
        moved = [
            number
            for number in range(200)
            if meaning(seeds.seed(number)[1]) != meaning(seeds.seed(number, again=seeds.SCORES)[1])
        ]
        self.assertTrue(30 < len(moved) < 90, len(moved))

    def test_writes_the_next_delivery_over_the_last(self):
        with TemporaryDirectory() as folder:
            seeds.write(Path(folder), 3)
            before = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
            seeds.write(Path(folder), 3, again=seeds.SECURED)
            after = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
        self.assertEqual(before.keys(), after.keys())
        self.assertFalse(set(before.values()) & set(after.values()))
