"""What uses a row, before it is deleted; and the lists of what wants care."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.models import Image, Provider, Topic
from tests.admin.desk import DeskTestCase
from tests.factories import (
    make_article,
    make_image,
    make_provider,
    make_related_item,
    make_topic,
)
from tests.test_admin import address


class CareTestCase(DeskTestCase):
    def found(self, model, **filters):
        """The list's rows as text."""
        page = self.client.get(address("changelist", model), filters)
        return {str(row) for row in page.context["cl"].result_list}


class UsedByTests(CareTestCase):
    def delete(self, row):
        return self.client.post(
            address("delete", row._meta.model_name, row.pk), {"post": "yes"}, follow=True
        )

    def page(self, row):
        return self.client.get(address("delete", row._meta.model_name, row.pk))

    def is_there(self, row):
        return type(row).objects.filter(pk=row.pk).exists()

    def test_refuses_and_says_what_uses_it_with_links(self):
        outlet, logo, shown = make_provider("Lone", "lone.example"), make_image(), make_image()
        article = make_article(provider=outlet, topics=["Ports"], images=[shown])
        make_related_item(article, provider=outlet, images=[shown])
        topic = make_topic("Ports")
        for row, advice, links in (
            (
                outlet,
                "Merge it into another provider",
                (
                    f'article/?provider__id__exact={outlet.pk}">1 article is from it</a>',
                    f'relateditem/?provider__id__exact={outlet.pk}">1 related item is from it</a>',
                ),
            ),
            (
                topic,
                "Merge it into another topic",
                (f'?topic={topic.pk}">1 article carries it</a>',),
            ),
            (
                shown,
                "Take it off those first",
                (
                    f'article/?image={shown.pk}">1 article shows it</a>',
                    f'relateditem/?image={shown.pk}">1 related item shows it</a>',
                ),
            ),
        ):
            with self.subTest(row):
                page = self.delete(row)
                self.assertTrue(self.is_there(row))
                self.assertContains(page, "is in use, so it is not deleted")
                self.assertContains(page, advice)
                for link in links:
                    self.assertContains(page, link)
        self.delete(logo)
        self.assertFalse(self.is_there(logo))

    def test_the_links_lead_to_what_uses_it(self):
        image = make_image()
        article = make_article(title="With it", images=[image])
        make_article(title="Without")
        item = make_related_item(article, title="Item with it", images=[image])
        self.assertEqual(self.found("article", image=image.pk), {"With it"})
        self.assertEqual(self.found("relateditem", image=image.pk), {str(item)})
        self.assertEqual(
            self.found("relateditem", provider__id__exact=item.provider_id), {str(item)}
        )
        self.assertEqual(self.found("article", image="x"), set())

    def test_says_what_stays_without_it(self):
        image, wide = make_image(), make_topic("Wide")
        make_provider("Lone", "lone.example", logo=image)
        Topic.objects.create(name="Narrow", parent=wide, image=image)
        wide.aliases.create(name="Broad")
        page = self.page(image)
        self.assertContains(page, "1 provider stays, without a logo")
        self.assertContains(page, "1 topic stays, without a picture")
        self.assertEqual(self.found("provider", logo=image.pk), {"Lone (lone.example)"})
        self.assertEqual(self.found("topic", image=image.pk), {"Narrow"})
        page = self.page(wide)
        self.assertContains(page, f'?parent={wide.pk}">1 narrower topic stays')
        self.assertContains(page, "1 other name is deleted with it")
        self.assertContains(page, "Other names: 1")
        self.assertEqual(self.found("topic", parent=wide.pk), {"Narrow"})
        self.delete(image)
        self.delete(wide)
        self.assertFalse(Image.objects.exists() or Topic.objects.filter(name="Wide").exists())
        self.assertEqual(Topic.objects.get().parent, None)

    def test_costs_the_same_and_is_as_long_however_much_uses_it(self):
        outlet, image = make_provider("Lone", "lone.example"), make_image()
        make_article(provider=outlet, topics=["Ports"], images=[image], related=1)
        rows = (outlet, image, make_topic("Ports"))

        def costs():
            return [
                self.queries_of(address("delete", row._meta.model_name, row.pk)) for row in rows
            ]

        few = costs()
        for _number in range(30):
            make_article(provider=outlet, topics=["Ports"], images=[image])
        self.assertEqual(costs(), few)
        self.assertContains(self.page(rows[2]), "31 articles carry it")
        self.assertNotContains(self.page(rows[2]), "Story number")

    def test_the_lists_action_names_fifty_and_counts_the_rest(self):
        topics = [make_topic(f"Topic {number:02}") for number in range(60)]
        page = self.act("topic", "delete_selected", *topics)
        self.assertContains(page, "Topic: <a", count=50)
        self.assertContains(page, "and 10 more")
        self.assertContains(page, "Topics: 60")

    def test_the_lists_action_deletes_nothing_where_one_is_used(self):
        make_article(topics=["Used"])
        rows = [make_topic("Used"), make_topic("Free")]
        few = self.cost_of_asking(rows[:1])
        page = self.act("topic", "delete_selected", *rows, post="yes")
        self.assertContains(page, "1 article carries it")
        self.assertEqual(Topic.objects.count(), 2)
        self.assertEqual(self.cost_of_asking(rows), few)
        self.act("topic", "delete_selected", rows[1], post="yes")
        self.assertEqual(Topic.objects.get().name, "Used")

    def cost_of_asking(self, rows):
        self.act("topic", "delete_selected", *rows)
        with CaptureQueriesContext(connection) as queries:
            self.act("topic", "delete_selected", *rows)
        return len(queries)


class CleaningTests(CareTestCase):
    def test_finds_odd_domains_and_no_others(self):
        odd = [
            *("", "localhost", "a.example:8080", "a.example/news", "a b.example", "a%20b.example"),
            *(
                "192.168.0.1",
                "www.a.example",
                ".a.example",
                "a.example.",
                "a..example",
                "x@a.example",
            ),
            "[::1]",
        ]
        fine = ["a.example", "news.a-b.example", "münchen.example", "1a.example", "wwwa.example"]
        for number, domain in enumerate([*odd, *fine]):
            make_provider(f"P{number}", domain)
        page = self.client.get(address("changelist", "provider"), {"care": "domain"})
        self.assertEqual({row.domain for row in page.context["cl"].result_list}, set(odd))

    def test_finds_providers_that_want_care(self):
        logo = make_image()
        article = make_article(provider=make_provider("Used", "used.example", logo=logo))
        make_related_item(article, provider=make_provider("Beside", "beside.example"))
        make_provider("Idle", "idle.example", logo=make_image(file=""))
        beside, idle = "Beside (beside.example)", "Idle (idle.example)"
        self.assertEqual(self.found("provider", care="logo"), {beside, idle})
        self.assertEqual(self.found("provider", care="articles"), {beside, idle})
        self.assertEqual(self.found("provider", care="unused"), {idle})
        self.assertEqual(len(self.found("provider", care="nonsense")), 3)

    def test_finds_topics_that_want_care(self):
        make_article(topics=["Used"])
        used = make_topic("Used")
        Topic.objects.create(name="Narrow", parent=used, image=make_image())
        self.assertEqual(self.found("topic", care="articles"), {"Narrow"})
        self.assertEqual(self.found("topic", care="parent"), {"Used"})
        self.assertEqual(self.found("topic", care="picture"), {"Used"})

    def test_finds_images_that_want_care(self):
        rows = {
            name: make_image(file=f"images/{name}.jpg")
            for name in ("public", "held", "beside", "logo", "topic", "idle")
        }
        described = make_image(alt_text="A harbour")
        article = make_article(images=[rows["public"], described])
        make_article(is_published=False, images=[rows["held"]])
        make_related_item(article, images=[rows["beside"]])
        Provider.objects.update(logo=rows["logo"])
        Topic.objects.create(name="Ports", image=rows["topic"])
        self.assertEqual(self.found("image", care="public"), {"images/public.jpg"})
        self.assertEqual(self.found("image", care="unused"), {"images/idle.jpg"})

    def test_a_page_of_topics_counts_in_as_many_queries_as_one(self):
        make_article(topics=["Ports"])
        url = address("changelist", "topic")
        few = self.queries_of(url)
        for number in range(9):
            make_article(topics=["Ports", f"Topic {number}"])
        make_article(is_published=False, topics=["Ports"])
        make_article(is_published=False, topics=["Ports"], status="trashed")
        self.assertEqual(self.queries_of(url), few)
        topic = make_topic("Ports")
        for page in (self.client.get(url), self.client.get(address("change", "topic", topic.pk))):
            self.assertContains(page, f'?topic={topic.pk}">11</a>')
            self.assertContains(page, f'?topic={topic.pk}&amp;public=now">10</a>')
