"""The filters of the search, through its page."""

import re
from datetime import UTC, datetime

from django.test import TestCase, override_settings
from django.urls import reverse

from .factories import make_article, make_provider


class FilterCase(TestCase):
    def get(self, **query):
        response = self.client.get(reverse("articles:search"), query)
        self.assertEqual(response.status_code, 200)
        return response

    def assertListed(self, expected, **query):
        listed = [article.headline for article in self.get(**query).context.get("page") or ()]
        self.assertCountEqual(listed, expected)

    def assertRefused(self, field, message, **query):
        response = self.get(**query)
        self.assertNotIn("page", response.context)
        self.assertContains(response, "nothing is listed until then")
        form = response.context["filters"].form
        self.assertEqual(list(form.errors), [field])
        self.assertIn(message, form.errors[field][0])
        self.assertContains(response, f'id="id_{field}_error"')
        self.assertIn(f"id_{field}_error", form[field].aria_describedby)


class WordsTests(FilterCase):
    @classmethod
    def setUpTestData(cls):
        make_article(title="Night train", excerpt="Across the Alps.")
        make_article(title="Night bus", excerpt="100% on time.")

    def test_all_occur_in_headline_or_text(self):
        self.assertListed(["Night train", "Night bus"], q="night")
        self.assertListed(["Night train"], q="  ALPS   night ")
        self.assertListed([], q="alps bus")

    def test_are_plain_text(self):
        self.assertListed(["Night bus"], q="100%")
        self.assertListed([], q="n_ght")
        self.assertListed([], q="ght")
        self.assertListed([], q="'\"--;\\")

    def test_are_eight_at_most(self):
        self.assertListed(["Night bus", "Night train"], q="night " * 8)
        self.assertRefused("q", "at most eight words", q="night " * 9)

    def test_are_eight_at_most_where_quotes_part_them(self):
        self.assertRefused("q", "at most eight words", q='"a' * 100)

    def test_are_no_longer_than_two_hundred_characters(self):
        self.assertListed([], q="x" * 200)
        self.assertRefused("q", "at most 200 characters", q="x" * 201)


class TopicTests(FilterCase):
    @classmethod
    def setUpTestData(cls):
        make_article(title="Reef", excerpt="A story.", topics=["Oceans", "Climate"])
        make_article(title="Tram", excerpt="A story.", topics=["Transport"])
        make_article(title="Draft", topics=["Oceans", "Secrets"], is_published=False)

    def test_lists_what_is_about_it(self):
        self.assertListed(["Reef"], topic="oceans")
        self.assertListed(["Reef", "Tram"], topic="", q="story")

    def test_offers_topics_readers_know_of(self):
        form = self.get().context["filters"].form
        self.assertEqual(
            [name for _, name in form.fields["topic"].choices],
            ["All topics", "Climate", "Oceans", "Transport"],
        )

    def test_treats_a_hidden_topic_like_a_missing_one(self):
        pages = [
            self.get(topic=slug).content.replace(slug.encode(), b"")
            for slug in ("secrets", "elsewhere")
        ]
        self.assertEqual(*pages)
        self.assertRefused("topic", "no such topic", topic="secrets")

    def test_follows_what_is_published_later(self):
        self.get()
        make_article(title="Space", topics=["Space"])
        self.assertListed(["Space"], topic="space")


class ProviderTests(FilterCase):
    @classmethod
    def setUpTestData(cls):
        make_article(title="Port", provider=make_provider("Harbour Post", "harbourpost.example"))
        make_article(title="Trees", provider=make_provider("Orbit Weekly", "orbit.example"))
        make_article(title="Ours", provider=None)

    def test_is_found_by_address_domain_or_part_of_its_name(self):
        for text in ("harbour-post", "HarbourPost.example", "bour po"):
            with self.subTest(text):
                self.assertListed(["Port"], provider=text)

    def test_is_not_found_by_part_of_its_domain(self):
        self.assertListed([], provider="post.example")


class TypeTests(FilterCase):
    @classmethod
    def setUpTestData(cls):
        make_article(title="Film", type="video")
        make_article(title="Text")
        make_article(title="Gallery", type="gallery")

    def test_is_video_or_everything_else(self):
        self.assertListed(["Film"], type="video")
        self.assertListed(["Text", "Gallery"], type="article")
        self.assertListed(["Film", "Text", "Gallery"], type="", q="story")

    def test_is_refused_when_unknown(self):
        self.assertRefused("type", "no such type", type="gallery")


class DaysTests(FilterCase):
    @classmethod
    def setUpTestData(cls):
        for day, hour in ((1, 0), (2, 12), (3, 23)):
            moment = datetime(2026, 3, day, hour, 59, tzinfo=UTC)
            make_article(title=f"Day {day}", published_at=moment)

    def test_are_inclusive(self):
        self.assertListed(["Day 2", "Day 3"], **{"from": "2026-03-02"})
        self.assertListed(["Day 1", "Day 2"], to="2026-03-02")
        self.assertListed(["Day 3"], **{"from": "2026-03-03", "to": "2026-03-03"})

    @override_settings(TIME_ZONE="Asia/Tokyo")
    def test_are_days_of_the_site(self):
        self.assertListed([], **{"from": "2026-03-03", "to": "2026-03-03"})
        self.assertListed(["Day 3"], **{"from": "2026-03-04"})

    def test_are_refused_unless_they_are_dates(self):
        for text in ("yesterday", "2026-02-30", "03/01/2026", "99999-01-01"):
            with self.subTest(text):
                self.assertRefused("from", "such as 2026-03-01", **{"from": text})

    def test_stand_in_their_field_as_html_wants_them(self):
        for text, value in (("2026-3-1", 'value="2026-03-01"'), ("yesterday", "")):
            page = self.get(**{"from": text}).content.decode()
            field = re.search("<input[^>]*name=.from[^>]*>", page).group()
            self.assertEqual(re.findall("value=[^ ]*", field), [value] if value else [])

    def test_are_refused_at_the_ends_of_the_calendar(self):
        self.assertRefused("to", "less than or equal", to="9999-12-31")
        self.assertRefused("from", "greater than or equal", **{"from": "0001-01-01"})


class HostileQueryTests(FilterCase):
    def test_never_breaks_the_page(self):
        make_article(topics=["Oceans"])
        for name in ("q", "topic", "provider", "type", "from", "to", "sort", "unknown"):
            for text in ("\0", "a\0b", "9" * 5000, "\ud7ff\uffff", "%00", "٣", "[]", "{{ x }}"):
                with self.subTest(name=name, text=text[:10]):
                    self.get(**{name: text})

    def test_may_name_a_field_twice(self):
        self.assertEqual(self.client.get("/search/?q=a&q=b&topic=x&topic=").status_code, 200)

    def test_survives_broken_utf_8(self):
        self.assertEqual(self.client.get("/search/?q=%ff%fe&topic=%ed%a0%80").status_code, 200)
