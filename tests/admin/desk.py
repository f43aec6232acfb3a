"""An editor at the desk while a feed delivers: what the tests of these pages begin with."""

from unittest import mock

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.models import Article, ImportRun, Proposal
from tests.factories import make_editor
from tests.importing.test_pipeline import ImportTestCase
from tests.test_admin import address

HEADLINE = ("Tram bells are tuned", "Tram bells were tuned")
EXCERPT = ("The depot tunes", "The workshop tunes")
OTHER_COPY = (
    ("https://post.example/bells", "https://courier.example/bells"),
    ("https://post.example/bells", "https://courier.example/bells"),
    ("name: Post", "name: Courier"),
    ("domain: Post.example", "domain: courier.example"),
)


def make_user(*permissions):
    """May log in, and what the permissions ("view_article") say."""
    name = "-".join(permissions) or "nobody"
    user = get_user_model().objects.create(username=name[:150], is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


class DeskTestCase(ImportTestCase):
    def setUp(self):
        super().setUp()
        self.editor = make_editor()
        self.client.force_login(self.editor)
        # One request ends a deed, however slow the machine.
        self.enterContext(mock.patch("articles.bulk.SECONDS", 600))

    def edit(self, **fields):
        Article.objects.filter(pk=self.article.pk).update(**fields)

    def make_conflict(self):
        """Ours: "Bells in tune", theirs: "Tram bells were tuned". Returns the proposal."""
        self.run_import()
        self.edit(title="Bells in tune")
        self.run_import(HEADLINE)
        return Proposal.objects.open().get()

    def make_swaps(self):
        """The feed goes over to another copy, and back."""
        self.run_import()
        self.run_import(*OTHER_COPY)
        self.run_import(("heat: 80", "heat: 80"))

    @property
    def last_run(self):
        return ImportRun.objects.first()

    def form_of(self, article):
        return self.client.get(address("change", "article", article.pk))

    def queries_of(self, url):
        self.client.get(url)  # content types and sessions are cached after the first
        with CaptureQueriesContext(connection) as queries:
            self.assertEqual(self.client.get(url).status_code, 200)
        return len(queries)

    def messages_of(self, response):
        return [str(message) for message in response.context["messages"]]

    def act(self, model, name, *rows, query="", **fields):
        """Runs an action of the list on the rows ticked."""
        data = {"action": name, "_selected_action": [row.pk for row in rows], **fields}
        return self.client.post(address("changelist", model) + query, data, follow=True)
