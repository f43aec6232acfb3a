"""The editors' door to merging: the action of a list, its question, and the forms' other names."""

from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.models import Provider, ProviderAlias, Topic, TopicAlias

from .factories import make_article, make_image, make_provider, make_related_item, make_topic
from .test_admin import AdminTestCase, address, fields_of, make_viewer


class ActionTests(AdminTestCase):
    def run_action(self, model, *rows, **data):
        data = {"action": "merge_into", "_selected_action": [row.pk for row in rows], **data}
        return self.client.post(address("changelist", model), data, follow=True)

    def messages_of(self, response):
        return [str(message) for message in response.context["messages"]]

    def test_asks_first_and_shows_what_moves(self):
        post = make_provider("Post", "post.example")
        other = make_provider("The <Post>", "post.example", description="A <b>paper</b>.")
        for _ in range(2):
            article = make_article(provider=other, is_published=False)
        for _ in range(3):
            make_related_item(article, provider=other)
        response = self.run_action("provider", post, other)
        self.assertContains(response, "Merge providers")
        self.assertContains(response, '<input type="radio" name="survivor"', 2)
        self.assertContains(response, "A &lt;b&gt;paper&lt;/b&gt;.")
        rows = dict(response.context["rows"])
        self.assertIn(">2</a>", str(rows[other][0]))
        self.assertEqual(rows[other][2], 3)
        self.assertEqual(Provider.objects.count(), 2)

    def test_merges_into_the_one_chosen(self):
        post, other = make_provider("Post", "post.example"), make_provider("Radio", "r.example")
        article = make_article(provider=post)
        response = self.run_action("provider", post, other, confirmed="yes", survivor=other.pk)
        self.assertEqual(self.messages_of(response), ["1 was merged into “Radio (r.example)”."])
        article.refresh_from_db()
        self.assertEqual(article.provider, other)
        self.assertFalse(Provider.objects.filter(pk=post.pk).exists())
        history = self.client.get(address("history", "provider", other.pk))
        self.assertContains(history, "Merged “Post (post.example)” into it.")

    def test_merges_topics(self):
        make_article(topics=["Climate", "Weather"])
        climate, weather = make_topic("Climate"), make_topic("Weather")
        self.assertContains(self.run_action("topic", climate, weather), "Which one stays?")
        self.run_action("topic", climate, weather, confirmed="yes", survivor=climate.pk)
        self.assertEqual(list(Topic.objects.all()), [climate])
        self.assertEqual(TopicAlias.objects.get().slug, "weather")

    def test_the_question_costs_the_same_for_2_rows_and_for_20(self):
        for model, make in (("provider", make_provider), ("topic", make_topic)):
            rows = [make(f"Name {number}") for number in range(20)]
            parent, image = make_topic("Above"), make_image()
            if model == "topic":
                Topic.objects.exclude(pk=parent.pk).update(parent=parent, image=image)
            self.run_action(model, *rows[:2])
            counts = []
            for some in (rows[:2], rows):
                with CaptureQueriesContext(connection) as queries:
                    self.run_action(model, *some)
                counts.append(len(queries))
            with self.subTest(model):
                self.assertEqual(*counts)

    def test_needs_an_answer(self):
        rows = make_topic("Climate"), make_topic("Weather")
        for chosen in ("", "x", str(make_topic("Unselected").pk)):
            response = self.run_action("topic", *rows, confirmed="yes", survivor=chosen)
            self.assertContains(response, "Choose the one that stays.")
        self.assertEqual(Topic.objects.count(), 3)

    def test_needs_two_rows_and_not_a_crowd(self):
        one = make_topic("Climate")
        self.assertIn("Select two or more", self.messages_of(self.run_action("topic", one))[0])
        crowd = [make_topic(f"Topic {number}") for number in range(51)]
        self.assertIn("at most 50", self.messages_of(self.run_action("topic", *crowd))[0])

    def test_needs_the_permission_to_merge(self):
        rows = make_topic("Climate"), make_topic("Weather")
        viewer = make_viewer()
        for codename in ("view_topic", "change_topic"):
            viewer.user_permissions.add(Permission.objects.get(codename=codename))
        self.client.force_login(viewer)
        self.run_action("topic", *rows, confirmed="yes", survivor=rows[0].pk)
        self.assertEqual(Topic.objects.count(), 2)
        self.assertNotContains(self.client.get(address("changelist", "topic")), "merge_into")
        viewer.user_permissions.add(Permission.objects.get(codename="merge_article"))
        self.run_action("topic", *rows, confirmed="yes", survivor=rows[0].pk)
        self.assertEqual(Topic.objects.count(), 1)


class FormTests(AdminTestCase):
    def save(self, model, row, **changes):
        url = address("change", model, row.pk)
        return self.client.post(url, fields_of(self.client.get(url)) | changes)

    def add_alias(self, model, row, number=0, total=1, **fields):
        changes = {f"aliases-{number}-{name}": value for name, value in fields.items()}
        return self.save(model, row, **{"aliases-TOTAL_FORMS": total}, **changes)

    def errors_of(self, response):
        self.assertEqual(response.status_code, 200)
        (rows,) = response.context["inline_admin_formsets"]
        return str(rows.formset.errors)

    def test_a_renamed_row_is_still_meant_by_its_old_name(self):
        provider, topic = make_provider("Post", "post.example"), make_topic("Climte")
        self.save("provider", provider, domain="new.example")
        self.save("topic", topic, name="Climate")
        self.save("topic", topic, description="All of it.")
        alias = ProviderAlias.objects.get()
        self.assertEqual((alias.name, alias.domain), ("Post", "post.example"))
        self.assertEqual(TopicAlias.objects.get().name, "Climte")

    def test_takes_other_names_and_shows_old_addresses(self):
        provider = make_provider("Post", "post.example")
        response = self.add_alias("provider", provider, name="The Post", domain="Post.Example")
        self.assertEqual(response.status_code, 302)
        alias = provider.aliases.get()
        self.assertEqual((alias.name, alias.domain), ("The Post", "post.example"))
        provider.aliases.create(slug="an-old-address")
        page = self.client.get(address("change", "provider", provider.pk))
        self.assertContains(page, "an-old-address")
        self.assertEqual(self.save("provider", provider).status_code, 302)
        self.assertEqual(provider.aliases.count(), 2)

    def test_refuses_other_names_that_name_nothing_or_something_else(self):
        provider = make_provider("Post", "post.example")
        make_provider("Radio", "radio.example").aliases.create(name="FM", domain="fm.example")
        for name, domain, reason in [
            ("", "a.example", "Enter a name"),
            ("Radio", "RADIO.example", "Merge it instead"),
            ("FM", "fm.example", "has this other name already"),
        ]:
            with self.subTest(name):
                response = self.add_alias("provider", provider, name=name, domain=domain)
                self.assertIn(reason, self.errors_of(response))
        twice = {"aliases-0-name": "B", "aliases-1-name": "B", "aliases-TOTAL_FORMS": 2}
        self.assertIn("stands here twice", self.errors_of(self.save("provider", provider, **twice)))

    def test_refuses_a_row_of_a_name_or_an_address_that_leads_elsewhere(self):
        provider, topic = make_provider("Post", "post.example"), make_topic("Climate")
        provider.aliases.create(name="The Post", domain="post.example", slug="the-post")
        topic.aliases.create(name="Weather", slug="weather")
        for model, data in [
            ("provider", {"name": "The Post", "domain": "post.example", "slug": ""}),
            ("topic", {"name": "Weather", "slug": ""}),
        ]:
            response = self.client.post(address("add", model), data)
            self.assertContains(response, "Take it away there first")
        for model, data in [
            ("provider", {"name": "New", "domain": "new.example", "slug": "the-post"}),
            ("topic", {"name": "New", "slug": "weather"}),
        ]:
            response = self.client.post(address("add", model), data)
            self.assertContains(response, "leads readers on")
        self.client.post(address("add", "topic"), {"name": "Weather!", "slug": ""})
        self.assertEqual(Topic.objects.get(name="Weather!").slug, "weather-2")

    def test_refuses_a_wider_topic_that_lies_below(self):
        top = make_topic("Top")
        low = Topic.objects.create(name="Low", parent=top)
        self.assertEqual(self.save("topic", low, short_name="L").status_code, 302)
        response = self.save("topic", top, parent=low.pk)
        self.assertContains(response, "“Low” lies below this topic")

    def test_shows_what_lies_around_a_topic(self):
        top = make_topic("Top")
        low = Topic.objects.create(name="Low", parent=top, hashtags=["#low"], image=make_image())
        self.assertContains(self.client.get(address("change", "topic", top.pk)), ">Low</a>")
        self.assertContains(self.client.get(address("change", "topic", low.pk)), "#low")
        page = self.client.get(address("changelist", "topic"))
        self.assertContains(page, '<td class="field-parent nowrap">Top</td>')
        page = self.client.get(address("change", "image", low.image.pk))
        self.assertContains(page, ">Low</a>")
