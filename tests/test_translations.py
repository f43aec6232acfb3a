"""Every text in every language: nothing missing, nothing stale, and a reader who notices."""

import ast
import gettext
import os
import re
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import skipUnless

from django.conf import settings
from django.test import SimpleTestCase, TestCase, override_settings
from django.urls import reverse
from django.utils import translation

from articles.admin.widgets import ago, bounded_count
from articles.models import Article

from .factories import make_article, make_editor, make_provider, make_topic

LOCALE = Path("articles/locale")
LANGUAGES = [code for code, name in settings.LANGUAGES if code != "en"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%%?|<[^>]+>|&\w+;")
# A form for one number alone may spell it out: "once", "two stories".
NUMBERS = {
    "%(count)s",
    "%(counter)s",
    "%(number)s",
    "%(n)s",
    "%(times)s",
    "%(num)d",
    "%(count)d",
    "%(minutes)d",
}
FIRST_PUBLISHED = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)


@dataclass
class Entry:
    """One text of a catalogue: `flags` such as "fuzzy", `forms` in the language's own order."""

    flags: str = ""
    context: str = ""
    text: str = ""
    plural: str = ""
    forms: list[str] = field(default_factory=list)

    def __str__(self):
        return self.text


def read_catalogue(path: Path) -> tuple[Entry, list[Entry]]:
    """The header and the entries of a .po file, as msgfmt would read it
    (https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html)."""
    entries = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        entry, key = Entry(), None
        for line in block.splitlines():
            if line.startswith("#,"):
                entry.flags += line[2:]
            if line.startswith("#") or not line:
                continue
            if not line.startswith('"'):
                key, _, line = line.partition(" ")
                if key.startswith("msgstr"):
                    entry.forms.append("")
            text = ast.literal_eval(line)
            match key:
                case "msgid":
                    entry.text += text
                case "msgid_plural":
                    entry.plural += text
                case "msgctxt":
                    entry.context += text
                case _:
                    entry.forms[-1] += text
        entries.append(entry)
    return entries[0], entries[1:]


def plural_rule(header: Entry):
    """How many forms the language has, and which of them a number takes."""
    rule = re.search(r"nplurals=(\d+); plural=(.*);", header.forms[0])
    return int(rule[1]), gettext.c2py(rule[2])


class CatalogueTests(SimpleTestCase):
    def catalogues(self):
        for language in LANGUAGES:
            path = settings.BASE_DIR / LOCALE / language / "LC_MESSAGES" / "django.po"
            with self.subTest(language):
                yield path, *read_catalogue(path)

    def test_every_text_is_translated_in_all_its_forms(self):
        for _path, header, entries in self.catalogues():
            count, _form = plural_rule(header)
            for entry in entries:
                self.assertNotIn("fuzzy", entry.flags, entry)
                self.assertEqual(len(entry.forms), count if entry.plural else 1, entry)
                self.assertNotIn("", [form.strip() for form in entry.forms], entry)

    def test_what_is_filled_in_and_marked_up_is_the_same(self):
        for _path, header, entries in self.catalogues():
            _count, form_of = plural_rule(header)
            meant = [form_of(number) for number in range(1000)]
            for entry in entries:
                wanted = sorted(PLACEHOLDER.findall(entry.plural or entry.text))
                for number, form in enumerate(entry.forms):
                    found = sorted(PLACEHOLDER.findall(form))
                    if entry.plural and meant.count(number) == 1 and not NUMBERS & set(found):
                        self.assertEqual(found, [p for p in wanted if p not in NUMBERS], entry)
                    else:
                        self.assertEqual(found, wanted, entry)

    def test_what_django_reads_is_what_the_catalogue_says(self):
        for path, header, entries in self.catalogues():
            _count, form_of = plural_rule(header)
            content = path.with_suffix(".mo").read_bytes()
            # https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
            self.assertEqual(struct.unpack("<3I", content[:12])[2], len(entries) + 1)
            with path.with_suffix(".mo").open("rb") as file:
                compiled = gettext.GNUTranslations(file)
            for entry in entries:
                self.assertEqual(entry.context, "", "not read below")
                if not entry.plural:
                    self.assertEqual(compiled.gettext(entry.text), entry.forms[0])
                for number in range(200) if entry.plural else ():
                    said = compiled.ngettext(entry.text, entry.plural, number)
                    self.assertEqual(said, entry.forms[form_of(number)])

    @skipUnless(shutil.which("xgettext"), "GNU gettext is not installed")
    def test_holds_every_text_of_code_and_templates_and_no_other(self):
        with TemporaryDirectory() as folder:
            copy = Path(folder)
            for name in ("articles", "newsroom", "templates"):
                shutil.copytree(settings.BASE_DIR / name, copy / name)
            shutil.copy(settings.BASE_DIR / "manage.py", copy)
            command = [sys.executable, "manage.py", "update_catalogues"]
            own = {"DJANGO_SETTINGS_MODULE": "newsroom.settings"}
            done = subprocess.run(
                command,
                cwd=copy,
                env=os.environ | own,
                capture_output=True,
                text=True,
                timeout=120,
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            for path, _header, entries in self.catalogues():
                _, fresh = read_catalogue(copy / path.relative_to(settings.BASE_DIR))
                known = {(entry.text, entry.plural) for entry in entries}
                said = {(entry.text, entry.plural) for entry in fresh}
                self.assertEqual(said - known, set(), "run manage.py update_catalogues")
                self.assertEqual(known - said, set(), "run manage.py update_catalogues")


class LanguageTests(SimpleTestCase):
    def test_is_the_same_for_every_reader(self):
        self.assertNotIn("django.middleware.locale.LocaleMiddleware", settings.MIDDLEWARE)

    def test_says_how_long_ago_as_the_language_does(self):
        at = datetime(2026, 3, 1, tzinfo=UTC)
        for language, said in {
            "en": "2\xa0days\xa0ago",
            "de": "vor\xa02\xa0Tagen",
            "ar": "منذ\xa0يومين",
        }.items():
            with self.subTest(language), translation.override(language):
                self.assertIn(f">{said}</time>", ago(at, at + timedelta(days=2)))


class ReaderTests(TestCase):
    """A reader's way through the site, in German and from right to left."""

    @classmethod
    def setUpTestData(cls):
        topic, provider = make_topic("Climate"), make_provider()
        cls.article = make_article(
            title="Tide turns",
            topics=[topic],
            provider=provider,
            published_at=FIRST_PUBLISHED,
        )
        for number in range(2):
            make_article(title=f"Other {number}", topics=[topic], provider=provider)

    def assertPage(self, address, *texts, status=200):
        response = self.client.get(address)
        self.assertEqual(response.status_code, status)
        for text in texts:
            self.assertContains(response, text, status_code=status)

    @override_settings(LANGUAGE_CODE="de")
    def test_reads_german(self):
        root = '<html lang="de" dir="ltr"'
        self.assertPage(reverse("articles:front"), root, "Titelseite", "Zum Inhalt springen")
        self.assertPage(
            self.article.get_absolute_url(),
            root,
            '<time datetime="2026-03-01T14:05:00Z">1. März 2026, 14:05 UTC</time>',
            "Weiterlesen bei",
        )
        self.assertPage(reverse("articles:latest"), root, "01.03.2026</time>")
        self.assertPage(reverse("articles:topics"), root, "<h1>Themen</h1>")
        self.assertPage("/search/?type=article", root, "3 Meldungen")
        self.assertPage(reverse("articles:providers"), root, "<h1>Quellen</h1>")
        self.assertPage("/nothing/", root, "Seite nicht gefunden", status=404)
        self.assertPage(reverse("articles:search") + "?from=x", root, "Geben Sie ein Datum")

    @override_settings(LANGUAGE_CODE="ar")
    def test_reads_arabic_from_right_to_left(self):
        root = '<html lang="ar" dir="rtl"'
        self.assertPage(reverse("articles:front"), root, "الصفحة الأولى", "انتقل إلى المحتوى")
        self.assertPage(
            self.article.get_absolute_url(),
            root,
            '<time datetime="2026-03-01T14:05:00Z">1 مارس 2026، 14:05 UTC</time>',
            "تابع القراءة لدى",
        )
        self.assertPage(reverse("articles:latest"), root, "1\u200f/3\u200f/2026</time>")
        self.assertPage("/search/?type=article", root, "3 أخبار")
        self.assertPage(reverse("articles:providers"), root, "<h1>المصادر</h1>")
        self.assertPage("/nothing/", root, "الصفحة غير موجودة", status=404)

    @override_settings(LANGUAGE_CODE="ar")
    def test_is_not_asked_which_language(self):
        german = self.client.get(reverse("articles:front"), headers={"accept-language": "de"})
        self.assertContains(german, '<html lang="ar"')
        self.assertNotIn("Accept-Language", german.headers.get("Vary", ""))

    @override_settings(LANGUAGE_CODE="ar")
    def test_machines_are_told_the_same_language(self):
        self.assertPage(reverse("articles:feed", args=["atom"]), 'xml:lang="ar"')
        self.assertPage(reverse("articles:feed", args=["rss"]), "<language>ar</language>")
        feed = self.client.get(reverse("articles:feed", args=["json"])).json()
        self.assertEqual(feed["language"], "ar")
        # Their addresses, numbers and dates stay as machines read them.
        self.assertEqual(feed["items"][-1]["date_published"][:10], feed_date(self.article))


def feed_date(article: Article) -> str:
    return f"{article.publish_from:%Y-%m-%d}"


class EditorTests(TestCase):
    def setUp(self):
        self.client.force_login(make_editor())
        self.article = make_article(is_published=False)

    @override_settings(LANGUAGE_CODE="de")
    def test_works_in_german(self):
        self.assertContains(self.client.get(reverse("admin:index")), "Mögliche Dubletten")
        page = self.client.get(reverse("admin:articles_article_change", args=[self.article.pk]))
        self.assertContains(page, "Schlagzeile:")
        self.assertContains(page, "Öffentlich ab (Sperrfrist)")

    @override_settings(LANGUAGE_CODE="ar")
    def test_works_from_right_to_left(self):
        page = self.client.get(reverse("admin:index"))
        self.assertContains(page, 'dir="rtl"')
        self.assertContains(page, "تكرارات محتملة")
        page = self.client.get(reverse("admin:articles_article_triage"))
        self.assertContains(page, "<kbd>j</kbd> <kbd>←</kbd>")

    def test_counts_as_the_language_does(self):
        for language, said in {"en": "1,000+", "de": "1.000+", "ar": "1,000+"}.items():
            with self.subTest(language), translation.override(language):
                self.assertEqual(bounded_count(Many()), said)


class Many:
    """A queryset of more rows than anybody counts."""

    def order_by(self):
        return self

    def __getitem__(self, part):
        return self

    def count(self):
        return 1001
