"""Each role can do what the table says, and no more: every page of the admin by role, by the
article's state and by method, and every action of its lists."""

import re
from datetime import timedelta

from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import RequestFactory
from django.urls import get_resolver, reverse
from django_tasks_db.models import DBTaskResult

from articles import bulk, revisions, undoing
from articles.models import Article, BulkAction, DuplicatePair, Pin, Revision, Tombstone
from newsroom.accounts.models import Attempts
from tests.admin.desk import DeskTestCase
from tests.factories import (
    NOON,
    make_article,
    make_editor,
    make_image,
    make_member,
    make_provider,
    make_related_item,
    make_topic,
)
from tests.promises import IS_FULL
from tests.promises.rights import ACTIONS, FREE, PAGES, RECORDS, ROLES, Writes, read
from tests.test_admin import fields_of, listed_fields_of, picture

Status = Article.Status
FUTURE = NOON + timedelta(days=36500)
STATES = {
    "held": {"status": Status.HELD, "publish_from": None},
    "in review": {"status": Status.REVIEW, "publish_from": None},
    "public": {"status": Status.PUBLISHED, "publish_from": NOON},
    "scheduled": {"status": Status.PUBLISHED, "publish_from": FUTURE},
    "expired": {
        "status": Status.PUBLISHED,
        "publish_from": NOON,
        "publish_until": NOON + timedelta(days=1),
    },
    "withdrawn": {"status": Status.WITHDRAWN, "publish_from": None},
    "in the trash": {"status": Status.TRASHED, "publish_from": None},
}
SAMPLE = ("held", "public", "in the trash")
# What an editor leaves to a publisher, by the kind of page.
PUBLISHERS = {"public", "scheduled", "expired"}
OF_NO_ROW = ("_changelist", "_add", "_triage", "_upload", "_choose")
WRITTEN = ("title", "name", "alt_text", "first_name")


def admin_pages() -> dict[str, str]:
    """Name of the page to its route, of every pattern of the admin that has a name."""
    found = {}
    for entry in get_resolver().url_patterns:
        if getattr(entry, "namespace", None) == "admin":
            _collect(entry.url_patterns, found)
    return found


def _collect(patterns, found):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            _collect(pattern.url_patterns, found)
        elif pattern.name:
            found[pattern.name.removeprefix("articles_")] = pattern.name


def actions() -> dict[str, admin.ModelAdmin]:
    """ "model.action" to its admin, of every action that a superuser is offered anywhere."""
    found = {}
    for query in ({}, {"status__exact": Status.TRASHED}):
        request = RequestFactory().get("/", query)
        request.user = User(is_superuser=True, is_active=True)
        for model, model_admin in admin.site._registry.items():
            for name in model_admin.get_actions(request):
                found[f"{model._meta.model_name}.{name}"] = model_admin
    return found


class TheTableTests(DeskTestCase):
    def test_names_every_page_of_the_admin(self):
        self.assertEqual(set(admin_pages()), set(read(PAGES)) | FREE)

    def test_names_every_action_of_its_lists(self):
        self.assertEqual(set(actions()), set(read(ACTIONS)))


class RightsTestCase(DeskTestCase):
    """One row of everything, with an article whose state is set for each trial."""

    def setUp(self):
        super().setUp()
        self.proposal = self.make_conflict()
        article = Article.objects.get()
        revisions.record(article, {"title": ["A", "B"]}, self.editor, Revision.Kind.EDIT)
        # What can be merged, deleted and let return.
        buried = make_article()
        buried.delete()
        self.rows = {
            "article": article,
            "relateditem": make_related_item(article),
            "image": make_image(),
            "provider": make_provider("Lone Post", "lone.example"),
            "topic": make_topic("Lone"),
            "importrun": self.last_run,
            "importedfile": article.imports.first(),
            "proposal": self.proposal,
            "duplicatepair": DuplicatePair.objects.create(
                first=article, second=make_article(), is_same_link=True, is_alike_title=False
            ),
            "tombstone": Tombstone.objects.get(),
            "logentry": None,
            "dbtaskresult": DBTaskResult.objects.create(
                task_path="articles.tasks.none", args_kwargs={"args": [], "kwargs": {}}
            ),
            "user": User.objects.create(username="colleague"),
            "group": Group.objects.create(name="Guests"),
            "attempts": Attempts.objects.create(key="0", kind=Attempts.Kind.ACCOUNT, failures=50),
        }
        Pin.objects.create(place=1, article=article)
        self.client.force_login(self.editor)
        self.client.post(self.url("image_change"), self.body("image_change"))
        self.rows["logentry"] = self.editor.logentry_set.first()
        # Begun, and with its article still to come; it is its owner's, see `send`.
        self.bulk = bulk.choose(
            self.editor,
            BulkAction.Deed.ASSIGN,
            Article.objects.filter(pk=article.pk),
            choices={"to": self.rows["user"].pk},
        )
        self.users = {role: make_member(role, f"{role} at work") for role in ROLES}
        self.all = make_editor("all")

    def of(self, state):
        """Puts the article into the state."""
        fields = {"publish_until": None} | STATES[state]
        Article.objects.filter(pk=self.rows["article"].pk).update(**fields)

    def url(self, page):
        name = admin_pages()[page]
        if page == "app_list":
            return reverse("admin:app_list", args=["articles"])
        if page == "autocomplete":
            return reverse("admin:autocomplete") + (
                "?app_label=articles&model_name=article&field_name=provider"
            )
        if page == "view_on_site":
            kind = ContentType.objects.get_for_model(Article)
            return reverse("admin:view_on_site", args=[kind.pk, self.rows["article"].pk])
        if page == "article_undo":
            return reverse(f"admin:{name}")
        if page == "article_bulk":
            return reverse(f"admin:{name}", args=[self.bulk.pk])
        apps = r"^(auth|admin|accounts|django_tasks_database)_"
        model = re.sub(apps, "", page).split("_")[0]
        takes_a_row = model in self.rows and not page.endswith(OF_NO_ROW)
        url = reverse(f"admin:{name}", args=[self.rows[model].pk] if takes_a_row else [])
        if page in ("article_compare", "article_restore"):
            key = revisions.timeline(self.rows["article"])[-1].key
            url += f"?a={key}&b={key}&to={key}"
        return url

    def body(self, page) -> dict:
        """What a page is sent that it would write; asked of the page itself where it has a form."""
        made = getattr(self, f"body_of_{page}", None)
        if made:
            return made()
        if page.endswith("_delete"):
            return {"post": "yes"}
        if page.endswith("_change"):
            response = self.client.get(self.url(page))
            if response.context and "adminform" in response.context:
                data = fields_of(response)
                name = next((name for name in WRITTEN if name in data), None)
                return data | ({name: f"{data[name]} changed"} if name else {})
        return {"note": "changed", "title": "changed", "name": "changed"}

    def added(self, page, **fields):
        return fields_of(self.client.get(self.url(page))) | fields

    def body_of_article_add(self):
        return self.added("article_add", title="New", excerpt="Brand new, and long enough.")

    def body_of_relateditem_add(self):
        return self.added("relateditem_add", title="New", article=self.rows["article"].pk)

    def body_of_image_add(self):
        return self.added("image_add", file=SimpleUploadedFile("new.jpg", picture(), "image/jpeg"))

    def body_of_image_upload(self):
        return {"files": SimpleUploadedFile("new.jpg", picture(), "image/jpeg")}

    def body_of_image_changelist(self):
        fields = listed_fields_of(self.client.get(self.url("image_changelist")))
        return fields | {"form-0-alt_text": "changed in the list"}

    def body_of_provider_add(self):
        return self.added("provider_add", name="New", domain="new.example")

    def body_of_topic_add(self):
        return self.added("topic_add", name="New")

    def body_of_auth_user_add(self):
        word = "Half past noon 77"
        return {"username": "new", "password1": word, "password2": word, "usable_password": "true"}

    def body_of_auth_user_password_change(self):
        return self.body_of_auth_user_add()

    def body_of_auth_group_add(self):
        return {"name": "New"}

    def body_of_article_restore(self):
        return {"to": revisions.timeline(self.rows["article"])[-1].key}

    def body_of_article_trash(self):
        row = Article.objects.get(pk=self.rows["article"].pk)
        return {"restore" if row.status == Status.TRASHED else "trash": "1"}

    def body_of_article_triage(self):
        return {"article": self.rows["article"].pk, "decision": "hold"}

    def body_of_article_proposals(self):
        return {"reject": self.proposal.pk}

    def body_of_article_pin(self):
        return {"place": "2"}

    def body_of_pin_changelist(self):
        return {"unpin": self.rows["article"].pk}

    def body_of_article_preview_links(self):
        return {"make": "1", "hours": "24"}

    def body_of_article_sources(self):
        return {"dismiss": "1"}

    def body_of_article_lead(self):
        row = Article.objects.get(pk=self.rows["article"].pk)
        return {"lead": row.pk, "public": row.pk if row.is_published() else ""}

    def body_of_article_hide(self):
        return {"hide": self.rows["relateditem"].pk}

    def body_of_article_undo(self):
        changes = {"note": ["Before", self.rows["article"].note]}
        last = revisions.record(self.rows["article"], changes, self.editor, Revision.Kind.EDIT)
        return {"token": undoing.token([last])}

    def body_of_duplicatepair_resolve(self):
        return {"different": "1"}

    def send(self, user, method, url, data=None):
        """(status, tables written) of one request, of which nothing stays."""
        self.client.force_login(user)
        writes = Writes()
        for value in (data or {}).values():
            if hasattr(value, "seek"):
                value.seek(0)
        with transaction.atomic():
            BulkAction.objects.update(by=user)
            with connection.execute_wrapper(writes):
                response = getattr(self.client, method)(url, data or {})
            transaction.set_rollback(True)
        return response.status_code, writes.tables

    def tried(self, marks):
        """(role, mark) of each role; in a sample of those alone that differ from the one before."""
        roles = list(marks.items())
        before = [None, *marks.values()]
        return [each for each, last in zip(roles, before) if IS_FULL or each[1] != last]  # noqa: B905

    def states(self):
        return [state for state in STATES if IS_FULL or state in SAMPLE]


class PagesTests(RightsTestCase):
    def test_every_page_by_role_state_and_method(self):
        writable = set()
        for state in self.states():
            for page, marks in read(PAGES).items():
                is_about_it = page.startswith(("article_", "relateditem_"))
                may_differ = IS_FULL or "w*" in marks.values() or page not in writable
                if state != "held" and not (is_about_it and may_differ):
                    continue
                self.of(state)
                self.client.force_login(self.all)
                url, body = self.url(page), self.body(page)
                _, could = self.send(self.all, "post", url, body)
                writable |= {page} if could else set()
                for role, mark in self.tried(marks):
                    with self.subTest(page=page, role=role, state=state):
                        sent = body
                        if mark == "w" or (mark == "w*" and state not in PUBLISHERS):
                            self.client.force_login(self.users[role])
                            sent = self.body(page)  # as their own page has it
                        self.check(role, mark, state, url, sent, could)
        marked = {page for page, marks in read(PAGES).items() if "w" in str(marks)}
        self.assertEqual(writable, marked, "what is sent to these pages would prove nothing")

    def check(self, role, mark, state, url, body, could):
        user = self.users[role]
        status, written = self.send(user, "get", url)
        self.assertEqual(written, set())
        is_theirs = mark == "w*" and state in PUBLISHERS
        if mark == "-":
            self.assertEqual(status, 403)
        elif state == "in the trash" and url.endswith("/preview/"):
            self.assertEqual(status, 404)
        elif not is_theirs:
            self.assertLess(status, 400)
        status, written = self.send(user, "post", url, body)
        self.assertLess(status, 500)
        if mark in ("-", "r"):
            self.assertEqual(written, set())
        elif mark == "w" or not self.is_publishers(url, state):
            self.assertEqual(written, could)
        else:
            self.assertEqual(written - RECORDS, set())

    def is_publishers(self, url, state):
        return state in PUBLISHERS or (state == "withdrawn" and "/trash/" in url)

    def test_nobody_else_gets_in(self):
        reader = User.objects.create(username="reader")
        staff = User.objects.create(username="staff", is_staff=True)
        inner = {"index", "jsi18n", "password_change", "password_change_done", "view_on_site"}
        inner |= {"second_factor"}
        self.client.force_login(self.all)
        for page in read(PAGES):
            url, body = self.url(page), self.body(page)
            for method in ("get", "post"):
                with self.subTest(page=page, method=method):
                    status, written = self.send(reader, method, url, body)
                    self.assertEqual((status, written), (302, set()))
                    status, written = self.send(staff, method, url, body)
                    self.assertEqual(written, set())
                    if page not in inner:
                        self.assertIn(status, (403, 404, 405))
            self.client.force_login(self.all)


class ActionsTests(RightsTestCase):
    BODIES = {
        "article.withdraw": {"reason": "So"},
        "article.delete_for_good": {"confirmed": "yes"},
        "provider.merge_into": {"confirmed": "yes"},
        "topic.merge_into": {"confirmed": "yes"},
    }

    def setUp(self):
        super().setUp()
        self.twins = {
            "provider": make_provider("Other Post", "other.example"),
            "topic": make_topic("Other"),
        }

    def body_for(self, name):
        model, action = name.split(".")
        rows = [self.rows[model]]
        data = {"action": action, "post": "yes"} | self.BODIES.get(name, {})
        if action == "merge_into":
            rows.append(self.twins[model])
            data["survivor"] = rows[0].pk
        return data | {"_selected_action": [row.pk for row in rows]}

    def test_every_action_by_role_and_state(self):
        able = set()
        for state in self.states():
            for name, marks in read(ACTIONS).items():
                model = name.split(".")[0]
                is_about_it = model in ("article", "relateditem", "proposal")
                if state != "held" and not is_about_it:
                    continue
                self.of(state)
                url = reverse(f"admin:{admin_pages()[self.list_of(model)]}")
                if model == "article" and state == "in the trash":
                    url += f"?status__exact={Status.TRASHED}"
                body = self.body_for(name)
                _, could = self.send(self.all, "post", url, body)
                able |= {name} if could else set()
                for role, mark in self.tried(marks):
                    with self.subTest(name, role=role, state=state):
                        status, written = self.send(self.users[role], "post", url, body)
                        self.assertLess(status, 500)
                        is_done = mark == "w" or (
                            mark == "w*" and state not in PUBLISHERS | {"withdrawn"}
                        )
                        is_free = model == "relateditem" and state == "withdrawn"
                        is_done = is_done or (mark == "w*" and is_free)
                        if not is_done and mark != "-":
                            written -= RECORDS
                        self.assertEqual(written, could if is_done else set())
        self.assertEqual(able, set(read(ACTIONS)), "these would prove nothing")

    def list_of(self, model):
        app = {"user": "auth_", "group": "auth_", "attempts": "accounts_"}.get(model, "")
        return f"{app}{model}_changelist"


class TwinTests(RightsTestCase):
    def test_the_promise_would_be_seen_broken(self):
        """An editor with one permission too many does what the table denies."""
        self.of("public")
        user = self.users["Editor"]
        self.client.force_login(self.all)
        url, body = self.url("article_change"), self.body("article_change")
        self.assertEqual(self.send(user, "post", url, body)[1], set())
        user.user_permissions.add(Permission.objects.get(codename="publish_article"))
        user = User.objects.get(pk=user.pk)
        self.assertIn("articles_article", self.send(user, "post", url, body)[1])
