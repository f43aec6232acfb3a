"""A baked site is what the site answers, whatever was done since the last bake; and nothing else
lies in its folder."""

import gzip
import json
import re
import tempfile
from datetime import timedelta
from io import StringIO
from pathlib import Path
from unittest import mock

from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage, default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.http import HttpResponse
from django.test import SimpleTestCase, TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone
from hypothesis import given, settings
from hypothesis.extra.django import TestCase as PropertyTestCase

from articles import editions
from articles.baking import addresses, around, asking, nginx, run, tree
from articles.baking.asking import CannotBake
from articles.baking.tree import BakeRunning, Trees
from articles.decisions import decide
from articles.models import Article, Edition, Image, OldAddress, Provider, Topic
from articles.workflow import merge_providers, merge_topics
from tests.doors import Doors, patterns
from tests.factories import (
    make_article,
    make_editor,
    make_image,
    make_provider,
    make_related_item,
    make_topic,
)
from tests.pages import make_newsroom
from tests.promises import IS_FULL, trials
from tests.test_editions import end_of_transaction
from tests.test_pagecache import DEEDS, Walk

HERE = "http://testserver"
Status = Article.Status


class Baking:
    """For a test of the newsroom's: a folder, and bakes of it."""

    def new_folder(self) -> Path:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Path(folder.name) / "baked"

    def bake(self, folder: Path, **options) -> run.Report:
        end_of_transaction()
        editions._own.__dict__.clear()
        return run.bake(folder, HERE, made_by="this build", **options)


def no_static_files(test):
    return mock.patch.object(around, "_static_files", return_value=[])(test)


def files(folder: Path, part="site") -> dict[str, bytes]:
    top = folder / "current" / part
    return {
        path.relative_to(top).as_posix(): path.read_bytes()
        for path in sorted(top.rglob("*"))
        if path.is_file()
    }


def rows(folder: Path) -> dict[str, dict]:
    """Address -> what the manifest tells of it."""
    lines = (folder / "current" / tree.MANIFEST).read_text().splitlines()[1:]
    return {row["path"]: row for row in map(json.loads, lines) if "path" in row}


def everything(folder: Path) -> str:
    """All that lies in the folder, served or not, compressed or not; names too."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            content = gzip.decompress(content) if path.suffix == ".gz" else content
            found.append(f"{path.relative_to(folder)}\n{content.decode(errors='replace')}")
    return "\n".join(found)


@override_settings(SECURITY_CONTACT="mailto:desk@news.example")
class EqualTests(Baking, TestCase):
    """At every address."""

    def setUp(self):
        storage = InMemoryStorage()
        with mock.patch.object(default_storage, "_wrapped", storage):
            self.pages = make_newsroom()
        stay = mock.patch.object(default_storage, "_wrapped", storage)
        stay.start()
        self.addCleanup(stay.stop)
        article = Article.objects.published().first()
        OldAddress.objects.create(slug="old", source=article.source, stem=article.stem)

    @no_static_files
    def test_each_address_answers_as_the_site_does(self, _static):
        folder = self.new_folder()
        report = self.bake(folder)
        baked, told = files(folder), rows(folder)
        self.assertEqual(report.pages, sum("file" in row for row in told.values()))
        self.assertEqual(told.keys(), self.plan().keys() - {"/sitemap-none.xml"})
        found = set()
        for address in self.addresses():
            response = self.client.get(address)
            row = told.get(address)
            if response.status_code == 404:
                self.assertIsNone(row, address)
                continue
            self.assertIsNotNone(row, address)
            if response.status_code == 200:
                found.add(response.resolver_match.route)
                name = row["file"].removeprefix("site/")
                self.assertEqual(baked[name], response.content, address)
                self.assertEqual(row["type"], response["Content-Type"], address)
                if row["packed"]:
                    self.assertEqual(gzip.decompress(baked[f"{name}.gz"]), response.content)
            else:
                self.assertEqual(row.get("status"), response.status_code, address)
                self.assertEqual(row.get("to", ""), response.headers.get("Location", ""), address)
        every = {route for route, _pattern in patterns() if not route.startswith("^")}
        never = {"preview/<str:token>/", "oembed", "healthz", "readyz"}
        self.assertEqual(every - found, never)

    def plan(self):
        return addresses.plan("ground", "edition").pages

    def addresses(self):
        """Whatever may be there, and whatever is baked; of each pattern a few."""
        slugs = {
            "articles": ["old", *Article.objects.values_list("slug", flat=True)],
            "topics": ["trains", "rail", "travel", "none"],
            "providers": ["the-post", *Provider.objects.values_list("slug", flat=True)],
        }
        by_route, baked = Doors(slugs).addresses(), self.plan()
        for path in sorted(baked):
            by_route.setdefault(resolve(path).route, []).append(path)
        closed = ("preview/", "oembed", "healthz", "readyz", "^", "metrics")
        for route, found in by_route.items():
            if not route.startswith(closed):
                found.sort(key=lambda path: path not in baked)
                yield from found if IS_FULL else [*found[:4], *found[-1:]]
        hidden = Article.objects.exclude(status=Status.PUBLISHED).values_list("slug", flat=True)
        yield from (f"/articles/{slug}/" for slug in ["old", *hidden])


class BakeTests(Baking, TestCase):
    """No picture has bytes here but those that a test gives some."""

    def setUp(self):
        for patch in (
            mock.patch.object(around, "_static_files", return_value=[]),
            mock.patch.object(default_storage, "_wrapped", InMemoryStorage()),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        self.folder = self.new_folder()

    def picture(self, name: str, **fields) -> Image:
        default_storage.save(f"images/{name}", ContentFile(f"bytes of {name}".encode()))
        return make_image(file=f"images/{name}", **fields)

    # What lies there

    def test_only_pictures_that_public_pages_show(self):
        make_article(images=[self.picture("shown.jpg")], excerpt="See /media/images/secret.jpg now")
        make_article(is_published=False, images=[self.picture("secret.jpg")])
        self.picture("unused.jpg")
        self.bake(self.folder)
        baked = files(self.folder)
        self.assertEqual(baked["media/images/shown.jpg"], b"bytes of shown.jpg")
        self.assertEqual(
            [name for name in baked if name.startswith("media/")], ["media/images/shown.jpg"]
        )
        with mock.patch.object(addresses.Plan, "may_show", return_value=True):
            self.bake(self.folder, is_afresh=True)
        self.assertIn("media/images/secret.jpg", files(self.folder), "the law would not notice")

    def test_a_picture_on_this_disk_is_one_file_there_and_here(self):
        folder = self.folder.parent / "media"
        disk = FileSystemStorage(folder)
        with mock.patch.object(default_storage, "_wrapped", disk):
            make_article(images=[self.picture("shown.jpg")])
            self.bake(self.folder)
            baked = self.folder / "current" / "site" / "media" / "images" / "shown.jpg"
            self.assertTrue(baked.samefile(folder / "images" / "shown.jpg"))
            Article.objects.update(title="Renamed")
            self.assertEqual(self.bake(self.folder).pictures, 1)
        self.assertTrue(baked.samefile(folder / "images" / "shown.jpg"))

    def test_nothing_of_what_is_not_public(self):
        make_article(title="Seen")
        make_article(is_published=False, title="Hidden canary", topics=["Canaries"])
        self.bake(self.folder)
        self.assertIn("Seen", everything(self.folder))
        self.assertNotIn("anar", everything(self.folder))

    def test_a_missing_picture_is_told_of(self):
        make_article(images=[make_image(file="images/lost.jpg")])
        self.assertEqual(self.bake(self.folder).missing, ["images/lost.jpg"])

    def test_static_files_lie_there_as_they_are(self):
        source = self.folder.parent / "base.css"
        source.write_text("a {}")
        with mock.patch.object(around, "_static_files", return_value=[("articles/x.css", source)]):
            self.bake(self.folder)
        self.assertEqual(files(self.folder)["static/articles/x.css"], b"a {}")

    def test_what_is_said_where_nothing_is(self):
        gone = make_article(status=Status.WITHDRAWN, first_public_at=timezone.now())
        self.bake(self.folder)
        errors = files(self.folder, "errors")
        for name, address in {
            "404.html": "/nothing/",
            "404.json": "/api/v1/articles/none/",
            "410.html": gone.get_absolute_url(),
            "410.json": f"/api/v1{gone.get_absolute_url()}",
        }.items():
            self.assertEqual(errors[name], self.client.get(address).content, name)

    # Withdrawing

    def withdraw_one(self):
        picture = self.picture("wrong.jpg", alt_text="Wrong picture", credit="Wrong credit")
        make_article(title="Right", topics=["Trains"])
        wrong = make_article(title="Wrong", topics=["Trains", "Wrongs"], images=[picture])
        make_related_item(wrong, title="Wrong too")
        self.bake(self.folder)
        self.assertIn("Wrong", everything(self.folder))
        decide(wrong.pk, Status.WITHDRAWN, make_editor(), reason="Wrong.")
        self.bake(self.folder)
        return wrong

    def test_what_is_withdrawn_is_nowhere_in_the_folder(self):
        wrong = self.withdraw_one()
        self.assertNotRegex(everything(self.folder), "Wrong|wrong.jpg|wrongs")
        self.assertIn("Right", everything(self.folder))
        self.assertEqual(rows(self.folder)[wrong.get_absolute_url()]["status"], 410)
        maps = files(self.folder, "nginx")["maps.conf"].decode()
        self.assertIn(f'"{wrong.get_absolute_url()}" 1;', maps)

    def test_the_law_would_notice_what_is_left_in_the_other_tree(self):
        with mock.patch.object(Trees, "_follow", lambda self: None):
            self.withdraw_one()
        self.assertIn("Wrong", everything(self.folder))
        self.bake(self.folder)  # the next one mends it, though nothing has changed
        self.assertNotIn("Wrong", everything(self.folder))

    # Only what changed

    def test_what_has_not_changed_stays_as_it_is(self):
        stays = make_article(title="Stays", topics=["Boats"], provider=make_provider("B", "b.ex"))
        make_article(title="Between")
        moves = make_article(title="Moves", topics=["Trains"])
        self.bake(self.folder)
        site = self.folder / "current" / "site"
        names = [path.relative_to(site) for path in site.rglob("*") if path.is_file()]
        before = {name: (site / name).stat() for name in names}
        Article.objects.filter(pk=moves.pk).update(title="Moved")
        report = self.bake(self.folder)
        same = {n for n in names if (site / n).stat().st_ino == before[n].st_ino}
        moved = {name.as_posix() for name in set(names) - same if name.suffix != ".gz"}
        self.assertIn(f"articles/{moves.slug}/index.html", moved)
        self.assertFalse({name for name in moved if stays.slug in name or "boats" in name}, moved)
        self.assertEqual(report.written, len(moved))
        for name in same:
            self.assertEqual((site / name).stat().st_mtime_ns, before[name].st_mtime_ns)

    def test_without_a_change_next_to_nothing_is_asked(self):
        make_article()
        self.bake(self.folder)
        before = (self.folder / "current").lstat()
        with mock.patch.object(run, "plan") as plan:
            report = self.bake(self.folder)
        plan.assert_not_called()
        self.assertEqual((report.asked, report.written), (1, 0))  # the news sitemap
        self.assertEqual((self.folder / "current").lstat(), before)

    def test_a_new_day_is_on_every_page(self):
        article = make_article()
        self.bake(self.folder)
        real, tomorrow = timezone.localdate, timezone.localdate() + timedelta(days=1)

        def day(moment=None):
            return tomorrow if moment is None else real(moment)

        with mock.patch.object(timezone, "localdate", day):
            self.bake(self.folder)
            page = self.client.get(article.get_absolute_url()).content
        self.assertIn(f"{tomorrow:%Y-%m-%d}".encode(), page)
        self.assertEqual(files(self.folder)[f"articles/{article.slug}/index.html"], page)

    def test_another_build_makes_all_anew_and_leaves_what_is_the_same(self):
        make_article()
        first = self.bake(self.folder)
        editions._own.__dict__.clear()
        again = run.bake(self.folder, HERE, made_by="another build")
        self.assertEqual(again.asked, first.asked)
        self.assertEqual(again.written, 0)

    def test_planning_costs_the_same_for_one_row_and_for_twenty(self):
        def cost():
            with CaptureQueriesContext(connection) as queries:
                addresses.plan("ground", "edition")
            return len(queries)

        for number in range(3):
            one = make_article(topics=[f"A{number}"], images=[make_image()], related=1)
            OldAddress.objects.create(slug=f"old{number}", source=one.source, stem=one.stem)
        few = cost()
        for number in range(17):
            make_article(topics=[f"T{number}"], images=[make_image()], related=2)
        self.assertEqual(cost(), few)
        self.assertLess(few, 30)

    def test_a_table_that_readers_see_is_read(self):
        """A new one among them fails here, until the plan reads it."""
        with CaptureQueriesContext(connection) as queries:
            OldAddress.objects.create(slug="old", source="a", stem="b")
            addresses.plan("ground", "edition")
        sql = " ".join(query["sql"] for query in queries)
        front_alone = {"articles_pin"}  # of each edition, as the front page is
        tables = {model._meta.db_table for model in editions.models_seen()} - front_alone
        self.assertEqual({table for table in tables if f'"{table}"' not in sql}, set())

    # Whatever comes between

    def test_who_is_killed_leaves_the_last_one_whole(self):
        article = make_article(title="As it was")
        self.bake(self.folder)
        before, told = files(self.folder), rows(self.folder)
        Article.objects.filter(pk=article.pk).update(title="After")
        for place in ("write", "switch", "_follow"):
            with self.subTest(place):
                real, calls = getattr(Trees, place), []

                def dies(self, *args, real=real, calls=calls, place=place):
                    calls.append(args)
                    if place != "write" or len(calls) > 5:
                        raise KeyboardInterrupt
                    return real(self, *args)

                with mock.patch.object(Trees, place, dies), self.assertRaises(KeyboardInterrupt):
                    self.bake(self.folder)
                if place != "_follow":  # which comes after the switch
                    self.assertEqual(files(self.folder), before)
                    self.assertEqual(rows(self.folder), told)
        self.bake(self.folder)
        fresh = self.new_folder()
        self.bake(fresh)
        self.assertEqual(files(self.folder), files(fresh))
        self.assertNotIn("As it was", everything(self.folder))

    def test_the_law_would_notice_a_file_that_is_written_into(self):
        make_article(title="As it was")
        self.bake(self.folder)
        before = files(self.folder)

        def writes_into(trees, name, body):
            trees._get_ready()
            (trees.spare / name).write_bytes(body)
            raise KeyboardInterrupt

        Article.objects.update(title="After")
        with mock.patch.object(Trees, "write", writes_into), self.assertRaises(KeyboardInterrupt):
            self.bake(self.folder)
        self.assertNotEqual(files(self.folder), before)

    def test_two_at_once_do_no_harm(self):
        make_article()
        self.bake(self.folder)
        before = files(self.folder)
        with tree.locked(self.folder), self.assertRaises(BakeRunning):
            self.bake(self.folder)
        self.assertEqual(files(self.folder), before)

    def test_a_change_while_it_is_baked_is_baked(self):
        articles = [make_article(title=f"Story {number}") for number in range(3)]
        real, moved = asking.Site.ask, []

        def ask(site, path):
            made = real(site, path)
            if "/articles/" in path and not moved:
                moved.append(path)
                Article.objects.filter(pk=articles[0].pk).update(title="Changed meanwhile")
                end_of_transaction()
            return made

        with mock.patch.object(asking.Site, "ask", ask):
            self.bake(self.folder)
        fresh = self.new_folder()
        self.bake(fresh)
        self.assertEqual(files(self.folder), files(fresh))
        self.assertIn("Changed meanwhile", everything(self.folder))

    def test_what_never_lasts_is_not_baked(self):
        make_article(title="As it was")
        self.bake(self.folder)
        before = files(self.folder)
        Article.objects.update(title="After")

        def moves(site, path):
            Edition.objects.update(number=F("number") + 1)
            return mock.DEFAULT

        ask = mock.patch.object(asking.Site, "ask", side_effect=moves, autospec=True)
        with (
            ask,
            mock.patch.object(run, "PASSES", 3),
            self.assertRaisesMessage(CannotBake, "all the time"),
        ):
            self.bake(self.folder)
        self.assertEqual(files(self.folder), before)

    def test_a_page_that_is_not_for_everybody_stops_it(self):
        make_article()
        for name, value in (("Vary", "Cookie"), ("Cache-Control", "private")):
            response = HttpResponse("x", headers={name: value})
            site = asking.Site(HERE)
            site._handler = mock.Mock(get_response=mock.Mock(return_value=response))
            with self.assertRaisesMessage(CannotBake, "every reader"):
                site.ask("/")

    # The command

    def test_the_command_asks_where_the_site_is(self):
        for said in ([], ["--site-url=https://news.example/path"], ["--site-url=news.example"]):
            with self.assertRaises(CommandError):
                call_command("bake", str(self.folder), *said)
        with self.assertRaisesMessage(CommandError, "ALLOWED_HOSTS"):
            call_command("bake", str(self.folder), "--site-url=https://elsewhere.example")
        self.assertFalse((self.folder / "current").exists())

    def test_the_command_tells_what_it_did(self):
        make_article()
        said = StringIO()
        with override_settings(SITE_URL=HERE, IS_SITE_URL_SET=True):
            call_command("bake", str(self.folder), stdout=said)
        self.assertRegex(said.getvalue(), r"^\d+ pages and 0 pictures: \d+ made, \d+ files written")
        self.assertIn("reload", said.getvalue())

    def test_the_command_stays_and_bakes_what_changes(self):
        article, looks = make_article(title="First words"), []

        def sleep(seconds):
            looks.append((seconds, "Second words" in everything(self.folder)))
            if len(looks) == 2:
                Article.objects.filter(pk=article.pk).update(title="Second words")
                end_of_transaction()
            if len(looks) == 4:
                raise KeyboardInterrupt

        said = StringIO()
        with (
            override_settings(SITE_URL=HERE, IS_SITE_URL_SET=True),
            mock.patch("articles.management.commands.bake.time.sleep", sleep),
            self.assertRaises(KeyboardInterrupt),
        ):
            call_command("bake", str(self.folder), watch=5, stdout=said)
        self.assertEqual(looks, [(5, False), (5, False), (5, True), (5, True)])
        self.assertEqual(said.getvalue().count(" pages and "), 2)

    def test_a_folder_of_something_else_is_left_alone(self):
        self.folder.mkdir()
        (self.folder / "letters.txt").write_text("Dear")
        with self.assertRaisesMessage(CannotBake, "other files"):
            self.bake(self.folder)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["letters.txt"])


class NginxTests(SimpleTestCase):
    def test_no_text_breaks_out_of_its_configuration(self):
        row = {"path": '/articles/a";}/', "status": 410}
        with self.assertRaises(CannotBake):
            nginx._maps({"x": row})
        with self.assertRaises(CannotBake):
            nginx._headers({"X-Name": 'a"; evil'})

    def test_types_are_those_of_the_site(self):
        """As the configuration tells them, by the end of a file's name."""
        text = (django_settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
        types = dict(re.findall(r"^\s+(\S+/\S+)\s+(\w+);", text, re.M))
        known = {end: kind for kind, end in types.items()}
        self.assertEqual(known["atom"], "application/atom+xml")
        self.assertEqual(known["rss"], "application/rss+xml")
        self.assertEqual(known["json"], "application/json")


# The law ----------------------------------------------------------------------------------------


class LawTests(Baking, PropertyTestCase):
    """Whatever is done in whatever order: what is baked after each step is what is baked anew."""

    @settings(max_examples=trials(2, 500), deadline=None)
    @given(DEEDS)
    def test_only_what_changed_is_as_good_as_all(self, walk):
        self.follow(walk[: trials(2, 8)])

    def test_the_law_would_notice(self):
        """With what an article shows left out of its digest, pages are stale."""
        real = addresses.columns_seen

        def without_titles(model):
            return [name for name in real(model) if name != "title"]

        with (
            mock.patch.object(addresses, "columns_seen", without_titles),
            self.assertRaises(AssertionError),
        ):
            self.follow([("rename", 1, 0)])

    @no_static_files
    def test_what_the_walks_leave_out(self, _static):
        """Trees, merged rows, other addresses, deletions: after each what is baked anew."""
        folder, editor = self.new_folder(), make_editor()
        wide, narrow, twin = map(make_topic, ("Travel", "Trains", "Rail"))
        outlet, other = make_provider("A", "a.example"), make_provider("B", "b.example")
        stories = [
            make_article(title=f"Story {topic}", topics=[topic.name], provider=provider)
            for topic, provider in ((wide, outlet), (narrow, other), (twin, outlet))
        ]
        item = make_related_item(stories[0], web_url=stories[1].web_url)
        deeds = [
            lambda: Topic.objects.filter(pk=narrow.pk).update(parent=wide),
            lambda: Provider.objects.filter(pk=outlet.pk).update(logo=make_image()),
            lambda: Article.objects.filter(pk=stories[0].pk).update(hidden_related=[item.identity]),
            lambda: merge_topics(narrow, [twin], editor),
            lambda: merge_providers(outlet, [other], editor),
            lambda: self.move(stories[1]),
            lambda: Article.objects.get(pk=stories[1].pk).delete(),
            lambda: Article.objects.filter(pk=stories[2].pk).update(body="Ours."),
        ]
        self.bake(folder)
        for place, deed in enumerate(deeds):
            deed()
            if IS_FULL or place in (4, 7):
                self.bake(folder)
                fresh = self.new_folder()
                self.bake(fresh)
                self.assertEqual(told(folder), told(fresh))
                self.assertEqual(files(folder), files(fresh))

    @staticmethod
    def move(article):
        article.refresh_from_db()
        old, article.slug = article.slug, "another-address"
        article.save()
        OldAddress.keep(article, old)

    @no_static_files
    def follow(self, walk, _static):
        house, folder = Walk(), self.new_folder()
        deeds = house.deeds()
        self.bake(folder)
        for house.number, (deed, whose, _where) in enumerate(walk, start=1):
            try:
                deeds[deed](house.article(whose))
            except ValidationError:
                continue  # refused, with its reason: nothing was done
            self.bake(folder)
        fresh = self.new_folder()
        self.bake(fresh)
        self.assertEqual(told(folder), told(fresh))
        for part in ("site", "errors", "nginx"):
            self.assertEqual(files(folder, part), files(fresh, part))


def told(folder):
    return {path: {**row, "basis": ""} for path, row in rows(folder).items()}
