"""The readers' lists: paging there and back, the topic tree, the archive and the search page."""

from datetime import UTC, date, datetime, timedelta

from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyTestCase

from articles import archive, cursors, lists
from articles.models import Article, Topic

from .factories import NOON, make_article, make_provider, make_topic


def titles(page):
    return [article.headline for article in page]


class PagingTests(TestCase):
    """Of 60 stories: three pages."""

    @classmethod
    def setUpTestData(cls):
        for number in range(60):
            make_article(
                title=f"{number}",
                published_at=NOON - timedelta(minutes=number // 3),  # three of each minute
                stem=f"2026-03-01-{number:02}",
                topics=["Tides"],
                excerpt="A tide.",
            )
        cls.lists = [
            *("/latest/", "/topics/tides/", "/providers/harbour-post/", "/archive/2026/03/01/"),
            "/search/?q=tide&sort=newest",
        ]

    def walk(self, address, way):
        """The pages' addresses and titles, from that one on."""
        while address:
            response = self.client.get(address)
            self.assertEqual(response.status_code, 200, address)
            yield address, titles(response.context["page"])
            address = response.context[way]

    def test_leads_past_each_story_once_and_back_over_the_same_pages(self):
        for start in self.lists:
            with self.subTest(start):
                there = list(self.walk(start, "older"))
                self.assertEqual([len(page) for _, page in there], [25, 25, 10])
                stories = [title for _, page in there for title in page]
                self.assertEqual(stories, [str(number) for number in range(60)])
                back = list(self.walk(there[-1][0], "newer"))
                self.assertEqual([page for _, page in back], [page for _, page in there[::-1]])
                self.assertEqual(back[-1][0].replace("&", "?"), start.replace("&", "?"))

    def test_stays_valid_while_stories_come_and_go(self):
        first = self.client.get("/latest/").context["older"]
        second = self.client.get(first)
        make_article(title="New", published_at=NOON + timedelta(days=1))
        Article.objects.filter(title="25").update(status="withdrawn")
        again = self.client.get(first)
        self.assertEqual(titles(again.context["page"])[:24], titles(second.context["page"])[1:])
        newer = self.client.get(again.context["newer"])
        self.assertEqual(titles(newer.context["page"])[0], "0")
        top = self.client.get(newer.context["newer"])
        self.assertEqual(titles(top.context["page"])[:2], ["New", "0"])

    def test_the_first_page_has_one_address(self):
        second = self.client.get("/latest/").context["older"]
        newest = self.client.get("/latest/").context["page"].articles[1]
        self.assertRedirects(
            self.client.get(f"/latest/?before={cursors.cursor_of(newest)}"), "/latest/"
        )
        Article.objects.filter(published_at__gt=NOON - timedelta(minutes=8)).delete()
        Article.objects.filter(title="24").delete()
        self.assertRedirects(self.client.get(second), "/latest/")
        Article.objects.all().delete()
        self.assertRedirects(self.client.get(second), "/latest/")

    def test_beyond_the_end_is_404(self):
        last = Article.objects.get(title="59")
        page = self.client.get(f"/latest/?after={cursors.cursor_of(last)}")
        self.assertContains(page, "Search all stories", status_code=404)

    def test_a_cursor_from_elsewhere_is_404_and_two_are(self):
        good = cursors.cursor_of(Article.objects.get(title="30"))
        for query in ("after=x", "before=", f"after={good[:-3]}", f"after={good}&before={good}"):
            for start in self.lists:
                with self.subTest(start=start, query=query):
                    joined = f"{start}{'&' if '?' in start else '?'}{query}"
                    self.assertEqual(self.client.get(joined).status_code, 404)

    def test_a_page_by_its_number_leads_to_the_list_for_good(self):
        for start in self.lists:
            for number in ("1", "2", "999", "x", ""):
                joined = f"{start}{'&' if '?' in start else '?'}page={number}"
                with self.subTest(joined):
                    response = self.client.get(joined)
                    self.assertRedirects(response, start, 301, fetch_redirect_response=False)

    def test_names_the_pages_beside_it_in_its_head(self):
        first = self.client.get("/latest/")
        older = first.context["older"]
        self.assertContains(first, f'<link rel="next" href="{older}">')
        self.assertContains(first, f'<a rel="next" href="{older}">Older</a>')
        second = self.client.get(older)
        self.assertContains(second, '<link rel="prev" href="/latest/">')
        self.assertContains(second, '<a rel="prev" href="/latest/">Newer</a>')
        self.assertContains(second, "Latest (older stories)")

    def test_keeps_what_else_the_address_asks_for(self):
        start = "/search/?q=tide&topic=tides&sort=newest"
        for address, _ in self.walk(start, "older"):
            self.assertIn("q=tide&topic=tides&sort=newest", address)

    def test_drops_what_means_nothing_there(self):
        for start in ("/latest/?sort=newest&utm=1", "/search/?q=tide&sort=newest&utm=1"):
            for address, _ in list(self.walk(start, "older"))[1:]:
                self.assertNotIn("utm", address)

    def asked(self, address):
        with CaptureQueriesContext(connection) as queries:
            self.client.get(address)
        return [query["sql"] for query in queries]

    def test_each_page_costs_the_same_however_far(self):
        """No OFFSET: a database reads what it skips."""
        for start in self.lists:
            pages = list(self.walk(start, "older"))
            back = list(self.walk(pages[-1][0], "newer"))
            costs = [self.asked(address) for address, _ in [*pages, *back]]
            with self.subTest(start):
                counts = [len(queries) for queries in costs]
                # After a cursor one more, before one two: what is left out at the other end.
                self.assertEqual(counts[1:3], [counts[0] + 1] * 2)
                self.assertEqual(counts[4:], [counts[0] + 2, counts[0]])
                for queries in costs:
                    for sql in queries:
                        self.assertNotIn("OFFSET", sql)


class CursorTests(PropertyTestCase):
    @given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ab-é")), max_size=9), st.data())
    def test_pages_of_any_size_tile_the_list_both_ways(self, rows, data):
        for number, (minute, letter) in enumerate(rows):
            make_article(
                published_at=NOON + timedelta(minutes=minute),
                stem=f"2026-03-01-{letter}-{number // 2}",
                slug=f"s-{number}",
                source=f"source-{number}",
            )
        size = data.draw(st.integers(1, 4))
        stories = Article.objects.published()
        whole = list(stories.order_by(*cursors.ORDER))
        pages = [cursors.page(stories, size)]
        while pages[-1].older is not None:
            pages.append(cursors.page(stories, size, after=pages[-1].older))
        self.assertEqual([story for page in pages for story in page], whole)
        for page, newer in zip(pages[:0:-1], pages[-2::-1], strict=True):
            if newer is pages[0]:
                self.assertEqual(page.newer, "")
            else:
                back = cursors.page(stories, size, before=page.newer)
                self.assertEqual(back.articles, newer.articles)
                self.assertEqual(back.older, newer.older)


class TopicTreeTests(TestCase):
    def setUp(self):
        for name, parent in [
            *(("Nature", ""), ("Oceans", "Nature"), ("Reefs", "Oceans"), ("Arts", "")),
            *(("Bays", "Oceans"), ("Coves", "Bays")),
        ]:
            make_article(topics=[name], is_published=name != "Bays")
            Topic.objects.filter(name=name).update(parent=Topic.objects.filter(name=parent).first())

    def test_stands_widest_first_without_what_readers_do_not_know(self):
        def names(branches):
            return [(topic.name, names(below)) for topic, below in branches]

        page = self.client.get("/topics/")
        self.assertEqual(
            names(page.context["branches"]),
            [("Arts", []), ("Coves", []), ("Nature", [("Oceans", [("Reefs", [])])])],
        )
        self.assertNotContains(page, "Bays")

    def test_topic_is_below_its_wider_ones(self):
        page = self.client.get("/topics/reefs/")
        self.assertEqual([each.name for each in page.context["wider"]], ["Nature", "Oceans"])
        self.assertEqual(self.client.get("/topics/coves/").context["wider"], [])

    def test_topic_lists_its_own_stories_alone(self):
        make_article(title="Both", topics=["Nature", "Reefs"])
        page = self.client.get("/topics/nature/").context["page"]
        self.assertEqual(len(page), 2)
        self.assertIn("Both", titles(page))

    def test_a_circle_ends(self):
        nature, reefs = make_topic("Nature"), make_topic("Reefs")
        Topic.objects.filter(pk=nature.pk).update(parent=reefs)
        for address in ("/topics/", "/topics/nature/", "/topics/reefs/"):
            self.assertEqual(self.client.get(address).status_code, 200)


class ArchiveTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        for day in ("2024-12-31", "2026-01-31", "2026-03-01", "2026-03-01", "2026-03-31"):
            moment = datetime.fromisoformat(f"{day}T23:30:00+00:00")
            make_article(title=day, published_at=moment)
        hidden = datetime(2025, 6, 1, tzinfo=UTC)
        make_article(is_published=False, published_at=hidden)
        make_article(published_at=hidden, publish_from=timezone.now() + timedelta(hours=1))

    def told(self):
        years = self.client.get("/archive/").context["years"]
        return {year.year: [month.month for month in months] for year, months in years}

    def test_tells_of_years_and_months_that_have_stories(self):
        self.assertEqual(self.told(), {2026: [1, 3], 2024: [12]})
        year = self.client.get("/archive/2026/")
        self.assertEqual(year.context["months"], [date(2026, 1, 1), date(2026, 3, 1)])
        self.assertNotContains(year, "/archive/2026/02/")

    @override_settings(TIME_ZONE="Asia/Tokyo")
    def test_its_days_are_those_of_the_site(self):
        self.assertEqual(self.told(), {2026: [2, 3, 4], 2025: [1]})
        page = self.client.get("/archive/2026/03/02/")
        self.assertEqual(titles(page.context["page"]), ["2026-03-01"] * 2)
        self.assertEqual(self.client.get("/archive/2026/03/01/").status_code, 404)

    def test_leads_to_what_is_beside_it_and_has_something(self):
        for address, before, after in (
            ("/archive/2026/", "/archive/2024/", None),
            ("/archive/2024/", None, "/archive/2026/"),
            ("/archive/2026/03/", "/archive/2026/01/", None),
            ("/archive/2026/01/", "/archive/2024/12/", "/archive/2026/03/"),
            ("/archive/2026/03/01/", "/archive/2026/01/31/", "/archive/2026/03/31/"),
        ):
            with self.subTest(address):
                page = self.client.get(address)
                self.assertEqual(page.status_code, 200)
                for rel, target in (("prev", before), ("next", after)):
                    link = f'<a rel="{rel}" href="{target}">'
                    self.assertEqual(target is not None, link in page.content.decode())

    def test_month_names_its_days_in_the_readers_language(self):
        page = self.client.get("/archive/2026/03/")
        self.assertEqual(page.context["days"], [date(2026, 3, 1), date(2026, 3, 31)])
        self.assertContains(page, ">Sunday, 1 March 2026</a>")
        self.assertContains(page, 'href="/archive/2026/03/31/"')
        self.assertNotContains(page, 'href="/archive/2026/03/02/"')
        with translation.override("de"):
            page = lists.archive_month(page.wsgi_request, 2026, 3)
        self.assertIn(">Sonntag, 1. März 2026</a>", page.content.decode())

    def test_without_stories_is_404_and_leads_to_the_nearest(self):
        for address in ("/archive/2025/", "/archive/2025/06/", "/archive/2025/06/01/"):
            page = self.client.get(address)
            with self.subTest(address):
                self.assertContains(page, 'href="/archive/2024/12/31/"', status_code=404)
                self.assertContains(page, 'href="/archive/2026/01/31/"', status_code=404)

    def test_no_date_is_404_and_named(self):
        for path, told in (
            *(("2026/02/30", "2026-02-30"), ("2026/13", "2026-13"), ("2026/00", "2026-00")),
            *(("0000", "0000"), ("9999/12/31", "9999-12-31"), ("1899", "1899")),
        ):
            with self.subTest(path):
                page = self.client.get(f"/archive/{path}/")
                self.assertContains(page, f"There is no date {told}", status_code=404)
        for path in ("26", "2026/3", "2026/03/1", "2026/03/001", "x"):
            self.assertEqual(self.client.get(f"/archive/{path}/").status_code, 404)

    def test_begins_and_ends_where_its_calendar_does(self):
        for year in (1, 1899, 1900, 2999, 3000, 9999):
            make_article(published_at=datetime(year, 6, 1, tzinfo=UTC))
        self.assertEqual(list(self.told()), [2999, 2026, 2024, 1900])
        for address in ("/archive/1900/", "/archive/2999/", "/archive/2999/06/01/"):
            self.assertEqual(self.client.get(address).status_code, 200)

    def test_tells_of_as_many_years_as_there_are_in_three_queries(self):
        make_article(published_at=datetime(1900, 1, 1, 12, tzinfo=UTC))
        with self.assertNumQueries(3):
            self.told()

    def test_is_empty_before_the_first_story(self):
        Article.objects.all().delete()
        self.assertContains(self.client.get("/archive/"), "No stories yet")
        page = self.client.get("/archive/2026/")
        self.assertContains(page, "No story is from 2026", status_code=404)

    def test_months_and_years_end_where_the_next_begin(self):
        self.assertEqual(archive.span_of(2026, 12), (date(2026, 12, 1), date(2027, 1, 1)))
        self.assertEqual(archive.span_of(2024, 2, 29), (date(2024, 2, 29), date(2024, 3, 1)))
        self.assertIsNone(archive.span_of(2023, 2, 29))


class SearchTests(TestCase):
    def get(self, **query):
        return self.client.get("/search/", query)

    def test_asks_before_it_is_asked(self):
        make_article()
        for query in ({}, {"q": "", "topic": "", "sort": "relevance"}, {"q": "  "}):
            page = self.get(**query)
            self.assertNotIn("page", page.context)
            self.assertContains(page, "Headlines, excerpts and our own words")

    def test_is_for_readers_and_no_result_itself(self):
        make_article()
        for query in ({}, {"q": "story"}, {"q": "nowhere"}, {"from": "x"}):
            page = self.get(**query)
            self.assertContains(page, '<meta name="robots" content="noindex, follow">')

    def test_marks_what_was_found_in_headline_excerpt_or_our_own_words(self):
        make_article(title="Tides &amp; reefs <i>", excerpt="Of <b>tides</b>.")
        make_article(title="Ours", excerpt="Nothing here.", body="About *tides*, at length.")
        make_article(title="Bare tides", excerpt="")
        for sort in ("relevance", "newest"):
            page = self.get(q="tides", sort=sort)
            self.assertContains(page, "<mark>Tides</mark> &amp; reefs &lt;i&gt;</a>")
            self.assertContains(page, "Of &lt;b&gt;<mark>tides</mark>&lt;/b&gt;.")
            self.assertContains(page, "About <mark>tides</mark>, at length.")
            self.assertContains(page, "3 stories")
        self.assertEqual(len(self.get(q="tides").context["page"]), 3)

    def test_is_ranked_unless_the_newest_are_wanted_first(self):
        make_article(title="New", excerpt="A tide.")
        make_article(title="Tide", excerpt="Old.", published_at=NOON - timedelta(days=9))
        self.assertEqual(titles(self.get(q="tide").context["page"]), ["Tide", "New"])
        page = self.get(q="tide", sort="newest")
        self.assertEqual(titles(page.context["page"]), ["New", "Tide"])
        self.assertEqual(titles(self.get(type="article").context["page"]), ["New", "Tide"])
        self.assertContains(self.get(q="tide", sort="x"), "There is no such order")

    def test_ranked_pages_have_numbers_and_an_end(self):
        for number in range(60):
            make_article(title=f"Tide {number}")
        first = self.get(q="tide")
        self.assertContains(first, '<link rel="next" href="/search/?q=tide&amp;page=2">')
        second = self.get(q="tide", page=2)
        self.assertContains(second, '<a rel="prev" href="/search/?q=tide">Previous</a>')
        self.assertEqual(len(self.get(q="tide", page=3).context["page"]), 10)
        for page in ("0", "4", "-1", "x", "", "1.0", "١", "9" * 5000, "\0"):
            self.assertEqual(self.get(q="tide", page=page).status_code, 404)

    def test_counts_and_ranks_no_more_than_it_says(self):
        self.addCleanup(setattr, lists, "FOUND", lists.FOUND)
        lists.FOUND = 30
        for number in range(31):
            make_article(title=f"Tide {number}")
        page = self.get(q="tide", page=2)
        self.assertContains(page, "More than 30 stories")
        self.assertEqual(len(page.context["page"]), 5)
        self.assertContains(self.get(q="tide", sort="newest"), "More than 30 stories")
        Article.objects.first().delete()
        self.assertContains(self.get(q="tide"), "30 stories")
        self.assertNotContains(self.get(q="tide"), "More than")

    def test_helps_where_nothing_matches(self):
        make_article(title="Climate", topics=["Nature"])
        page = self.get(q="climte", topic="nature")
        self.assertContains(page, "No story matches")
        self.assertContains(page, '<a href="/search/?topic=nature&amp;q=climate">')
        self.assertContains(page, "Use fewer words")
        self.assertNotContains(self.get(q="nowhere"), "Did you mean")

    def test_says_nothing_of_what_is_hidden(self):
        make_article(title="Tide", provider=make_provider("Tide", "tide.example"))
        queries = ("tide", "merger", "mergr", "tid", "story")
        before = {query: self.get(q=query).content for query in queries}
        later, gone = timezone.now() + timedelta(days=1), timezone.now() - timedelta(minutes=1)
        for fields in (
            {"is_published": False},
            *({"status": status} for status in ("review", "withdrawn", "trashed")),
            {"publish_from": later},
            {"publish_until": gone},
        ):
            make_article(title="Tide merger story", excerpt="Merger.", body="Tide.", **fields)
        self.assertEqual({query: self.get(q=query).content for query in queries}, before)

    def test_shows_the_filters_that_are_in_use(self):
        self.assertNotContains(self.get(q="x"), "<details open")
        self.assertNotContains(self.get(q="x", sort="relevance"), "<details open")
        self.assertContains(self.get(q="x", sort="newest"), "<details open")
        self.assertContains(self.get(type="video"), "<details open")

    def test_every_page_has_its_field(self):
        self.assertContains(self.client.get("/latest/"), '<form class="masthead-search"')
