"""The newsroom's own words in seeds: heard in its own, never in a feed's."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import TestCase

from articles.importing import values
from articles.importing.pipeline import Options, import_seeds
from articles.models import Article, Image
from tests.importing.seedtexts import seed

WORDS = (
    "newsroom:\n  status: published\n  publishFrom: 2020-01-01T00:00:00Z\n  body: Ours\n"
    "  keepPublic: true\n  slug: an-address\n"
    "  pictures:\n    - url: https://post.example/bells.jpg\n      altText: A bell\n"
)
HELD = ("published: true", "published: false")
PROVIDER = "provider:\n  name: Post\n  domain: Post.example\n"


def deliver(source: str, *changes: tuple[str, str], **options):
    with TemporaryDirectory() as name:
        (Path(name) / "2026-03-01-bells.md").write_bytes(seed(*changes))
        return import_seeds([Path(name)], source, Options(**options))


class OwnWordsTests(TestCase):
    def test_are_heard_in_a_seed_of_the_newsroom(self):
        deliver(Article.NEWSROOM, HELD, ("secured", WORDS + "secured"))
        article = Article.objects.published().get()
        self.assertEqual((article.body, article.slug), ("Ours", "an-address"))
        self.assertTrue(article.is_kept_public and article.decided_at)
        self.assertEqual(article.publish_from.year, 2020)
        self.assertEqual(article.images.get().alt_text, "A bell")

    def test_say_what_of_a_picture_must_stay_in_view(self):
        focus = ("altText: A bell", "altText: A bell\n      focusX: 0\n      focusY: 85")
        words = WORDS.replace(*focus)
        deliver(Article.NEWSROOM, HELD, ("secured", words + "secured"))
        image = Article.objects.get().images.get()
        self.assertEqual((image.alt_text, image.focus_x, image.focus_y), ("A bell", 0, 85))

    def test_never_move_what_an_editor_has_placed(self):
        deliver(Article.NEWSROOM, HELD)
        Image.objects.update(focus_x=10)
        words = WORDS.replace("altText: A bell", "focusX: 90")
        change = ("secured", words + "secured")
        with TemporaryDirectory() as name:
            (Path(name) / "2026-03-01-others.md").write_bytes(seed(HELD, change))
            import_seeds([Path(name)], Article.NEWSROOM)
        self.assertEqual(Image.objects.get().focus_x, 10)

    def test_say_when_an_article_of_nobody_elses_is_public(self):
        report = deliver(Article.NEWSROOM, (PROVIDER, "newsroom:\n  status: published\n"))
        self.assertEqual(report.failures, [])
        article = Article.objects.published().get()
        self.assertEqual((article.provider, article.publish_from), (None, article.published_at))

    def test_change_nothing_in_an_article_that_is_here(self):
        deliver(Article.NEWSROOM, HELD, ("secured", WORDS + "secured"))
        Article.objects.update(body="An editor's", status=Article.Status.WITHDRAWN)
        deliver(Article.NEWSROOM, HELD, ("secured", WORDS.replace("Ours", "Others") + "secured"))
        article = Article.objects.get()
        self.assertEqual((article.body, article.status), ("An editor's", "withdrawn"))

    def test_that_are_not_as_expected_are_refused_with_their_lines(self):
        for words, field in [
            ("status: public", "status"),
            ("status: trashed", "status"),
            ("status: published\n  publishUntil: 2020-01-01T00:00:00Z", "publishUntil"),
            ("keepPublic: perhaps", "keepPublic"),
            ("slug: a/b", "slug"),
            ("pictures:\n    - url: /a.jpg\n      focusX: 101", "pictures[0].focusX"),
        ]:
            change = ("secured", f"newsroom:\n  {words}\nsecured")
            [(_, problem)] = deliver(Article.NEWSROOM, change).failures
            self.assertEqual(problem.field, f"newsroom.{field}")
            self.assertIn(
                field.rpartition(".")[2], seed(change).decode().split("\n")[problem.line - 1]
            )

    def test_have_a_status_of_the_articles_but_the_trash(self):
        known = {*values.OWN_STATUSES, Article.Status.TRASHED}
        self.assertEqual(known, set(Article.Status.values))


class FeedsVoiceTests(TestCase):
    """A feed never speaks for the newsroom, whatever it writes under its key."""

    def test_is_not_heard(self):
        report = deliver("feed", HELD, ("secured", WORDS + "secured"))
        self.assertEqual(report.unknown_keys, {})
        article = Article.objects.get()
        self.assertEqual(article.status, Article.Status.HELD)
        self.assertEqual((article.body, article.decided_at), ("", None))
        self.assertEqual((article.slug, article.is_kept_public), ("2026-03-01-bells", False))
        self.assertEqual(article.images.get().alt_text, "")
        self.assertFalse(Article.objects.published().exists())

    def test_does_not_break_a_file(self):
        report = deliver("feed", ("secured", "newsroom: [1, {}]\nsecured"))
        self.assertEqual((report.created, report.failures), (1, []))

    def test_has_no_leave_to_lack_a_provider(self):
        [(_, problem)] = deliver("feed", (PROVIDER, WORDS)).failures
        self.assertEqual((problem.field, problem.code), ("provider", "missing"))
