"""Bulk inserts against `bulk_create`: the same rows, the same refusals, on every database."""

from datetime import UTC, datetime, timedelta, timezone

from django.db import DatabaseError, DataError, IntegrityError, connection, models, transaction
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext, isolate_apps

from articles.importing.bulk import insert, reserve_ids, unlogged, update
from articles.models import (
    Article,
    ArticleImage,
    Delivery,
    Image,
    Provider,
    RelatedImage,
    RelatedItem,
    Topic,
    TopicAssignment,
)
from tests.factories import NOON, make_article, make_editor, make_image, make_provider, make_topic

BERLIN = timezone(timedelta(hours=1))


def stored(model, leave_out=()) -> list[tuple]:
    """The rows as the database holds them, in the order of their making, without their keys."""
    columns = [
        field.column
        for field in model._meta.concrete_fields
        if not isinstance(field, models.AutoField) and field.name not in leave_out
    ]
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(map(quote, columns))} FROM {quote(model._meta.db_table)} "
            f"ORDER BY {quote(model._meta.pk.column)}"
        )
        rows = cursor.fetchall()
    return [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows]


class InsertTests(TestCase):
    def assert_same(self, model, columns, rows, leave_out=()):
        """Both ways from nothing to the same rows."""
        with transaction.atomic():
            model.objects.bulk_create(model(**dict(zip(columns, row, strict=True))) for row in rows)
            expected = stored(model, leave_out)
            transaction.set_rollback(True)
        insert(model, columns, iter(rows))
        self.assertEqual(stored(model, leave_out), expected)
        self.assertEqual(len(expected), len(rows))

    def test_stores_an_article_as_bulk_create_does(self):
        editor, provider = make_editor(), make_provider()
        columns = [
            *("source", "stem", "slug", "title", "excerpt", "published_at", "provider_id", "type"),
            *("web_url", "quality", "heat", "feed_published", "feed_removed", "status"),
            *("publish_from", "decided_at", "decided_by_id"),
        ]
        odd = "“Tram” \t\\N \\. \r\n🚋"
        berlin = datetime(2024, 5, 6, 7, 8, 9, 123456, BERLIN)
        rows = [
            ("feed", "a", "a", odd, "", NOON, provider.pk, "video", "https://post.example/",)
            + (0, -1, None, False, Article.Status.HELD, None, None, None),
            ("feed", "b", "b", "B", odd, berlin, None, "", "", None, None, True, True)
            + ("published", NOON, berlin, editor.pk),
        ]  # fmt: skip
        self.assert_same(Article, columns, rows, leave_out=["created_at", "updated_at"])

    def test_stores_what_hangs_on_an_article_as_bulk_create_does(self):
        article, provider, image = make_article(), make_provider(), make_image()
        self.assert_same(
            Delivery,
            ["article_id", "path", "content", "digest", "meaning"],
            [(article.pk, "a/b.md", b"\x00\xff\\N\n", "d" * 32, "m" * 32)],
            leave_out=["delivered_at"],
        )
        self.assert_same(
            RelatedItem,
            ["article_id", "position", "title", "published_at", "provider_id", "quality"],
            [
                (article.pk, 0, "One", NOON, provider.pk, 3),
                (article.pk, 1, "Two", None, None, None),
            ],
        )
        topic, item = make_topic(), RelatedItem.objects.first()
        self.assert_same(TopicAssignment, ["content_object_id", "tag_id"], [(article.pk, topic.pk)])
        for through, owner in ((ArticleImage, article), (RelatedImage, item)):
            name = "article_id" if through is ArticleImage else "related_item_id"
            self.assert_same(through, [name, "image_id", "position"], [(owner.pk, image.pk, 1)])

    def test_stores_what_articles_share_as_bulk_create_does(self):
        self.assert_same(
            Image,
            ["url", "site", "width", "height", "file"],
            [
                ("https://post.example/a.jpg", "", 640, 360, ""),
                ("/b.png", "feed", None, None, "images/b.png"),
            ],
        )
        logo = Image.objects.first()
        self.assert_same(
            Provider,
            ["name", "domain", "slug", "logo_id"],
            [("Post", "post.example", "post", logo.pk), ("Post", "", "post-2", None)],
        )
        self.assert_same(Topic, ["name", "slug"], [("Climate", "climate"), ("C++", "c")])

    def test_gives_every_row_of_a_statement_one_moment_of_now(self):
        before = datetime.now(UTC)
        columns = ["stem", "slug", "title", "published_at"]
        insert(Article, columns, [(name, name, name, NOON) for name in "ab"])
        first, second = Article.objects.all()
        self.assertTrue(before <= first.created_at <= datetime.now(UTC))
        self.assertEqual(first.updated_at, second.updated_at)

    def test_inserts_nothing_where_there_is_nothing(self):
        insert(Topic, ["name", "slug"], [])
        self.assertFalse(Topic.objects.exists())

    def test_costs_one_query_whatever_the_number_of_rows(self):
        for count in (1, 2000):
            names = [f"{count}-{number}" for number in range(count)]
            with CaptureQueriesContext(connection) as captured:
                insert(Topic, ["name", "slug"], [(name, name) for name in names])
            self.assertLessEqual(len(captured), 1)  # PostgreSQL's COPY is not in the log
        self.assertEqual(Topic.objects.count(), 2001)

    @isolate_apps("articles")
    def test_adapts_json_and_callable_and_database_defaults(self):
        class Note(models.Model):
            said = models.JSONField(null=True)
            made = models.JSONField(default=list)
            on = models.DateField()
            mark = models.IntegerField(db_default=7)

            class Meta:
                app_label = "articles"
                db_table = "bulk_test_note"

            def __str__(self):
                return str(self.said)

        with connection.cursor() as cursor:
            number, json = (
                field.db_type(connection) for field in (models.IntegerField(), Note._meta.fields[1])
            )
            cursor.execute(
                f"CREATE TEMPORARY TABLE bulk_test_note (id {number} PRIMARY KEY, said {json}, "
                f"made {json} NOT NULL, {connection.ops.quote_name('on')} date NOT NULL, "
                f"mark {number} NOT NULL DEFAULT 7)"
            )
        self.addCleanup(self._drop, "bulk_test_note")
        day, said = NOON.date(), {"é": [1, None, "\\n"], "b": True}
        values = [said, None, {}, [], 0, False, ""]
        insert(Note, ["id", "said", "on"], [(i, value, day) for i, value in enumerate(values)])
        rows = list(Note.objects.order_by("id").values_list("said", "made", "on", "mark"))
        self.assertEqual(rows, [(value, [], day, 7) for value in values])

    def _drop(self, table):
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {table}")


class UpdateTests(TestCase):
    def test_stores_what_bulk_update_stores_and_touches_no_other_row(self):
        articles = [make_article() for _ in range(3)]
        new = [("One \\N", None, None, NOON), ("Two", 7, articles[0].provider_id, None)]
        columns = ["title", "quality", "provider", "decided_at"]
        rows = [(a.pk, *values) for a, values in zip(articles, new, strict=False)]
        with transaction.atomic():
            for article, values in zip(articles, new, strict=False):
                for name, value in zip(columns, values, strict=True):
                    setattr(article, "provider_id" if name == "provider" else name, value)
            Article.objects.bulk_update(articles[:2], columns)
            expected = stored(Article)
            transaction.set_rollback(True)
        with self.assertNumQueries(1):
            update(Article, columns, iter(rows))
        self.assertEqual(stored(Article), expected)

    def test_passes_over_what_is_not_there(self):
        article = make_article()
        update(Article, ["title"], [(article.pk + 1, "Nobody's"), (article.pk, "Somebody's")])
        update(Article, ["title"], [])
        self.assertEqual(Article.objects.get().title, "Somebody's")

    def test_refuses_what_a_constraint_forbids(self):
        article = make_article()
        with self.assertRaises(IntegrityError), transaction.atomic():
            update(Article, ["title"], [(article.pk, "")])

    def test_finds_a_row_whose_key_is_another_table_s(self):
        article = make_article()
        insert(
            Delivery,
            ["article", "path", "content", "digest", "meaning"],
            [(article.pk, "a.md", b"a", "d", "m")],
        )
        update(Delivery, ["content", "delivered_at"], [(article.pk, b"\x00b", NOON)])
        delivery = Delivery.objects.get()
        self.assertEqual((bytes(delivery.content), delivery.delivered_at), (b"\x00b", NOON))


class RefusalTests(TestCase):
    def outcome(self, way, model):
        """The kind of error that `way` raises, or the rows it leaves. Takes them back."""
        try:
            with transaction.atomic():
                way()
                rows = stored(model)
                transaction.set_rollback(True)
                return rows
        except (DatabaseError, OverflowError, ValueError) as error:
            self.assertFalse(model.objects.exists())
            return type(error)

    def assert_alike(self, model, columns, rows):
        """Both ways come to the same; returns what."""

        def create():
            model.objects.bulk_create(model(**dict(zip(columns, row, strict=True))) for row in rows)

        result = self.outcome(lambda: insert(model, columns, rows), model)
        self.assertEqual(result, self.outcome(create, model))
        return result

    def test_refuses_a_key_that_stands_twice(self):
        rows = [("A", "a.example", "a"), ("B", "b.example", "b"), ("A", "a.example", "c")]
        result = self.assert_alike(Provider, ["name", "domain", "slug"], rows)
        self.assertIs(result, IntegrityError)

    def test_refuses_what_a_constraint_forbids(self):
        for row in (("", "a.example", "a"), ("A", None, "a")):
            result = self.assert_alike(Provider, ["name", "domain", "slug"], [row])
            self.assertIs(result, IntegrityError)

    def test_refuses_text_that_the_database_cannot_hold(self):
        for name in ("A\0", "A" * 201):
            row = (name, "a.example", "a")
            result = self.assert_alike(Provider, ["name", "domain", "slug"], [row])
            # SQLite holds both.
            self.assertEqual(result is DataError, connection.vendor == "postgresql", result)

    def test_refuses_a_number_that_is_too_large(self):
        row = ("https://a.example/", "", 2**70, 1)
        result = self.assert_alike(Image, ["url", "site", "width", "height"], [row])
        self.assertIs(result, DataError if connection.vendor == "postgresql" else OverflowError)


class ReserveIdsTests(TestCase):
    def insert_with_ids(self, ids, prefix):
        rows = [(number, f"{prefix}{number}", f"{prefix}{number}") for number in ids]
        insert(Topic, ["id", "name", "slug"], rows)

    def test_hands_out_numbers_that_are_free_and_go_on_after_the_last(self):
        last = make_topic("Climate").pk
        ids = reserve_ids(Topic, 3)
        self.assertEqual(list(ids), [last + 1, last + 2, last + 3])
        self.insert_with_ids(ids, "a")
        self.assertEqual(make_topic("Culture").pk, last + 4)

    def test_hands_out_no_number_twice_whether_used_or_not(self):
        ids = [*reserve_ids(Topic, 2), *reserve_ids(Topic, 2), make_topic().pk]
        self.assertEqual(sorted(set(ids)), ids)

    def test_works_on_a_table_that_never_had_a_row(self):
        ids = list(reserve_ids(RelatedImage, 2))
        self.assertEqual(len(set(ids)), 2)
        self.assertGreater(min(ids), 0)

    def test_never_hands_out_the_number_of_a_deleted_row(self):
        topic = make_topic()
        gone = topic.pk
        topic.delete()
        self.assertGreater(reserve_ids(Topic, 1)[0], gone)

    def test_costs_nothing_for_none(self):
        with self.assertNumQueries(0):
            self.assertEqual(list(reserve_ids(Topic, 0)), [])


class UnloggedTests(TestCase):
    @override_settings(DEBUG=True)
    def test_keeps_no_query_inside_and_every_one_outside(self):
        before = len(connection.queries_log)
        with unlogged():
            Topic.objects.count()
        self.assertEqual(len(connection.queries_log), before)
        Topic.objects.count()
        self.assertEqual(len(connection.queries_log), before + 1)

    @override_settings(DEBUG=True)
    def test_leaves_the_log_on_after_an_error(self):
        with self.assertRaises(ZeroDivisionError), unlogged():
            raise ZeroDivisionError
        before = len(connection.queries_log)
        Topic.objects.count()
        self.assertEqual(len(connection.queries_log), before + 1)

    def test_lets_a_test_count_queries(self):
        with self.assertNumQueries(1), unlogged():
            Topic.objects.count()
