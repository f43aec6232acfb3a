"""What readers see is the publishers': the article's pages as the other roles get them."""

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.test import TestCase

from articles.decisions import decide
from articles.models import Article, RelatedItem
from tests.factories import NOON, make_article, make_editor, make_image, make_member
from tests.test_admin import address, fields_of

Status = Article.Status


def form_of(article):
    return address("change", "article", article.pk)


class RolesTests(TestCase):
    def test_are_made_by_a_migration(self):
        make_member("Editor")
        names = set(Group.objects.values_list("name", flat=True))
        self.assertEqual(names, {"Importer", "Editor", "Publisher", "Administrator"})

    def test_know_every_permission_of_the_newsroom(self):
        user = make_member("Administrator")
        everything = make_editor("all").get_all_permissions()
        ours = {name for name in everything if name.startswith(("articles.", "auth.", "admin."))}
        self.assertEqual(set(user.get_all_permissions()), ours)


class DecisionTests(TestCase):
    def test_only_publishers_decide_what_readers_see(self):
        editor, publisher = make_member("Editor"), make_member("Publisher")
        for before in Status.values:
            for after in (Status.HELD, Status.REVIEW, Status.PUBLISHED, Status.WITHDRAWN):
                if before in (after, Status.TRASHED):
                    continue
                with self.subTest(before=before, after=after):
                    publish_from = NOON if before == Status.PUBLISHED else None
                    row = {"status": before, "publish_from": publish_from}
                    article = make_article(is_published=False, **row)
                    if {before, after} & {Status.PUBLISHED, Status.WITHDRAWN}:
                        with self.assertRaisesMessage(ValidationError, "Only a publisher"):
                            decide(article.pk, after, editor, reason="So")
                        article.refresh_from_db()
                        self.assertEqual(article.status, before)
                        decide(article.pk, after, publisher, reason="So")
                    else:
                        decide(article.pk, after, editor, reason="So")
                    article.refresh_from_db()
                    self.assertEqual(article.status, after)


class EditorsFormTests(TestCase):
    def setUp(self):
        self.user = make_member("Editor")
        self.client.force_login(self.user)

    def open(self, article):
        return fields_of(self.client.get(form_of(article)))

    def save(self, article, data):
        return self.client.post(form_of(article), data)

    def test_writes_what_is_not_public_and_sends_it_to_review(self):
        article = make_article(is_published=False, images=[make_image()], related=1)
        data = self.open(article) | {"title": "Ours", "status": "review"}
        self.assertNotIn("publish_from_0", data)
        self.assertEqual(self.save(article, data).status_code, 302)
        article.refresh_from_db()
        self.assertEqual((article.title, article.status), ("Ours", "review"))

    def test_cannot_publish_by_what_the_form_does_not_offer(self):
        article = make_article(is_published=False)
        data = self.open(article) | {"publish_from_0": "2026-01-01", "publish_from_1": "10:00"}
        for status in ("published", "withdrawn", "trashed"):
            page = self.save(article, data | {"status": status})
            self.assertContains(page, "Select a valid choice")
        self.save(article, data | {"is_kept_public": "on"})
        article.refresh_from_db()
        self.assertEqual(article.status, "held")
        self.assertEqual((article.publish_from, article.is_kept_public), (None, False))

    def test_reads_what_is_public_and_leaves_a_note(self):
        article = make_article(images=[make_image()], related=2)
        page = self.client.get(form_of(article))
        self.assertNotContains(page, 'name="title"')
        self.assertNotContains(page, 'name="related_items-0-title"')
        self.assertNotContains(page, "Move to the trash")
        data = fields_of(page) | {"note": "The harbour master called."}
        self.assertEqual(self.save(article, data).status_code, 302)
        article.refresh_from_db()
        self.assertEqual(article.note, "The harbour master called.")

    def test_is_told_when_it_became_public_meanwhile_and_loses_no_word(self):
        article = make_article(is_published=False, related=1)
        data = self.open(article)
        Article.objects.update(status="published", publish_from=NOON)
        for change in ({"title": "Mine"}, {"related_items-0-title": "Mine"}):
            with self.subTest(change):
                page = self.save(article, data | change)
                self.assertContains(page, "published since you opened it")
                self.assertContains(page, 'value="Mine"')
        self.assertFalse(Article.objects.filter(title="Mine").exists())
        self.assertFalse(RelatedItem.objects.filter(title="Mine").exists())
        self.assertEqual(self.save(article, data | {"note": "For all"}).status_code, 302)

    def test_leaves_a_note_though_it_was_held_meanwhile(self):
        article = make_article(related=1)
        data = self.open(article)
        Article.objects.update(status="held")
        self.assertEqual(self.save(article, data | {"note": "Why?"}).status_code, 302)
        article.refresh_from_db()
        self.assertEqual(article.note, "Why?")
        self.assertEqual(article.related_items.count(), 1)

    def test_leaves_the_related_items_of_what_is_public_alone(self):
        public, held = make_article(related=1), make_article(is_published=False, related=1)
        item, free = public.related_items.get(), held.related_items.get()
        url = address("change", "relateditem", item.pk)
        self.assertNotContains(self.client.get(url), 'name="title"')
        self.assertEqual(self.client.post(url, {"title": "Mine"}).status_code, 403)
        for page in ("delete", "change"):
            self.client.post(address(page, "relateditem", item.pk), {"post": "yes"})
        url = address("change", "relateditem", free.pk)
        data = fields_of(self.client.get(url)) | {"article": public.pk}
        self.assertContains(self.client.post(url, data), "Only a publisher")
        self.assertEqual(list(public.related_items.all()), [item])


class PublishersFormTests(TestCase):
    def test_changes_what_is_public(self):
        self.client.force_login(make_member("Publisher"))
        article = make_article(related=1)
        data = fields_of(self.client.get(form_of(article)))
        changes = {"title": "Ours", "status": "withdrawn", "withdrawal_reason": "So"}
        self.client.post(form_of(article), data | changes)
        article.refresh_from_db()
        self.assertEqual((article.title, article.status), ("Ours", "withdrawn"))


class ImportersFormTests(TestCase):
    def test_reads_and_changes_nothing(self):
        self.client.force_login(make_member("Importer"))
        article = make_article(is_published=False)
        self.assertNotContains(self.client.get(form_of(article)), 'name="title"')
        self.assertEqual(self.client.post(form_of(article), {"note": "x"}).status_code, 403)
