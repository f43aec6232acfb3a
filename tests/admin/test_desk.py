"""The desk: each count is of the list that it leads to, and nobody sees what they may not open."""

import re
from datetime import timedelta

from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from articles.admin import desk, widgets
from articles.models import Article, DuplicatePair, ImportedFile, ImportRun, Proposal
from tests.admin.desk import DeskTestCase, make_user
from tests.databases import only_on
from tests.factories import make_article, make_image, make_member, make_related_item
from tests.test_admin import address

Status = Article.Status
DESK = reverse("admin:index")


def make_proposal(**fields):
    fields.setdefault("article", make_article(decided_at=timezone.now()))
    return Proposal.objects.create(field="title", base="Ours", theirs="Theirs", **fields)


def make_pair(**fields):
    first, second = (make_article(status=Status.HELD, decided_at=timezone.now()) for _ in "ab")
    signs = {"is_same_link": True, "is_alike_title": False}
    return DuplicatePair.objects.create(first=first, second=second, **signs, **fields)


def make_failed(source="wire", state=ImportRun.State.FINISHED, count=1, **fields):
    run = ImportRun.objects.create(source=source, state=state, failed=count, **fields)
    for number in range(count):
        ImportedFile.objects.create(
            run=run,
            path=f"{source}-{run.pk}-{number}.md",
            outcome="failed",
            problems=[[3, "title", "missing", "missing; expected a value"]],
        )
    return run


def make_everything(times=1):
    """Two of each kind, and beside each what must not be counted with it."""
    now = timezone.now()
    picture = make_image(alt_text="A tram")
    for _ in range(times * 2):
        demoted = make_article(is_published=False, heat=-1, quality=17, feed_published=False)
        make_related_item(demoted, quality=51)
        make_article(status=Status.REVIEW, decided_at=now, related=2)
        make_proposal()
        make_article(is_oscillating=True, images=[picture])
        make_pair()
        make_article(publish_from=now + timedelta(hours=1), images=[picture])
        make_article(publish_from=now - timedelta(days=3))
        make_article(publish_from=now - timedelta(days=3), images=[make_image()])
    make_failed(count=times * 2)
    make_article(is_published=False, decided_at=now)
    make_article(status=Status.TRASHED, is_oscillating=True)
    make_article(publish_from=now - timedelta(days=2), images=[picture])
    make_article(publish_from=now - timedelta(days=40))
    make_proposal(resolution=Proposal.Resolution.REJECTED)
    make_pair(resolution=DuplicatePair.Resolution.DIFFERENT)


class CountsTests(DeskTestCase):
    EXPECTED = {
        "held": "2",
        "review": "2",
        "conflicts": "2",
        "duplicates": "2",
        "oscillating": "2",
        "failed": "2",
        "unpictured": "4",
        "scheduled": "2",
    }

    def kinds(self):
        return self.client.get(DESK).context["kinds"]

    def listed(self, kind):
        return self.client.get(kind["url"]).context["cl"]

    def test_are_those_of_the_lists_they_lead_to(self):
        make_everything()
        page = self.client.get(DESK)
        kinds = page.context["kinds"]
        self.assertEqual({key: kind["count"] for key, kind in kinds.items()}, self.EXPECTED)
        for key, kind in kinds.items():
            with self.subTest(key):
                self.assertContains(page, f'<a href="{kind["url"].replace("&", "&amp;")}"')
                listed = self.listed(kind)
                self.assertEqual(str(listed.result_count), kind["count"])
                rows = {found.pk for found in desk_rows(key)}
                self.assertEqual({row.pk for row in listed.result_list}, rows)

    def test_stop_at_a_thousand(self):
        self.assertEqual(widgets.COUNTED, 1000)
        provider = make_article(is_published=False).provider
        Article.objects.bulk_create(
            Article(
                stem=f"s{number}",
                slug=f"s{number}",
                title="Story",
                provider=provider,
                published_at=timezone.now(),
            )
            for number in range(1, 1001)
        )
        self.assertEqual(self.kinds()["held"]["count"], "1,000+")
        Article.objects.filter(stem="s1").delete()
        self.assertEqual(self.kinds()["held"]["count"], "1,000")

    def test_a_file_that_was_read_since_fails_no_longer(self):
        make_failed("wire", count=3)
        make_failed("post", count=2)
        make_failed("wire", count=1)
        make_failed("wire", count=5, state=ImportRun.State.INTERRUPTED)
        make_failed("wire", count=5, kind=ImportRun.Kind.UNDO)
        kind = self.kinds()["failed"]
        self.assertEqual((kind["count"], self.listed(kind).result_count), ("3", 3))

    def test_cost_the_same_however_many_rows_there_are(self):
        make_everything()
        few = self.queries_of(DESK)
        make_everything(5)
        self.assertEqual(self.queries_of(DESK), few)
        self.assertLessEqual(few, 25)

    @only_on("sqlite")  # PostgreSQL reads a small table without an index
    def test_are_read_from_an_index_as_are_the_newest(self):
        indexes = {
            "held": "article_undecided",
            "review": "article_admin_status",
            "conflicts": "proposal_open_newest",
            "duplicates": "duplicate_open",
            "oscillating": "article_oscillating",
            "failed": "imported_file_failed",
            "unpictured": "article_schedule",
            "scheduled": "article_schedule",
        }
        for kind in desk.kinds(timezone.now()):
            with self.subTest(kind.key):
                for rows in (kind.rows.order_by()[:1001], kind.rows[:4]):
                    self.assertRegex(rows.explain(), rf"INDEX {indexes[kind.key]}\b")


def desk_rows(key):
    return next(kind.rows for kind in desk.kinds(timezone.now()) if kind.key == key)


class SectionsTests(DeskTestCase):
    def test_show_the_newest_with_the_reason(self):
        now = timezone.now()
        for days in range(12):
            make_article(
                is_published=False,
                title=f"Story of day {days}",
                published_at=now - timedelta(days=days),
                feed_published=False,
                heat=42,
            )
        page = self.client.get(DESK)
        rows = page.context["kinds"]["held"]["rows"]
        self.assertEqual([row["title"] for row in rows], [f"Story of day {n}" for n in range(8)])
        self.assertContains(page, "held: heat 42 is under 70", count=8)
        self.assertContains(page, "Harbour Post")
        self.assertContains(page, "3\xa0days\xa0ago")

    def test_name_what_superseded_a_demoted_one(self):
        article = make_article(is_published=False, heat=-1, quality=17, feed_published=False)
        make_related_item(article, quality=51)
        self.assertContains(self.client.get(DESK), "(51 over 17)")

    def test_say_what_a_picture_lacks(self):
        make_article(title="Bare", publish_from=timezone.now())
        make_article(title="Mute", publish_from=timezone.now(), images=[make_image()])
        rows = self.client.get(DESK).context["kinds"]["unpictured"]["rows"]
        self.assertEqual(
            {row["title"]: str(row["text"]) for row in rows},
            {"Bare": "no picture", "Mute": "a picture without alternative text"},
        )

    def test_say_what_is_next_and_when(self):
        at = timezone.now() + timedelta(days=2)
        make_article(title="Later", publish_from=at + timedelta(days=1))
        make_article(title="Sooner", publish_from=at)
        page = self.client.get(DESK)
        titles = [row["title"] for row in page.context["kinds"]["scheduled"]["rows"]]
        self.assertEqual(titles, ["Sooner", "Later"])
        self.assertContains(page, widgets.moment(at))

    def test_show_the_last_runs_and_what_failed(self):
        run = make_failed("wire")
        page = self.client.get(DESK)
        self.assertContains(page, run.get_absolute_url())
        self.assertContains(page, "1 failed")
        self.assertContains(page, "title: missing; expected a value")

    def test_say_something_friendly_where_there_is_nothing(self):
        page = self.client.get(DESK)
        for kind in page.context["kinds"].values():
            self.assertContains(page, str(kind["none"]))
        self.assertContains(page, "Nothing has been imported yet")
        self.assertContains(page, "Enjoy the quiet")

    def test_lead_where_there_is_something(self):
        """Every link of the page opens."""
        make_everything()
        page = self.client.get(DESK)
        links = set(_links(page))
        self.assertGreater(len(links), 20)
        for link in links:
            with self.subTest(link):
                self.assertEqual(self.client.get(link).status_code, 200)

    def test_keep_the_stock_list_below(self):
        page = self.client.get(DESK)
        self.assertContains(page, address("changelist", "provider"))
        self.assertContains(page, "Recent actions")


class PermissionsTests(DeskTestCase):
    def test_every_role_opens_all_that_it_sees(self):
        make_everything()
        links = set()
        for role in ("Importer", "Editor", "Publisher", "Administrator"):
            self.client.force_login(make_member(role, f"a-{role}"))
            page = self.client.get(DESK)
            self.assertEqual(set(page.context["kinds"]), set(CountsTests.EXPECTED))
            self.assertEqual(len(page.context["runs"]), 1)
            seen, links = links, set(_links(page))
            for link in links - seen:  # what a role before it opens, all after it do
                with self.subTest(link, role=role):
                    self.assertEqual(self.client.get(link).status_code, 200)

    def test_one_who_may_see_runs_alone_sees_runs(self):
        make_everything()
        self.client.force_login(make_user("view_importrun"))
        page = self.client.get(DESK)
        self.assertEqual(page.context["kinds"], {})
        self.assertContains(page, "2 failed")

    def test_one_who_may_see_nothing_sees_nothing(self):
        make_everything()
        self.client.force_login(make_user())
        page = self.client.get(DESK)
        self.assertEqual((page.context["kinds"], page.context["runs"]), ({}, None))
        self.assertNotContains(page, "desk-kind")

    def test_one_who_may_see_pictures_alone_has_no_dead_link(self):
        make_everything()
        user = make_user("view_image")
        self.assertTrue(Permission.objects.filter(user=user).exists())
        self.client.force_login(user)
        page = self.client.get(DESK)
        self.assertNotContains(page, "/admin/articles/article/")
        self.assertContains(page, address("changelist", "image"))


def _links(page):
    text = page.content.decode().replace("&amp;", "&")
    return [
        link
        for link in re.findall(r'<a [^>]*href="(/admin/[^"]*)"', text)
        if "logout" not in link and "password" not in link
    ]
