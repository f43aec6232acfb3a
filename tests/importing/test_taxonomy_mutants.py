"""Topic and organization files gone wrong: refused with a line, or stored; never a crash."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import TestCase

from articles.importing.pipeline import import_seeds
from articles.models import Topic
from tests.importing.test_taxonomy import ORGANIZATION, TOPIC
from tests.promises import trials
from tests.promises.test_seeds_gone_wrong import mutant

MUTANTS = trials(600, 20_000)
GOOD_EVERY = 30


class MutantTests(TestCase):
    def test_are_stored_or_refused_with_a_line_and_a_field_and_good_files_land(self):
        rnd = random.Random(2026)
        originals = [
            ("topics/{}.yaml", TOPIC.replace("name: Trams", "name: Trams {}")),
            ("organizations/{}.md", ORGANIZATION.replace("name: Post", "name: Post {}")),
        ]
        with TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "transport.yaml").write_text("taxonomy: topic\nname: Transport\n")
            for number in range(MUTANTS):
                path, text = originals[number % 2]
                file = folder / path.format(number)
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(mutant(rnd, text.replace("{}", str(number)).encode()))
                if number % GOOD_EVERY == 0:
                    good = f"taxonomy: topic\nname: Good {number}\n"
                    (folder / f"topics/good-{number}.yaml").write_text(good)
            report = import_seeds([folder], "feed")
            again = import_seeds([folder], "feed")
        self.assertEqual(report.total, MUTANTS + MUTANTS // GOOD_EVERY + 1)
        good = Topic.objects.filter(name__contains="Good")
        self.assertEqual(good.count(), MUTANTS // GOOD_EVERY)
        self.assertGreater(report.failed, MUTANTS // 4)
        self.assertGreater(report.created, MUTANTS // GOOD_EVERY + MUTANTS // 6)
        for _, problem in report.failures:
            self.assertGreaterEqual(problem.line, 1)
            self.assertTrue(problem.field and problem.reason and problem.code)
        self.assertEqual((again.created, again.updated), (0, 0))
        self.assertEqual(again.failed, report.failed)
