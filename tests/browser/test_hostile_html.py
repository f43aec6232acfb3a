"""Hostile HTML does nothing: whatever a feed or an editor writes into any field, on no page of
readers or editors does a script of it run, and nothing is asked of another host.

The browser's own defence is off: what is tested is the site's, the Content Security Policy is the
second (`SecondDefenceTests`).
"""

import copy
import random
from unittest import mock
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse
from django.utils.safestring import mark_safe

from articles import bulk, merging, previews, prose
from articles.models import (
    Article,
    BulkAction,
    DuplicatePair,
    Image,
    ImportedFile,
    ImportRun,
    Lead,
    Pin,
    Proposal,
    Provider,
    RelatedItem,
    Topic,
)
from tests import hostile
from tests.browser.browsing import BrowserTestCase
from tests.factories import make_editor
from tests.promises import IS_FULL, trials

SAMPLE, BATCH = 12, 100
# What every test's own payloads do, and what could be done besides.
TELL = """
    window.ran = [];
    for (const name of ["alert", "confirm", "prompt", "print", "open", "fetch"])
        window[name] = (...told) => { window.ran.push(`${name} ${told}`); };
    document.write = document.writeln = told => { window.ran.push(`write ${told}`); };
"""
# What could run, load or lead somewhere unsafe, though it has not yet: nobody has hovered there.
ARMED = """() => {
    const found = [];
    const safe = /^(https?|mailto):/;
    const links = ["href", "src", "action", "formaction", "data", "xlink:href", "poster", "srcdoc"];
    for (const each of document.querySelectorAll("*")) {
        const told = each.outerHTML.slice(0, 200);
        const type = (each.getAttribute("type") || "").toLowerCase();
        if (each.localName === "script" && !each.src && !/json/.test(type)) found.push(told);
        if (/^(iframe|object|embed|base|applet|frame)$/.test(each.localName)) found.push(told);
        if (each.localName === "meta" && each.httpEquiv) found.push(told);
        for (const { name, value } of each.attributes) {
            if (name.startsWith("on")) found.push(`${name} of ${told}`);
            if (!links.includes(name) || !value) continue;
            let address = "";
            try { address = new URL(value, document.baseURI); } catch { continue; }
            if (!safe.test(address.protocol)) found.push(`${name} of ${told}`);
            const isLink = each.localName === "a";
            if (!isLink && address.origin !== location.origin) found.push(`${name} of ${told}`);
        }
    }
    return [...window.ran.map(each => `ran: ${each}`), ...found];
}"""


def unescaped():
    """The twin: templates escape nothing."""
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["autoescape"] = False
    return override_settings(TEMPLATES=templates)


def admin(page, *args):
    return reverse(f"admin:articles_{page}", args=args)


@hostile.needs_hostile
@pytest.mark.corpus
class HostileTestCase(BrowserTestCase):
    def fill(self, texts) -> None:
        self.editor = make_editor()
        hostile.make_newsroom(texts, self.editor)

    def addresses(self) -> list[str]:
        """Every kind of page, each list whole as far as a page of it goes."""
        public = list(Article.objects.published().order_by("pk"))
        held = Article.objects.filter(status=Article.Status.HELD)
        run = ImportRun.objects.order_by("pk").last()
        first, second = public[:2]
        pair = DuplicatePair.objects.create(
            first=first, second=second, is_same_link=True, is_alike_title=True
        )
        lead = {"provider_name": first.title[:200], "domain": first.title, "link": first.excerpt}
        for each in ("a", "b"):
            content = hostile.seed(1, first.excerpt + each)
            Lead.objects.create(article=first, content=content, last_at=first.created_at, **lead)
        Pin.objects.create(place=1, article=first)
        chosen = Article.objects.filter(source="feed")
        deed = bulk.choose(self.editor, BulkAction.Deed.PUBLISH, chosen, choices={})
        bulk.go_on(deed)
        deed.items.update(reason=second.excerpt)
        merging.merge(public[2].pk, public[3].pk, self.editor)
        public[4].delete()
        some = Article.objects.published().order_by("pk")
        some = some if IS_FULL else some[:4]
        keys = [entry.key for entry in _timeline(first)]
        lists = [
            *("article", "relateditem", "image", "provider", "topic", "importrun", "importedfile"),
            *("proposal", "duplicatepair", "tombstone", "pin"),
        ]
        forms = [
            *(held[0], RelatedItem.objects.first(), Image.objects.last(), Provider.objects.last()),
            *(Topic.objects.last(), run, ImportedFile.objects.filter(outcome="failed").first()),
            *(ImportedFile.objects.filter(outcome="updated").first(), pair),
            *(Proposal.objects.first(),),
        ]
        front = [reverse(f"articles:{name}") for name in ("front", "latest", "topics", "providers")]
        return [
            *front,
            *("/search/?q=ours&sort=newest", "/search/?q=alert", "/archive/2026/03/01/"),
            *(article.get_absolute_url() for article in some),
            *(topic.get_absolute_url() for topic in Topic.objects.with_published()[:2]),
            *(provider.get_absolute_url() for provider in Provider.objects.with_published()[:2]),
            *(previews.address_of(previews.make(article, self.editor)) for article in held[:2]),
            reverse("admin:index"),
            reverse("admin:admin_logentry_changelist"),
            *(admin(f"{name}_changelist") for name in lists),
            *(admin(f"{row._meta.model_name}_change", row.pk) for row in forms if row),
            *(admin("article_change", article.pk) for article in public[5 : 7 if IS_FULL else 6]),
            *(admin(f"article_{page}", first.pk) for page in ("history", "preview", "delete")),
            admin("article_compare", first.pk) + f"?a={keys[0]}&b={keys[-1]}",
            admin("article_restore", first.pk) + f"?to={keys[-1]}",
            admin("article_triage"),
            admin("article_bulk", deed.pk),
            admin("provider_delete", Provider.objects.first().pk),
            admin("importrun_undo", run.pk),
        ]

    def visit(self, addresses, **options) -> list[str]:
        """What ran, or could, on each of these pages."""
        context = self.visitor(self.editor, **options)
        context.add_init_script(TELL)
        page = context.new_page()
        found = []
        page.on("dialog", lambda dialog: (found.append(dialog.message), dialog.dismiss()))
        for address in addresses:
            answer = page.goto(address, wait_until="load")
            self.assertLess(answer.status, 400, address)
            found += [f"{address}: {each}" for each in page.evaluate(ARMED)]
        return found

    def retell(self, page) -> list[str]:
        """What a careless reader of feeds, or a client of the API, makes of them: HTML of all that
        is told as HTML."""
        parts = []
        for form in ("atom", "rss"):
            root = ElementTree.fromstring(self.client.get(f"/feed.{form}").content)
            names = ("description", "content", "encoded", "summary")
            parts += [each.text for each in root.iter() if each.tag.split("}")[-1] in names]
        items = self.client.get("/feed.json").json()["items"]
        parts += [item.get("content_html") for item in items]
        parts += [
            each["content"] for each in self.client.get("/api/news/index.json").json()["value"]
        ]
        self.assertGreater(len(parts), 20)
        page.set_content("<!doctype html>" + "\n".join(filter(None, parts)))
        return page.evaluate(ARMED)


def _timeline(article):
    from articles import revisions

    return revisions.timeline(article)


class HostileHtmlTests(HostileTestCase):
    def check(self, texts):
        self.fill(texts)
        self.assertGreater(Article.objects.published().count(), len(texts) // 2)
        self.assertEqual(self.visit(self.addresses(), bypass_csp=True), [])
        context = self.visitor(bypass_csp=True)
        context.add_init_script(TELL)
        self.assertEqual(self.retell(context.new_page()), [])

    def test_nothing_runs_and_nothing_is_asked_for(self):
        texts = sample(trials(SAMPLE, len(hostile.payloads())))
        for start in range(0, len(texts), BATCH):
            if start:
                call_command("flush", verbosity=0, interactive=False)
            with self.subTest(start):
                self.check(texts[start : start + BATCH])


class UndefendedTests(HostileTestCase):
    """The twin, and the second line of defence behind it."""

    def setUp(self):
        super().setUp()
        raw = mock.patch.object(prose, "render", lambda text: mark_safe(text))
        self.enterContext(raw)
        self.enterContext(unescaped())
        self.fill(sample(12))
        self.shown = [*(a.get_absolute_url() for a in Article.objects.published()[:8]), "/latest/"]

    def tearDown(self):
        self.faults.clear()  # they are what is looked for
        super().tearDown()

    def test_scripts_run_and_strangers_are_asked_where_nothing_is_escaped(self):
        found = self.visit(self.shown, bypass_csp=True)
        self.assertIn("ran: ", str(found))

    def test_the_policy_of_the_pages_stops_even_these(self):
        found = self.visit(self.shown)
        self.assertNotIn("ran: ", str(found))
        self.assertIn("refused by policy", str(self.faults))


def sample(count: int) -> list[str]:
    texts = hostile.storable(list(dict.fromkeys(hostile.payloads())))
    return random.Random(2026).sample(texts, min(count, len(texts)))
