"""What a run did with one file, as editors read it."""

from articles.importing.undo import undo_import
from articles.models import Article, ImportedFile
from tests.admin.desk import EXCERPT, HEADLINE, OTHER_COPY, DeskTestCase
from tests.factories import make_article
from tests.test_admin import address


class FileTests(DeskTestCase):
    def page_of_last(self):
        file = ImportedFile.objects.order_by("pk").last()
        return self.client.get(address("change", "importedfile", file.pk))

    def test_shows_each_field_before_and_after(self):
        self.run_import()
        self.run_import(HEADLINE, ("An explanation.", "A better one."))
        page = self.page_of_last()
        self.assertContains(page, "Tram bells <del>are</del> tuned")
        self.assertContains(page, "Tram bells <ins>were</ins> tuned")
        self.assertContains(page, "Related item https://radio.example/why: excerpt")
        self.assertContains(page, address("change", "article", self.article.pk))
        self.assertContains(page, self.last_run.get_absolute_url())

    def test_shows_a_new_lead(self):
        self.run_import()
        self.run_import(*OTHER_COPY)
        self.assertContains(self.page_of_last(), "<ins>https://courier.example/bells</ins>")

    def test_shows_what_was_wrong(self):
        self.run_import(("quality: 60", "quality: high"))
        page = self.page_of_last()
        self.assertContains(page, "&#x27;high&#x27;; expected a whole number")
        self.assertContains(page, '<td data-label="Line">9</td>')

    def test_shows_the_proposals_it_raised(self):
        proposal = self.make_conflict()
        page = self.page_of_last()
        self.assertContains(page, "waits for an editor")
        link = f"{address('changelist', 'proposal')}?article={proposal.article_id}"
        self.assertContains(page, link)

    def test_says_what_an_editor_had_changed_and_why_an_undo_left_it(self):
        self.make_conflict()
        kept = '<div class="readonly">headline</div>'
        self.assertContains(self.page_of_last(), kept, html=True)
        self.write(name="2026-03-02-other.md")
        self.run_import()
        Article.objects.filter(stem="2026-03-02-other").update(note="See.")
        undo_import(self.last_run)
        for page in (self.page_of_last(), self.client.get(address("changelist", "importedfile"))):
            self.assertContains(page, "an editor worked on it (note)")

    def test_never_shows_the_file_itself(self):
        self.run_import()
        self.run_import(HEADLINE, ("AAAA;BBBB", "CCCC;DDDD"))
        pages = [self.page_of_last(), self.client.get(address("changelist", "importedfile"))]
        for page in pages:
            for secret in ("secured", "AAAA;BBBB", "CCCC;DDDD"):
                self.assertNotContains(page, secret)

    def test_is_found_by_run_outcome_article_and_conflict(self):
        self.run_import()
        self.edit(excerpt="Ours.")
        self.run_import(EXCERPT)
        first, second = ImportedFile.objects.order_by("pk")
        for query, expected in {
            f"run={first.run_id}": [first],
            "outcome__exact=created": [first],
            f"outcome=unchanged&run={second.run_id}": [second],
            "conflicts=yes": [second],
            "conflicts=no": [first],
            f"article={self.article.pk}": [second, first],
            "run=x": [],
        }.items():
            with self.subTest(query):
                response = self.client.get(f"{address('changelist', 'importedfile')}?{query}")
                self.assertEqual(list(response.context["cl"].result_list), expected)

    def test_the_list_costs_the_same_for_1_file_and_for_20(self):
        self.run_import()
        url = address("changelist", "importedfile")
        few = self.queries_of(url)
        for number in range(20):
            ImportedFile.objects.create(
                run=self.last_run, article=make_article(), path=f"{number}.md", outcome="created"
            )
        self.assertEqual(self.queries_of(url), few)
