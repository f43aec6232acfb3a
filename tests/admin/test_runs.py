"""Import runs in the admin: the record, and taking one back."""

from unittest import mock

from articles.admin import runs
from articles.importing.lock import ImportRunning
from articles.models import Article, ImportedFile, ImportRun
from tests.admin.desk import HEADLINE, DeskTestCase, make_user
from tests.test_admin import address


def make_run(**fields):
    return ImportRun.objects.create(source="feed", state=ImportRun.State.FINISHED, **fields)


def add_files(run, count, **fields):
    ImportedFile.objects.bulk_create(
        ImportedFile(run=run, path=f"{number}.md", **fields) for number in range(count)
    )


class ListTests(DeskTestCase):
    def test_shows_what_came_of_each_run(self):
        self.write(("quality: 60", "quality: high"), name="bad.md")
        self.write()
        self.run_import(operator="desk")
        page = self.client.get(address("changelist", "importrun"))
        self.assertContains(page, 'class="state state-finished">Finished')
        self.assertContains(page, 'class="state state-failed">1')
        self.assertContains(page, "desk")

    def test_filters_find_their_runs(self):
        clean, failed, torn = make_run(), make_run(failed=1), make_run(conflicts=2)
        for query, expected in {
            "failures=yes": [failed],
            "failures=no": [torn, clean],
            "conflicts=yes": [torn],
            "state__exact=running": [],
            "source=feed": [torn, failed, clean],
        }.items():
            with self.subTest(query):
                response = self.client.get(f"{address('changelist', 'importrun')}?{query}")
                self.assertEqual(list(response.context["cl"].result_list), expected)

    def test_costs_the_same_for_1_run_and_for_20(self):
        url = address("changelist", "importrun")
        make_run()
        few = self.queries_of(url)
        for _number in range(20):
            make_run(undoes=make_run())
        self.assertEqual(self.queries_of(url), few)

    def test_nobody_adds_changes_or_deletes_a_record(self):
        run = make_run()
        add_files(run, 1, outcome="failed")
        for model, row in (("importrun", run), ("importedfile", run.files.get())):
            with self.subTest(model):
                self.assertEqual(self.client.get(address("add", model)).status_code, 403)
                for page in ("change", "delete"):
                    url = address(page, model, row.pk)
                    self.assertEqual(self.client.post(url, {"post": "yes"}).status_code, 403)

    def test_needs_the_permission_to_read_it(self):
        run = make_run()
        for user, status in ((make_user("view_importrun"), 200), (make_user(), 403)):
            self.client.force_login(user)
            for url in (address("changelist", "importrun"), address("change", "importrun", run.pk)):
                self.assertEqual(self.client.get(url).status_code, status)


class RunPageTests(DeskTestCase):
    def page(self, run):
        return self.client.get(address("change", "importrun", run.pk))

    def test_counts_its_files_and_links_to_them(self):
        run = make_run(created=3, unchanged=40)
        add_files(run, 3, outcome="created")
        page = self.page(run)
        self.assertContains(page, f'<a href="{address("changelist", "importedfile")}?run={run.pk}')
        self.assertContains(page, f"run={run.pk}&amp;outcome__exact=created")
        self.assertContains(page, "Nothing to change</span> 40")

    def test_names_failures_with_line_field_and_reason(self):
        run = make_run(failed=1)
        problem = [9, "quality", "number", "'high'; expected a whole number"]
        add_files(run, 1, outcome="failed", problems=[problem])
        self.assertContains(
            self.page(run), "0.md:9</a>: quality: &#x27;high&#x27;; expected a whole"
        )

    def test_names_conflicts_with_their_fields(self):
        self.make_conflict()
        page = self.page(self.last_run)
        self.assertContains(page, "2026-03-01-bells.md</a>: headline")
        self.assertContains(page, "1 proposal waits for an editor")

    def test_shows_50_failures_and_links_to_the_rest(self):
        run = make_run(failed=60)
        add_files(run, 60, outcome="failed", problems=[[1, "file", "empty", "it is empty"]])
        page = self.page(run)
        self.assertContains(page, ".md:1</a>", count=50)
        self.assertContains(page, f"run={run.pk}&amp;outcome__exact=failed", count=2)

    def test_costs_the_same_for_1_file_and_for_60(self):
        costs = []
        for count in (1, 60):
            run = make_run(failed=1, conflicts=1)
            add_files(run, count, outcome="failed", problems=[[1, "file", "empty", "empty"]])
            move = [None, "title", "a", None, "b"]
            add_files(run, count, outcome="unchanged", conflicts=[move])
            costs.append(self.queries_of(address("change", "importrun", run.pk)))
        self.assertEqual(costs[0], costs[1])


class UndoTests(DeskTestCase):
    def undo_url(self, run):
        return address("undo", "importrun", run.pk)

    def test_a_look_shows_what_would_happen_and_changes_nothing(self):
        self.run_import()
        self.run_import(HEADLINE)
        page = self.client.get(self.undo_url(self.last_run))
        self.assertContains(page, "Put back</span> 1")
        self.assertEqual(self.article.title, "Tram bells were tuned")
        self.assertEqual(ImportRun.objects.count(), 2)

    def test_takes_the_run_back(self):
        self.run_import()
        self.run_import(HEADLINE)
        run = self.last_run
        response = self.client.post(self.undo_url(run), follow=True)
        self.assertEqual(self.article.title, "Tram bells are tuned")
        undo = self.last_run
        self.assertEqual((undo.undoes, undo.operator), (run, self.editor.username))
        self.assertRedirects(response, undo.get_absolute_url())
        self.assertIn("1 put back, 0 removed", self.messages_of(response)[0])
        self.assertContains(self.client.get(run.get_absolute_url()), undo.get_absolute_url())

    def test_says_what_was_kept_and_why(self):
        self.run_import()
        self.edit(note="Checked by the desk.")
        page = self.client.get(self.undo_url(self.last_run))
        self.assertContains(page, "2026-03-01-bells.md: an editor worked on it (note)")
        response = self.client.post(self.undo_url(self.last_run), follow=True)
        self.assertIn("an editor worked on it (note)", self.messages_of(response)[1])
        self.assertTrue(Article.objects.exists())

    def test_what_cannot_be_taken_back_says_so(self):
        self.run_import()
        run = self.last_run
        self.client.post(self.undo_url(run), follow=True)
        for method in (self.client.get, self.client.post):
            response = method(self.undo_url(run), follow=True)
            self.assertIn(f"run {run.pk} was taken back", self.messages_of(response)[0])
        self.assertNotContains(response, self.undo_url(run))

    def test_names_the_command_for_a_run_of_very_many_files(self):
        self.run_import()
        run = self.last_run
        with mock.patch.object(runs, "UNDONE_HERE", 0):
            response = self.client.post(self.undo_url(run), follow=True)
        self.assertIn(f"manage.py undo_import {run.pk}", self.messages_of(response)[0])
        self.assertTrue(Article.objects.exists())

    def test_waits_for_no_import(self):
        self.run_import()
        with mock.patch.object(runs, "undo_import", side_effect=ImportRunning("process 7")):
            response = self.client.post(self.undo_url(self.last_run), follow=True)
        self.assertIn("process 7", self.messages_of(response)[0])

    def test_needs_the_permission_to_take_runs_back(self):
        self.run_import()
        run = self.last_run
        for names, status in (
            (["change_article", "delete_article", "change_importrun", "view_importrun"], 403),
            (["view_importrun", "undo_importrun"], 302),
        ):
            with self.subTest(names):
                self.client.force_login(make_user(*names))
                page = self.client.get(run.get_absolute_url())
                self.assertEqual(self.undo_url(run) in page.content.decode(), status == 302)
                look = self.client.get(self.undo_url(run)).status_code
                self.assertEqual(look, 403 if status == 403 else 200)
                self.assertEqual(self.client.post(self.undo_url(run)).status_code, status)

    def test_a_run_that_is_not_there_is_not_found(self):
        for number in ("999999", "x", "9" * 400):
            with self.subTest(number):
                self.assertEqual(
                    self.client.post(self.undo_url(mock.Mock(pk=number))).status_code, 404
                )
