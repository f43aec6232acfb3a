"""The editors' door: what the lists cost, what the forms refuse, what a decision leaves behind."""

import struct
import zlib
from datetime import UTC, datetime, timedelta
from io import BytesIO
from unittest import mock

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import RequestFactory, SimpleTestCase, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pillow

from articles.admin.delivered import as_delivered
from articles.admin.filters import PublishedFilter
from articles.models import Article, ArticleImage, Delivery, Image, Provider, RelatedItem, Topic

from .factories import (
    NOON,
    make_article,
    make_editor,
    make_image,
    make_provider,
    make_related_item,
    make_topic,
)

Status = Article.Status
SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0"
SEED = f"""---
title: "One --- two: három"
secured: "{SECRET};
  {SECRET}"
topics:
  - secured
  - AI
---
""".encode()


def address(page, model="article", *args):
    return reverse(f"admin:articles_{model}_{page}", args=args)


def fields_of(response):
    """The page's form as a browser would send it back untouched."""
    context = response.context
    forms = [context["adminform"].form]
    for rows in context["inline_admin_formsets"]:
        forms += [rows.formset.management_form, *rows.formset.forms]
    return _sent(forms)


def listed_fields_of(response):
    """The same for a list that is written in place."""
    formset = response.context["cl"].formset
    return _sent([formset.management_form, *formset.forms]) | {"_save": "1"}


def _sent(forms):
    data = {}
    for form in forms:
        for bound in form:
            _note(data, bound.html_name, bound.field.widget, bound.value())
    return {name: value for name, value in data.items() if value is not None}


def _note(data, name, widget, value):
    widget = getattr(widget, "widget", widget)
    if hasattr(widget, "widgets"):
        pieces = value if isinstance(value, list) else widget.decompress(value)
        for ending, part, piece in zip(widget.widgets_names, widget.widgets, pieces, strict=True):
            data[name + ending] = part.format_value(piece) or ""
    elif getattr(widget, "allow_multiple_selected", False):
        data[name] = [str(item) for item in value or []]
    elif getattr(widget, "input_type", "") != "file":
        # Browsers fold line ends in a text area to CRLF, and drop them in a line.
        text = "" if value is None or value is False else str(value)
        text = text.replace("\r\n", "\n")
        is_area = type(widget).__name__.endswith("TextareaWidget")
        data[name] = text.replace("\n", "\r\n" if is_area else "")


class AdminTestCase(TestCase):
    def setUp(self):
        self.editor = make_editor()
        self.client.force_login(self.editor)

    def queries_of(self, url):
        self.client.get(url)  # content types and sessions are cached after the first
        with CaptureQueriesContext(connection) as queries:
            self.assertEqual(self.client.get(url).status_code, 200)
        return len(queries)

    def save(self, article, **changes):
        """Opens the article's form and sends it back with `changes`."""
        url = address("change", "article", article.pk)
        response = self.client.post(url, {**fields_of(self.client.get(url)), **changes})
        article.refresh_from_db()
        return response

    def refused(self, response, name):
        self.assertEqual(response.status_code, 200)
        return " ".join(response.context["adminform"].form.errors[name])


def make_rich_article(**fields):
    article = make_article(topics=["Climate", "Energy"], images=[make_image()], **fields)
    make_related_item(article, images=[make_image()])
    return article


class ListTests(AdminTestCase):
    def test_cost_the_same_for_1_row_and_for_20(self):
        for model in ("article", "provider", "image", "topic", "relateditem"):
            with self.subTest(model):
                url = address("changelist", model)
                make_rich_article(provider=make_provider("First", "first.example"))
                few = self.queries_of(url)
                for number in range(20):
                    logo = make_image()
                    make_topic(f"Topic {model} {number}")
                    provider = make_provider(f"Outlet {model} {number}", "x.example", logo=logo)
                    make_rich_article(provider=provider)
                self.assertEqual(self.queries_of(url), few)

    def test_show_headlines_as_readers_see_them(self):
        make_article(title="Power &amp; storage <b>now</b>")
        self.assertContains(
            self.client.get(address("changelist")), "Power &amp; storage &lt;b&gt;now&lt;/b&gt;"
        )

    def test_say_what_a_status_means_now(self):
        now = timezone.now()
        make_article(publish_from=now + timedelta(days=1))
        make_article(publish_until=now - timedelta(days=1), publish_from=now - timedelta(days=2))
        page = self.client.get(address("changelist"))
        self.assertContains(page, 'class="state state-scheduled">Scheduled')
        self.assertContains(page, 'class="state state-expired">Expired')
        self.assertNotContains(page, 'class="state state-published"')

    def test_filters_find_their_rows(self):
        now = timezone.now()
        shown = make_article(topics=["Climate"], images=[make_image()], decided_at=now)
        later = make_article(publish_from=now + timedelta(days=1), type="video", source="other")
        over = make_article(publish_until=now - timedelta(days=1), provider=make_provider("B", "b"))
        make_article(is_published=False, images=[make_image(file="", url="https://a.example/1")])
        topic = Topic.objects.get().pk
        for query, expected in {
            "public=now": [shown],
            "public=later": [later],
            "public=over": [over],
            f"topic={topic}": [shown],
            "topic=999999": [],
            "topic=x": [],
            f"topic={'9' * 5000}": [],
            f"provider__id__exact={over.provider_id}": [over],
            "provider__id__exact=x": [],
            "picture=yes": [shown],
            "decided=yes": [shown],
            "type=video": [later],
            "source=other": [later],
            "status__exact=review": [],
        }.items():
            with self.subTest(query):
                response = self.client.get(f"{address('changelist')}?{query}")
                self.assertEqual(list(response.context["cl"].result_list), expected)

    def test_months_are_offered_and_before_them_years(self):
        for day in ((2023, 5, 31), (2024, 12, 31), (2025, 6, 1), (2025, 6, 30), (2026, 3, 1)):
            make_article(published_at=datetime(*day, 23, 30, tzinfo=UTC))
        found = self.client.get(address("changelist")).context["cl"]
        offered = next(
            each.lookup_choices for each in found.filter_specs if isinstance(each, PublishedFilter)
        )
        values = [value for value, _label in offered]
        self.assertEqual((values[0], values[11]), ("2026-03", "2025-04"))
        self.assertEqual(values[12:], ["2025", "2024", "2023"])
        for value, count in {
            "2026-03": 1,
            "2025-06": 2,
            "2025": 2,
            "2024": 1,
            "2024-11": 0,
            "x": 0,
            "2025-13": 0,
            "2025-x": 0,
            "0": 0,
            "9" * 50: 0,
        }.items():
            with self.subTest(value):
                found = self.client.get(f"{address('changelist')}?published={value}").context["cl"]
                self.assertEqual(found.result_count, count)

    def test_years_are_not_offered_where_months_are_all(self):
        make_article(published_at=datetime(2026, 1, 1, tzinfo=UTC))
        make_article(published_at=datetime(2026, 2, 1, tzinfo=UTC))
        request = RequestFactory().get("/")
        request.user = self.editor
        found = PublishedFilter(request, {}, Article, None)
        self.assertEqual([value for value, _label in found.lookup_choices], ["2026-02", "2026-01"])

    def test_odd_searches_and_filters_never_fail(self):
        make_rich_article()
        odd = ["%00", "a%00b", "%FF%FE", "%", "%27%22%3B--", "%F0%9F%8C%8D", "x" * 3000, "%0A%01"]
        names = ("q", "topic", "source", "published", "p", "o", "nonsense")
        for model in ("article", "provider", "image", "topic", "relateditem"):
            for text in odd:
                for name in names if model == "article" else ("q", "p"):
                    with self.subTest(model=model, text=text[:20], name=name):
                        response = self.client.get(f"{address('changelist', model)}?{name}={text}")
                        self.assertIn(response.status_code, (200, 302))

    def test_a_search_passes_over_a_nul(self):
        article = make_article(title="Tidal power")
        make_article()
        response = self.client.get(address("changelist"), {"q": "tid\x00al"})
        self.assertEqual(list(response.context["cl"].result_list), [article])

    def test_autocomplete_passes_over_a_nul(self):
        provider = make_provider()
        response = self.client.get(
            reverse("admin:autocomplete"),
            {
                "app_label": "articles",
                "model_name": "article",
                "field_name": "provider",
                "term": "har\x00bour",
            },
        )
        self.assertEqual([row["id"] for row in response.json()["results"]], [str(provider.pk)])

    def test_providers_and_topics_link_to_their_articles(self):
        article = make_article(topics=["Climate"])
        make_article(is_published=False, topics=["Climate"])
        page = self.client.get(address("changelist", "provider"))
        link = f"{address('changelist')}?provider__id__exact={article.provider_id}"
        self.assertContains(page, f'<a href="{link}">2</a>')
        self.assertContains(page, f'<a href="{link}&amp;public=now">1</a>')
        page = self.client.get(address("changelist", "topic"))
        self.assertContains(page, f'?topic={Topic.objects.get().pk}">2</a>')

    def test_taggits_own_tags_are_hidden(self):
        self.assertNotContains(self.client.get(reverse("admin:index")), "/taggit/")


class ActionTests(AdminTestCase):
    def run_action(self, name, *articles, query="", **fields):
        return self.client.post(
            address("changelist") + query,
            {"action": name, "_selected_action": [article.pk for article in articles], **fields},
            follow=True,
        )

    def messages_of(self, response):
        return [str(message) for message in response.context["messages"]]

    def test_each_sets_its_status_and_notes_the_decision(self):
        for name, status in {
            "publish_now": Status.PUBLISHED,
            "hold": Status.HELD,
            "send_to_review": Status.REVIEW,
            "withdraw": Status.WITHDRAWN,
        }.items():
            with self.subTest(name):
                article = make_article(is_published=False)
                response = self.run_action(name, article, reason="Because")
                article.refresh_from_db()
                self.assertEqual(article.status, status)
                self.assertEqual(article.decided_by, self.editor)
                self.assertIsNotNone(article.decided_at)
                said = self.messages_of(response)[0]
                self.assertEqual(said, f"1 article is now: {status.label}.")

    def test_publishing_is_public_at_once(self):
        held = make_article(is_published=False)
        scheduled = make_article(publish_from=timezone.now() + timedelta(days=2))
        self.run_action("publish_now", held, scheduled)
        for article in (held, scheduled):
            article.refresh_from_db()
            self.assertTrue(article.is_published())

    def test_one_refused_leaves_the_others_done(self):
        over = make_article(
            is_published=False, title="Old news", publish_until=NOON, publish_from=None
        )
        held = make_article(is_published=False)
        response = self.run_action("publish_now", over, held)
        held.refresh_from_db()
        over.refresh_from_db()
        self.assertTrue(held.is_published())
        self.assertEqual(over.status, Status.HELD)
        done, warned, refused, _link = self.messages_of(response)
        self.assertIn("not complete", warned)
        self.assertIn("1 article is now", done)
        self.assertIn("1 article was not changed: “Publish until” has passed", refused)
        self.assertIn("“Old news”", refused)

    def test_counts_those_that_were_so_already(self):
        article = make_article(decided_at=NOON, decided_by=self.editor)
        response = self.run_action("publish_now", article)
        article.refresh_from_db()
        self.assertEqual(article.decided_at, NOON)
        self.assertEqual(self.messages_of(response), ["1 article was so already: Published."])

    def test_a_feeds_verdict_becomes_an_editors_decision(self):
        article = make_article()
        self.run_action("publish_now", article)
        article.refresh_from_db()
        self.assertEqual(article.publish_from, NOON)
        self.assertEqual(article.decided_by, self.editor)

    def test_a_constraint_names_what_is_wrong(self):
        now = timezone.now()
        article = make_article(is_published=False, publish_until=now + timedelta(hours=1))
        Article.objects.filter(pk=article.pk).update(publish_until=NOON, publish_from=None)
        response = self.run_action("publish_now", article)
        self.assertIn("1 article was not changed", self.messages_of(response)[0])

    def test_keeps_the_filters(self):
        article = make_article(is_published=False)
        response = self.run_action("hold", article, query="?status__exact=held")
        self.assertEqual(
            response.redirect_chain[-1][0], f"{address('changelist')}?status__exact=held"
        )

    def test_writes_only_what_was_decided(self):
        article = make_article(is_published=False)
        with CaptureQueriesContext(connection) as queries:
            self.run_action("hold", article)
        updates = [q["sql"] for q in queries if q["sql"].startswith('UPDATE "articles_article"')]
        self.assertEqual(len(updates), 1)
        self.assertNotIn('"heat"', updates[0])

    def test_need_the_permission_to_change(self):
        viewer = make_viewer()
        self.client.force_login(viewer)
        article = make_article(is_published=False)
        self.run_action("publish_now", article)
        article.refresh_from_db()
        self.assertEqual(article.status, Status.HELD)
        self.assertNotContains(self.client.get(address("changelist")), "publish_now")


def make_viewer():
    viewer = get_user_model().objects.create(username="viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return viewer


class ArticleFormTests(AdminTestCase):
    def test_costs_the_same_however_many_related_items_and_pictures(self):
        article = make_article(images=[make_image()], related=1, topics=["Climate"])
        url = address("change", "article", article.pk)
        few = self.queries_of(url)
        for position in range(20):
            make_related_item(article)
            image = make_image()
            ArticleImage.objects.create(article=article, image=image, position=position)
        article.topics.set([make_topic(f"Topic {number}") for number in range(9)])
        self.assertEqual(self.queries_of(url), few)

    def test_an_untouched_save_changes_nothing(self):
        odd = "https://harbourpost.example/a b/ünïcode?q={x}&y=%zz\t"
        article = make_article(
            title=" Edge\u200b spaces &amp; marks ",
            excerpt="First\r\nsecond\nthird <MSFT.O> ",
            web_url=odd,
            original_url=" https://münchen.example:8080/ä#x y",
            topics=["Climate"],
            images=[make_image()],
            related=2,
            publish_from=NOON.replace(microsecond=123456),
            provider=make_provider("Dirty", "", slug="dirty"),
        )
        RelatedItem.objects.update(web_url=odd, title=" Odd &amp; \u202eend ")
        before = rows_of(article)
        response = self.save(article)
        self.assertEqual(response.status_code, 302, getattr(response, "context", None))
        self.assertEqual(rows_of(article), before)

    def test_writes_only_what_the_editor_changed(self):
        article = make_article(heat=5, title=" Old ")
        with CaptureQueriesContext(connection) as queries:
            self.save(article, excerpt="New\r\nwords")
        (update,) = [q["sql"] for q in queries if q["sql"].startswith('UPDATE "articles_article"')]
        self.assertNotIn('"heat"', update)
        self.assertNotIn('"title"', update)
        self.assertEqual(article.excerpt, "New\nwords")
        self.assertIsNone(article.decided_at)

    def test_a_new_status_is_a_decision(self):
        article = make_article(is_published=False)
        self.save(article, status="published")
        self.assertTrue(article.is_published())
        self.assertEqual(article.decided_by, self.editor)
        self.assertIsNotNone(article.decided_at)

    def test_a_new_moment_is_a_decision(self):
        article = make_article()
        self.save(article, publish_until_0="2099-01-01", publish_until_1="12:00")
        self.assertEqual(article.decided_by, self.editor)

    def test_a_past_end_is_refused_for_what_is_to_be_published(self):
        article = make_article(is_published=False, publish_until=NOON)
        response = self.save(article, status="published")
        self.assertIn("has passed", self.refused(response, "publish_until"))

    def test_the_models_constraints_show_in_the_form(self):
        article = make_article()
        response = self.save(article, publish_until_0="2001-01-01", publish_until_1="12:00")
        self.assertIn("must be later", self.refused(response, "__all__"))

    def test_texts_too_long_are_refused(self):
        article = make_article()
        for name, size in {"body": 64 * 1024, "excerpt": 16 * 1024}.items():
            with self.subTest(name):
                self.assertEqual(
                    self.save(article, **{name: "x y " * (size // 4)}).status_code, 302
                )
                response = self.save(article, **{name: "é" * (size // 2) + "x"})
                self.assertIn("Shorten it", self.refused(response, name))

    def test_control_characters_are_refused(self):
        article = make_article()
        for name in ("title", "excerpt", "body", "note", "web_url"):
            for character in ("\x00", "\x0b", "\ufffe") if name == "title" else ("\x0b",):
                with self.subTest(name=name, character=character):
                    response = self.save(article, **{name: f"https://a.example/a{character}b"})
                    self.assertTrue(self.refused(response, name))

    def test_a_link_must_be_a_web_address(self):
        response = self.save(make_article(), web_url="javascript:alert(1)")
        self.assertIn("http", self.refused(response, "web_url"))

    def test_sets_topics_and_keeps_the_others(self):
        article = make_article(topics=["Climate", "Energy"])
        kept = article.topic_assignments.get(tag__name="Climate").pk
        chosen = [make_topic("Climate").pk, make_topic("Ports").pk]
        self.save(article, topics=chosen)
        self.assertEqual(sorted(article.topics.names()), ["Climate", "Ports"])
        self.assertTrue(article.topic_assignments.filter(pk=kept).exists())

    def test_offers_a_new_topic(self):
        page = self.client.get(address("add"))
        self.assertContains(page, "add_id_topics")

    def test_related_items_can_be_added_changed_and_removed(self):
        article = make_article(related=2)
        first, second = article.related_items.all()
        response = self.save(
            article,
            **{
                "related_items-0-title": "Mended",
                "related_items-1-DELETE": "on",
                "related_items-TOTAL_FORMS": "3",
                "related_items-2-title": "Added",
                "related_items-2-position": "5",
            },
        )
        self.assertEqual(response.status_code, 302)
        self.assertEqual(
            list(article.related_items.values_list("title", flat=True)), ["Mended", "Added"]
        )

    def test_takes_an_article_with_179_related_items(self):
        article = make_article()
        provider = make_provider()
        RelatedItem.objects.bulk_create(
            RelatedItem(article=article, title=f"Item {n}", position=n, provider=provider)
            for n in range(179)
        )
        self.assertEqual(self.save(article, note="Read").status_code, 302)
        self.assertEqual(article.note, "Read")

    def test_links_to_the_public_page_of_a_public_article_only(self):
        for article in (make_article(), make_article(is_published=False)):
            page = self.client.get(address("change", "article", article.pk))
            link = f'href="{article.get_absolute_url()}"'
            (self.assertContains if article.is_published() else self.assertNotContains)(page, link)

    def test_shows_the_embed_code_as_text(self):
        article = make_article(featured_content="<iframe src=x></iframe>")
        page = self.client.get(address("change", "article", article.pk))
        self.assertContains(page, "&lt;iframe src=x&gt;")
        self.assertNotContains(page, "<iframe src=x>")

    def test_a_viewer_reads_and_cannot_save(self):
        self.client.force_login(make_viewer())
        article = make_rich_article(body="Our words")
        url = address("change", "article", article.pk)
        self.assertContains(self.client.get(url), "Climate")
        self.assertEqual(self.client.post(url, {"title": "Mine"}).status_code, 403)
        self.assertEqual(self.client.get(address("add")).status_code, 403)


def rows_of(article):
    article.refresh_from_db()
    columns = [field.attname for field in Article._meta.concrete_fields]
    return (
        {name: getattr(article, name) for name in columns},
        list(article.topic_assignments.order_by("pk").values()),
        list(article.image_uses.values()),
        list(article.related_items.values()),
    )


class NewArticleTests(AdminTestCase):
    def add(self, **changes):
        data = {
            **fields_of(self.client.get(address("add"))),
            "title": "Harbour reopens",
            "published_at_0": "2026-03-01",
            "published_at_1": "12:00:00",
            **changes,
        }
        return self.client.post(address("add"), data)

    def test_gets_its_identity_from_date_and_headline(self):
        self.assertEqual(self.add(topics=[make_topic().pk]).status_code, 302)
        article = Article.objects.get()
        self.assertEqual(article.source, Article.NEWSROOM)
        self.assertEqual(article.slug, "2026-03-01-harbour-reopens")
        self.assertEqual(article.stem, article.slug)
        self.assertEqual(article.status, Status.HELD)
        self.assertEqual(article.decided_by, self.editor)
        self.assertEqual(list(article.topics.names()), ["Climate"])

    def test_the_same_headline_gets_an_address_of_its_own(self):
        make_article(slug="2026-03-01-harbour-reopens")
        make_article(source=Article.NEWSROOM, stem="2026-03-01-harbour-reopens-2", slug="other")
        self.add()
        self.assertEqual(Article.objects.latest("pk").slug, "2026-03-01-harbour-reopens-3")

    def test_is_public_when_it_is_made_so(self):
        self.add(status="published", excerpt="The harbour is open again.")
        self.assertTrue(Article.objects.get().is_published())

    def test_needs_a_headline(self):
        self.assertTrue(self.refused(self.add(title="  "), "title"))


class DeliveredTests(SimpleTestCase):
    def test_hides_the_secret_however_it_is_written(self):
        for value in (
            SECRET,
            f'"{SECRET}"',
            f"'{SECRET}\n  {SECRET}'",
            f"|\n  {SECRET}\n  {SECRET}",
            f">-\n  {SECRET}",
            f"\n  {SECRET};{SECRET}",
            f"[{SECRET}, {SECRET}]",
            f"\n  - {SECRET}\n  - a: {SECRET}",
            f"{{a: {SECRET}}}",
        ):
            for key in ("secured", '"secured"', "'secured'", '"sec\\u0075red"', "? secured\n"):
                with self.subTest(key=key, value=value):
                    seed = f"---\ntitle: čau 🌍\n{key}: {value}\nheat: 1\n---\nbody: {{\n"
                    text = as_delivered(seed.encode())
                    self.assertNotIn(SECRET, text)
                    self.assertIn("title: čau 🌍\n", text)
                    self.assertIn("…", text)
                    self.assertTrue(text.endswith("\nheat: 1\n---\nbody: {\n"), text)

    def test_keeps_everything_else(self):
        text = SEED.decode()
        start = text.index(f'"{SECRET}')
        end = text.index("\ntopics")
        self.assertEqual(as_delivered(SEED), text[:start] + "…" + text[end:])

    def test_reads_windows_line_ends_and_a_byte_order_mark(self):
        text = as_delivered(b"\xef\xbb\xbf" + SEED.replace(b"\n", b"\r\n"))
        self.assertNotIn(SECRET, text)
        self.assertIn("secured: …\r\ntopics:", text)

    def test_gives_nothing_of_a_file_that_cannot_be_read(self):
        self.assertIsNone(as_delivered(b"\xff"))
        self.assertIsNone(as_delivered(b"---\na: b: c\n"))


class SecretTests(AdminTestCase):
    def test_is_on_no_page_of_the_admin(self):
        article = make_rich_article()
        Delivery.objects.create(
            article=article, path="a/b.md", content=SEED, digest="1", meaning="2"
        )
        page = self.client.get(address("change", "article", article.pk))
        self.assertContains(page, "One --- two: három")
        for model, row in {
            "article": article,
            "provider": article.provider,
            "image": Image.objects.first(),
            "topic": Topic.objects.first(),
            "relateditem": RelatedItem.objects.first(),
        }.items():
            for page in ("change", "history", "delete"):
                response = self.client.get(address(page, model, row.pk), follow=True)
                self.assertNotContains(response, SECRET)
            self.assertNotContains(self.client.get(address("changelist", model)), SECRET)


def picture(kind="JPEG", size=(40, 20), exif=None):
    file = BytesIO()
    Pillow.new("RGB", size, "teal").save(file, kind, **({"exif": exif} if exif else {}))
    return file.getvalue()


def huge_png(width, height):
    """Nothing but the head of a PNG, which says how large it is."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + head
        + struct.pack(">I", zlib.crc32(head))
        + b"\0\0\1\0IDAT"
    )


class ImageTests(AdminTestCase):
    def upload(self, content, name="picture.jpg"):
        file = SimpleUploadedFile(name, content, "image/jpeg")
        data = {**fields_of(self.client.get(address("add", "image"))), "file": file}
        return self.client.post(address("add", "image"), data)

    def test_an_upload_gets_a_name_that_nobody_guesses(self):
        names = set()
        for _ in range(2):
            self.upload(picture(), "draft of the year.jpg")
            names.add(Image.objects.latest("pk").file.name)
        for name in names:
            self.assertRegex(name, r"^images/draft_of_the_year-[0-9a-f]{18}\.jpg$")
        self.assertEqual(len(names), 2)

    def test_an_upload_gets_its_size(self):
        self.assertEqual(self.upload(picture()).status_code, 302)
        image = Image.objects.get()
        self.assertEqual((image.width, image.height), (40, 20))

    def test_a_turned_photograph_is_measured_as_shown(self):
        exif = Pillow.Exif()
        exif[0x0112] = 6
        self.upload(picture(exif=exif))
        self.assertTrue(Image.objects.get().is_portrait)

    def test_an_upload_is_written_anew_without_its_metadata(self):
        exif = Pillow.Exif()
        exif[0x010F] = "A camera that tells where it was"
        self.upload(picture(exif=exif) + b"and more after its end", "Quay in the fog.JPEG")
        image = Image.objects.get()
        with image.file.open() as file:
            content = file.read()
        self.assertRegex(image.file.name, r"^images/Quay_in_the_fog-\w{18}\.jpg$")
        self.assertNotIn(b"camera", content)
        self.assertNotIn(b"after its end", content)

    def test_a_file_of_too_many_bytes_is_refused(self):
        with mock.patch("articles.forms.MAX_BYTES", 500):
            response = self.upload(picture(size=(400, 400)))
        self.assertIn("MB can be kept", self.refused(response, "file"))

    def test_other_files_are_refused(self):
        for content, name in (
            (picture("BMP"), "picture.jpg"),
            (picture("TIFF"), "picture.png"),
            (picture("GIF"), "picture.jpg"),
            (picture(), "picture.svg"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture.jpg"),
            (picture(size=(400, 400))[:600], "cut.jpg"),
            (huge_png(10, 10), "cut.png"),
            (b"", "empty.jpg"),
        ):
            with self.subTest(name=name, content=content[:4]):
                self.assertTrue(self.refused(self.upload(content, name), "file"))

    def test_too_many_pixels_are_refused(self):
        for side in (5001, 40_000):
            with self.subTest(side):
                self.assertTrue(self.refused(self.upload(huge_png(side, side), "a.png"), "file"))
        response = self.upload(huge_png(5001, 5001), "a.png")
        self.assertIn("25 million pixels", self.refused(response, "file"))

    def test_a_file_is_needed_where_there_is_no_link(self):
        data = fields_of(self.client.get(address("add", "image")))
        self.assertTrue(self.refused(self.client.post(address("add", "image"), data), "file"))

    def test_a_linked_picture_saves_untouched(self):
        image = make_image(file="", url=" //pictures.example/ä b.jpg")
        url = address("change", "image", image.pk)
        data = fields_of(self.client.get(url)) | {"alt_text": "A quay"}
        self.assertEqual(self.client.post(url, data).status_code, 302)
        image.refresh_from_db()
        self.assertEqual((image.alt_text, image.url), ("A quay", " //pictures.example/ä b.jpg"))

    def test_control_characters_are_refused(self):
        url = address("change", "image", make_image().pk)
        data = fields_of(self.client.get(url))
        page = self.client.post(url, data | {"alt_text": "a\x0bb"})
        self.assertContains(page, "cannot be stored")

    def test_says_where_it_is_used(self):
        image = make_image()
        article = make_article(title="Quay opens", images=[image])
        make_related_item(article, title="Elsewhere too", images=[image])
        make_provider("Quay Post", "quay.example", logo=image)
        page = self.client.get(address("change", "image", image.pk))
        for text in ("Quay opens", "Elsewhere too", "Quay Post"):
            self.assertContains(page, text)

    def test_lists_50_uses_and_counts_the_rest(self):
        image = make_image()
        for _number in range(52):
            make_article(images=[image])
        page = self.client.get(address("change", "image", image.pk))
        self.assertContains(page, "and 2 more")


class ProviderTests(AdminTestCase):
    def add(self, **changes):
        data = {"name": "Harbour Post", "domain": "", "slug": "", **changes}
        return self.client.post(address("add", "provider"), data)

    def test_a_domain_is_lower_case(self):
        self.add(domain=" HarbourPost.Example ")
        provider = Provider.objects.get()
        self.assertEqual(provider.domain, "harbourpost.example")
        self.assertEqual(provider.slug, "harbour-post")

    def test_the_same_twice_is_refused(self):
        make_provider()
        response = self.add(domain="HARBOURPOST.example", slug="other")
        self.assertEqual(response.status_code, 200)
        self.assertTrue(response.context["adminform"].form.errors)

    def test_an_address_is_permanent(self):
        provider = make_provider()
        url = address("change", "provider", provider.pk)
        changes = {"name": "New", "domain": "new.example", "slug": "new"}
        self.client.post(url, fields_of(self.client.get(url)) | changes)
        provider.refresh_from_db()
        self.assertEqual((provider.name, provider.slug), ("New", "harbour-post"))

    def test_one_in_use_is_protected(self):
        provider = make_article(images=[make_image()]).provider
        for model, row in (("provider", provider), ("image", Image.objects.get())):
            with self.subTest(model):
                url = address("delete", model, row.pk)
                self.assertContains(self.client.get(url), "is in use")
                self.assertEqual(self.client.post(url, {"post": "yes"}).status_code, 200)
                action = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
                response = self.client.post(address("changelist", model), action)
                self.assertContains(response, "protected")
                self.assertTrue(type(row).objects.filter(pk=row.pk).exists())


class TopicTests(AdminTestCase):
    def test_a_new_one_gets_an_address(self):
        make_topic("C++")
        self.client.post(address("add", "topic"), {"name": "C#", "slug": ""})
        self.assertEqual(Topic.objects.get(name="C#").slug, "c-2")

    def test_the_same_in_other_letters_is_refused(self):
        make_topic("Climate")
        response = self.client.post(address("add", "topic"), {"name": "climate", "slug": "x"})
        self.assertIn("already", self.refused(response, "name"))

    def test_an_address_is_permanent(self):
        topic = make_topic("Climate")
        url = address("change", "topic", topic.pk)
        changes = {"name": "Climates", "slug": "x"}
        self.client.post(url, fields_of(self.client.get(url)) | changes)
        topic.refresh_from_db()
        self.assertEqual((topic.name, topic.slug), ("Climates", "climate"))


class RelatedItemTests(AdminTestCase):
    def test_an_untouched_save_changes_nothing(self):
        item = make_related_item(
            make_article(), images=[make_image()], web_url="https://a.example/ü x", title=" Odd "
        )
        before = RelatedItem.objects.values().get()
        url = address("change", "relateditem", item.pk)
        self.assertEqual(self.client.post(url, fields_of(self.client.get(url))).status_code, 302)
        self.assertEqual(RelatedItem.objects.values().get(), before)


class SiteTests(AdminTestCase):
    def test_carries_the_sites_name_and_a_link_to_it(self):
        page = self.client.get(reverse("admin:index"))
        self.assertContains(page, "Newsroom")
        self.assertContains(page, '<a href="/">View site</a>')

    def test_every_add_page_opens(self):
        for model in ("article", "provider", "image", "topic", "relateditem"):
            self.assertEqual(self.client.get(address("add", model)).status_code, 200)


class RelatedRowsTests(TestCase):
    """An article's form shows the first related items; the others are a link away, and stay."""

    def setUp(self):
        self.client.force_login(make_editor())
        self.article = make_article()
        provider = make_provider("Outlet", "outlet.example")
        RelatedItem.objects.bulk_create(
            RelatedItem(
                article=self.article,
                position=number,
                title=f"Other coverage {number} of a story with a long headline",
                web_url=f"https://outlet.example/{number}/the-story-with-a-long-headline",
                provider=provider,
            )
            for number in range(179)
        )
        self.form = address("change", "article", self.article.pk)

    def test_page_stays_small(self):
        page = self.client.get(self.form)
        self.assertLessEqual(len(page.content), 100_000)
        self.assertContains(page, "The first 8 related items are shown")
        everything = self.client.get(f"{self.form}?show=all")
        self.assertContains(everything, "Other coverage 178 of")
        self.assertNotContains(everything, "related items are shown")

    def test_what_is_not_shown_stays(self):
        before = list(self.article.related_items.values_list("pk", "title", "position"))
        data = fields_of(self.client.get(self.form))
        data["related_items-1-title"] = "Edited"
        data["related_items-2-DELETE"] = "on"
        response = self.client.post(self.form, data)
        self.assertEqual(response.status_code, 302)
        expected = [before[0], (before[1][0], "Edited", 1), *before[3:]]
        after = list(self.article.related_items.values_list("pk", "title", "position"))
        self.assertEqual(after, expected)

    def test_a_hidden_one_can_be_shown_again_wherever_it_stands(self):
        item = self.article.related_items.get(position=150)
        self.article.hidden_related = [item.identity]
        self.article.save()
        page = self.client.get(self.form)
        self.assertContains(page, f'name="show" value="{item.pk}"')
        self.assertNotContains(page, "Other coverage 151 of")

    def test_a_long_file_is_cut_until_all_of_it_is_asked_for(self):
        text = "---\ntitle: " + "a" * 50_000 + "z\n---\n"
        Delivery.objects.create(
            article=self.article, path="long.md", content=text.encode(), digest="1", meaning="2"
        )
        self.assertNotContains(self.client.get(self.form), "aaaz")
        self.assertContains(self.client.get(f"{self.form}?show=all"), "aaaz")

    def test_few_are_all_shown(self):
        self.article.related_items.filter(position__gte=8).delete()
        page = self.client.get(self.form)
        self.assertContains(page, "Other coverage 7 of")
        self.assertNotContains(page, "related items are shown")
