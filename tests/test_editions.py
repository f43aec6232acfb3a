"""The number that moves when readers would see something else, and at nothing else."""

import os
import sqlite3
import tempfile
from contextlib import closing
from datetime import datetime, time, timedelta
from pathlib import Path
from unittest import mock
from zoneinfo import ZoneInfo

from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.test import SimpleTestCase, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import curation, editions, merging
from articles.decisions import decide
from articles.models import (
    Article,
    Edition,
    Image,
    ImportedFile,
    OldAddress,
    Provider,
    RelatedItem,
    Topic,
)
from articles.workflow import merge_providers, merge_topics
from tests.databases import only_on
from tests.factories import (
    make_article,
    make_editor,
    make_image,
    make_provider,
    make_related_item,
    make_topic,
)

Status = Article.Status
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def end_of_transaction():
    """What a commit would do: on PostgreSQL the number is counted up there."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
            cursor.execute("SELECT set_config('newsroom.counted', '', true)")


class EditionTestCase(TestCase):
    def setUp(self):
        self.public = make_article(title="Seen", topics=["Trains"], images=[make_image()])
        self.item = make_related_item(self.public, images=[make_image()])
        self.held = make_article(
            title="Hidden", is_published=False, topics=["Secret"], images=[make_image()], related=2
        )
        end_of_transaction()

    def moves(self, deed) -> bool:
        before = Edition.objects.get().number
        deed()
        end_of_transaction()
        return Edition.objects.get().number != before


class DeedTests(EditionTestCase):
    def assertMoves(self, deed):
        self.assertTrue(self.moves(deed))

    def assertStays(self, deed):
        self.assertFalse(self.moves(deed))

    def change(self, row, **values):
        return lambda: type(row).objects.filter(pk=row.pk).update(**values)

    def test_what_editors_do_with_what_readers_see(self):
        editor = make_editor()
        other = make_article(title="Twin")
        self.assertMoves(lambda: decide(self.public.pk, Status.WITHDRAWN, editor, reason="Wrong."))
        self.assertMoves(lambda: decide(self.public.pk, Status.PUBLISHED, editor))
        self.assertMoves(lambda: curation.pin(self.public.pk, editor))
        self.assertMoves(lambda: curation.unpin(self.public.pk, editor))
        self.assertMoves(lambda: merging.merge(self.public.pk, other.pk, editor))
        self.assertMoves(lambda: self.public.delete())

    def test_every_column_that_may_show(self):
        for watched in editions._WATCHED:
            if watched.model is Article:
                break
        shown = {field.name for field in Article._meta.concrete_fields} - watched.unseen
        self.assertLessEqual({"title", "body", "slug", "status", "heat", "publish_until"}, shown)
        self.assertMoves(self.change(self.public, body="Ours."))
        self.assertMoves(self.change(self.public, heat=99))
        self.assertMoves(self.change(self.public, hidden_related=[self.item.identity]))
        self.assertMoves(self.change(self.item, title="Another"))
        self.assertMoves(self.change(Image.objects.get(articles=self.public), alt_text="A quay"))
        self.assertMoves(self.change(self.item.images.get(), alt_text="A boat"))
        self.assertMoves(self.change(self.public.provider, name="Harbour News"))
        self.assertMoves(self.change(self.public.topics.get(), description="Of rails"))

    def test_rows_that_come_and_go(self):
        picture = make_image()
        self.assertMoves(lambda: self.public.images.add(picture))
        self.assertMoves(lambda: self.public.image_uses.filter(image=picture).delete())
        self.assertMoves(lambda: make_related_item(self.public, title="More"))
        self.assertMoves(lambda: self.public.related_items.filter(title="More").delete())
        self.assertMoves(lambda: self.public.topics.add("Ferries"))
        self.assertMoves(lambda: self.public.topics.remove("Ferries"))
        self.assertMoves(lambda: make_article(title="New"))
        self.assertMoves(
            lambda: OldAddress.objects.create(slug="old", source="newsroom", stem="there")
        )

    def test_merging_what_articles_share(self):
        kept, merged = self.public.provider, make_provider("The Post", "post.example")
        make_article(provider=merged, topics=["Rail"])
        self.assertMoves(lambda: merge_providers(kept, [merged], make_editor()))
        topics = [Topic.objects.get(name=name) for name in ("Trains", "Rail")]
        self.assertMoves(lambda: merge_topics(topics[0], [topics[1]], make_editor("bea")))

    def test_nothing_that_readers_cannot_see(self):
        editor = make_editor()
        hidden = Provider.objects.create(name="Nobody", domain="no.example", slug="no")
        self.assertStays(self.change(self.public, note="Ask Ada", updated_at=timezone.now()))
        self.assertStays(self.change(self.public, assigned_to=editor))
        self.assertStays(self.change(self.public, title=F("title")))
        self.assertStays(self.change(self.held, title="Still hidden", heat=3))
        self.assertStays(self.change(hidden, name="Nobody at all"))
        self.assertStays(self.change(self.held.images.get(), alt_text="A key"))
        self.assertStays(self.change(self.public.images.get(), fetch_error="It did not answer."))
        self.assertStays(self.change(self.held.related_items.first(), title="Hidden as well"))
        self.assertStays(lambda: decide(self.held.pk, Status.REVIEW, editor))
        self.assertStays(lambda: decide(self.held.pk, Status.TRASHED, editor))
        self.assertStays(lambda: make_article(title="Hidden too", is_published=False, related=3))
        self.assertStays(lambda: make_topic("Nothing yet"))
        self.assertStays(lambda: make_image(alt_text="Nowhere yet"))
        self.assertStays(lambda: ImportedFile.objects.filter(article=self.held).delete())
        self.assertStays(lambda: RelatedItem.objects.filter(article=self.held).delete())

    def test_it_is_taken_back_with_what_it_stood_for(self):
        before = Edition.objects.get().number

        class Halt(Exception):
            pass

        with self.assertRaises(Halt), transaction.atomic():
            self.public.delete()
            raise Halt
        end_of_transaction()
        self.assertEqual(Edition.objects.get().number, before)


class MomentTests(TestCase):
    def edition(self):
        end_of_transaction()
        editions._own.__dict__.clear()
        return editions.current()

    def test_an_edition_ends_when_time_alone_changes_a_page(self):
        now = timezone.now()
        public = make_article()
        article = make_article(publish_from=now + HOUR, publish_until=now + 3 * HOUR)
        curation_end = now + 2 * HOUR
        curation.pin(public.pk, make_editor(), until=curation_end)
        seen = [self.edition()]
        for moment in (now + HOUR, curation_end, now + 3 * HOUR):
            self.assertTrue(seen[-1].endswith(f".{moment.timestamp()}"), (seen[-1], moment))
            # As if that moment had come: rows are moved, since the database's clock cannot be.
            Article.objects.filter(pk=article.pk, publish_from=moment).update(
                publish_from=now - 2 * HOUR
            )
            Article.objects.filter(pk=article.pk, publish_until=moment).update(publish_until=now)
            type(public.pin).objects.filter(until=moment).update(until=now)
            seen.append(self.edition())
        self.assertEqual(seen[-1].count("."), 1, "a moment besides the day")
        self.assertEqual(len(set(seen)), 4)

    def test_it_ends_at_the_midnight_of_the_site(self):
        make_article()
        before = self.edition()
        zone = ZoneInfo("Pacific/Kiritimati")
        midnight = datetime.combine(timezone.localdate(timezone=zone) + DAY, time.min, zone)
        with timezone.override(zone):
            self.assertNotEqual(self.edition().partition(".")[2], "")
            left = editions._own.edition.ends - editions.time.monotonic()
        self.assertAlmostEqual(left, (midnight - timezone.now()).total_seconds(), delta=5)
        tomorrow = timezone.localdate() + DAY
        with mock.patch.object(editions.timezone, "localdate", return_value=tomorrow):
            self.assertNotEqual(self.edition(), before)

    def test_it_is_asked_anew_once_that_moment_has_come(self):
        make_article(publish_from=timezone.now() + HOUR)
        self.edition()
        with self.assertNumQueries(1):  # its number
            editions.current()
        later = editions.time.monotonic() + 3601
        clock = mock.patch.object(editions.time, "monotonic", return_value=later)
        with clock, self.assertNumQueries(5):  # and when it ends: of articles, and of pins
            editions.current()


class TriggerTests(TestCase):
    def test_they_come_back(self):
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("DROP TRIGGER articles_edition_articles_article_update")
            else:
                cursor.execute("DROP FUNCTION articles_edition_articles_article_update CASCADE")
        article = make_article()
        end_of_transaction()
        before = Edition.objects.get().number
        Article.objects.filter(pk=article.pk).update(title="Unseen")
        end_of_transaction()
        self.assertEqual(Edition.objects.get().number, before)
        editions.restore()
        Article.objects.filter(pk=article.pk).update(title="Seen")
        end_of_transaction()
        self.assertGreater(Edition.objects.get().number, before)

    def test_where_they_are_nothing_is_touched(self):
        with CaptureQueriesContext(connection) as asked:
            editions.restore()
        self.assertGreater(len(asked), 2)
        for query in asked:
            self.assertNotRegex(query["sql"], "^(CREATE|DROP|COMMENT|INSERT|UPDATE)")

    def test_a_new_life_begins_above_every_number_of_the_last(self):
        number = Edition.objects.get().number
        Edition.objects.all().delete()
        editions.restore()
        self.assertGreater(Edition.objects.get().number, number)


@only_on("sqlite")
class BesideTests(SimpleTestCase):
    """The way in which a file is asked."""

    def test_what_others_write_is_seen_at_once_and_nothing_is_asked_while_they_do_not(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = str(Path(folder) / "newsroom.sqlite3")
        with closing(sqlite3.connect(path, isolation_level=None)) as writer:
            writer.execute("CREATE TABLE articles_edition (id, number)")
            writer.execute("INSERT INTO articles_edition VALUES (1, 7)")
            self.addCleanup(lambda: editions._own.__dict__.clear())
            editions._own.__dict__.clear()
            self.assertEqual(editions._number_beside(path), 7)
            asked = []
            editions._own.beside.set_trace_callback(asked.append)
            self.assertEqual(editions._number_beside(path), 7)
            self.assertEqual(asked, ["PRAGMA data_version"])
            writer.execute("UPDATE articles_edition SET number = number + 1")
            self.assertEqual(editions._number_beside(path), 8)
        os.replace(path, f"{path}.old")
        with self.assertRaises(DatabaseError):
            editions._number_beside(path)
        with closing(sqlite3.connect(path, isolation_level=None)) as writer:
            writer.execute("CREATE TABLE articles_edition (id, number)")
            writer.execute("INSERT INTO articles_edition VALUES (1, 5)")
            self.assertEqual(editions._number_beside(path), 5, "the file that was there before")
        editions._own.beside.close()
