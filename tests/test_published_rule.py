"""Readers reach articles through the published rule alone: what their code says, read.

`tests/test_published_only.py` asks at every door. This reads what stands behind them: the modules
that readers' addresses and tags lead to, and their templates. What begins with rows that may be of
a hidden article, or tell that there is one, names the rule in the same expression; or it stands in
BESIDE, with the reason why it need not. The rule itself stands in `models`.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.test import SimpleTestCase

from articles import models
from articles.models import Article

from .test_layers import imports, modules

# What says the rule: of articles, and of topics and providers that have a public one.
RULE = {"published", "published_lately", "published_among", "once_public", "with_published"}
MANAGERS = {"objects", "_default_manager", "_base_manager", "_meta"}
# Ways around the managers.
CALLED = {"cursor", "raw", "extra", "get_model", "get_models"}
NAMED = {"RawSQL", "ContentType", "apps"}
DOORS = {"urls", "templatetags"}  # where readers come in
HOUSE = "models"

# Why it may do without -> the functions, and what begins there; twice is twice. Each is needed.
BESIDE = {
    "rows of articles that the rule has found": [
        "api.original._loaded ArticleImage.objects",
        "api.original._loaded TopicAssignment.objects",
        "coverage.name_outlets RelatedItem.objects",
        "lists.story_list articles=",
        "stories._beside ArticleImage.objects",
        "stories._beside TopicAssignment.objects",
        "stories._beside content_object=",
    ],
    "the SQL of a queryset that names the rule": [
        "archive._having RawSQL",
        "archive._having connection.cursor",
        "search.numbers_of RawSQL",
        "search.numbers_of connection.cursor",
    ],
    "of the article in hand": [
        "coverage.related_coverage article.related_items",
        "stories.related RelatedItem.objects",
        "importing.state.of_article article.related_items",
    ],
    "what is pinned, of which the rule is asked in the next step": [
        "curation._candidates Article.objects",
        "curation._candidates Pin.objects",
    ],
    "an editor's deed, on an article or a pin that is named": [
        "curation.pin Article.objects",
        "curation.unpin Pin.objects",
        "curation.take_over Pin.objects",
        "curation.take_over Pin.objects",
        "curation._arranging Pin.objects",
        "curation._write Pin.objects",
        "curation._write Pin.objects",
        "previews.make PreviewLink.objects",
        "previews.revoke PreviewLink.objects",
    ],
    "a page's own list": [
        "cursors.__iter__ self.articles",
        "cursors.__len__ self.articles",
    ],
    "numbers that subqueries by the rule have found": [
        "archive.beside Article.objects",
        "archive._ends Article.objects",
        "coverage.neighbours Article.objects",
    ],
    "joined with public ones in the same query": [
        "stories.related Article.objects",
    ],
    "which topics lie above another, of which the known ones are asked in the same query": [
        "lists.kin RawSQL",
    ],
    "whether the table answers, whatever is in it": [
        "health.ready Article.objects",
    ],
    "for who has the link, and for nobody else": [
        "previews.article_of PreviewLink.objects",
        "previews.article_of Article.objects",
    ],
    "a condition on the queryset that is asked": [
        "search.matching Article.objects",
        "search._numbers RawSQL",
        "search._numbers RawSQL",
    ],
    "what keeps the index; no reader asks it": [
        "search.install connection.cursor",
        "search.remove connection.cursor",
        "search.restore connection.cursor",
        "search.pause connection.cursor",
        "search.rebuild connection.cursor",
        "search.fill connection.cursor",
    ],
    "what readers have seen at an address: 410, or the way on": [
        "views.seen_at Tombstone.objects",
        "views.seen_at Article.objects",
        "views.seen_at OldAddress.objects",
    ],
    "asks each row itself whether it is public": [
        "views._seen_survivor Article.objects",
    ],
}
LEAVE = Counter(each for rows in BESIDE.values() for each in rows)


def behind_doors() -> dict[str, Path]:
    """Readers' modules: those of the doors, and all that they import, and so on."""
    paths = dict(modules())
    waiting = [name for name in paths if name.split(".")[0] in DOORS]
    found: dict[str, Path] = {}
    while waiting:
        name = waiting.pop()
        if name not in found and name.split(".")[0] != HOUSE:
            found[name] = paths[name]
            for target in imports(name, paths[name]):
                inner = target.removeprefix("articles.")
                # A module, or a name in one.
                waiting += [each for each in (inner, inner.rpartition(".")[0]) if each in paths]
    return found


def tied() -> set[type]:
    """The models of which each row belongs to an article."""
    return {
        model
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.related_model is Article and not field.auto_created
    }


def telling() -> set[type]:
    """The models of which a row is an article, or tells that there is one."""
    return tied() | {*(Article, models.Topic, models.Provider, models.Tombstone, models.OldAddress)}


def ways() -> set[str]:
    """The names by which a topic, an outlet, a picture or an article leads to (other) articles, or
    to what hangs on them."""
    found = {"content_object"}
    for model in (models.Topic, models.Provider, models.Image, Article):
        for field in model._meta.get_fields():
            if field.is_relation and field.related_model is Article:
                found.add(field.get_accessor_name() if field.auto_created else field.name)
            elif field.auto_created and field.related_model in tied() and model is not Article:
                found.add(field.get_accessor_name())
    return found - {None}


class Reader(ast.NodeVisitor):
    """Gathers (function, what) of each expression without the rule."""

    def __init__(self, text: str):
        self.found: list[tuple[str, str]] = []
        self.telling = {model.__name__ for model in telling()}
        self.harmless = {model.__name__ for model in apps.get_models()} - self.telling
        self.ways = ways()
        self.above: list[ast.AST] = []
        tree = ast.parse(text)
        self.imported = {
            (alias.asname or alias.name).split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
            if (alias.asname or alias.name)[0].islower()
        }
        self.visit(tree)

    def visit(self, node):
        if what := self._reaches(node):
            function = next(
                (each.name for each in self.above if isinstance(each, ast.FunctionDef)), ""
            )
            if not self._is_ruled([*self.above, node]):
                self.found.append((function, what))
        self.above.append(node)
        self.generic_visit(node)
        self.above.pop()

    def _reaches(self, node) -> str:
        """What of hidden articles begins here, or ""."""
        match node:
            case ast.Attribute(attr=name, value=owner) if name in MANAGERS:
                last = owner.attr if isinstance(owner, ast.Attribute) else None
                last = owner.id if isinstance(owner, ast.Name) else last
                return "" if last in self.harmless else ast.unparse(node)
            case ast.Attribute(attr=name) if name in CALLED and self._is_called(node):
                return ast.unparse(node)
            case ast.Attribute(attr=name, value=ast.Name(id=owner)) if owner in self.imported:
                return ""
            case ast.Attribute(attr=name) if name in self.ways:
                return ast.unparse(node)
            case ast.Name(id=name) if name in NAMED:
                return name
            case ast.Name(id=name) if name in self.telling and self._is_handed_on(node):
                return name
            case ast.keyword(arg=str(name)) if name.split("__")[0] in self.ways:
                return f"{name}="
        return ""

    def _is_called(self, node) -> bool:
        return isinstance(self.above[-1], ast.Call) and self.above[-1].func is node

    def _is_handed_on(self, node) -> bool:
        """Whether others may ask what they like of this model: `get_object_or_404(Article)`."""
        *_, before, above = self.above
        if isinstance(above, ast.Tuple | ast.List):
            return not isinstance(before, ast.Subscript)  # where it says of which type something is
        is_argument = isinstance(above, ast.Call) and node in above.args
        return is_argument or isinstance(above, ast.keyword | ast.Assign | ast.Dict)

    def _is_ruled(self, path: list[ast.AST]) -> bool:
        """Whether what is asked from here on is asked by the rule: further on in the chain, or in
        a condition of one of its filters."""
        while len(path) > 1:
            node, above = path[-1], path[-2]
            if isinstance(above, ast.Attribute):
                if above.attr in RULE and isinstance(path[-3], ast.Call):
                    return True
                if above.attr == "filter" and isinstance(call := path[-3], ast.Call):
                    conditions = [*call.args, *(each.value for each in call.keywords)]
                    if any(map(self._says_the_rule, conditions)):
                        return True
            elif not (isinstance(above, ast.Call) and above.func is node):
                return isinstance(node, ast.keyword) and self._says_the_rule(node.value)
            path = path[:-1]
        return False

    @staticmethod
    def _says_the_rule(condition: ast.AST) -> bool:
        """As it is: no denial of it."""
        if any(isinstance(each, ast.UnaryOp | ast.BinOp) for each in ast.walk(condition)):
            return False
        return any(
            isinstance(each, ast.Call)
            and isinstance(each.func, ast.Attribute)
            and each.func.attr in RULE
            for each in ast.walk(condition)
        )


def unruled(texts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """As in BESIDE, each expression without the rule of these modules."""
    for name, text in texts:
        for function, what in Reader(text).found:
            yield f"{name}.{function} {what}"


def without_the_rule(text: str, module: str = "lists") -> list[str]:
    """What has no leave to be in it."""
    return sorted((Counter(unruled([(module, text)])) - LEAVE).elements())


# Each of these is a leak.
LEAKS = """
Article.objects.filter(slug=slug)
models.Article.objects.all()
Article.objects.order_by("-published_at").first()
Article._default_manager.all()
Article._base_manager.get(pk=1)
type(article).objects.get(pk=1)
self.model.objects.all()
get_object_or_404(Article, slug=slug)
ListView.as_view(model=Article)
Article.objects.exclude(pk__in=Article.objects.published())
Article.objects.filter(~Q(pk__in=Article.objects.published()))
Article.objects.annotate(public=Article.objects.published())
Article.objects.published() | Article.objects.filter(status="held")
Article.objects.published
topic.articles.all()
provider.articles.count()
image.article_uses.first().article
article.merged.all()
topic.assignments.count()
Topic.objects.get(slug=slug)
Topic.objects.with_published().filter(articles__status="held")
Provider.objects.order_by("name")
TopicAssignment.objects.values_list("tag").annotate(Count("pk"))
RelatedItem.objects.filter(link_key=key)
Revision.objects.latest("at")
Tombstone.objects.filter(slug=slug)
rows.raw("SELECT * FROM articles_article")
connection.cursor()
RawSQL("SELECT id FROM articles_article", [])
rows.extra(where=["1"])
apps.get_model("articles", "Article")
"""
# And of these none.
RULED = """
Article.objects.published().filter(slug=slug)
Article.objects.filter(slug=slug).published()
Article.objects.published_among(numbers).for_listing()
topic.articles.published().count()
Topic.objects.with_published().get(slug=slug)
TopicAssignment.objects.filter(content_object__in=Article.objects.published())
Image.objects.filter(pk=1)
articles: list[Article] = []
isinstance(row.link, str)
"""


class PublishedRuleTests(SimpleTestCase):
    def test_readers_code_asks_by_the_rule(self):
        texts = [(name, path.read_text()) for name, path in sorted(behind_doors().items())]
        self.assertEqual(Counter(unruled(texts)), LEAVE)

    def test_every_door_is_read(self):
        """The modules of every address, whatever they are called, and what stands behind them."""
        wanted = {"views", "lists", "feeds", "sitemaps", "oembed", "health", "structured", "heads"}
        wanted |= {"api.views", "api.original", "search", "filters", "curation", "coverage"}
        self.assertEqual(wanted - behind_doors().keys(), set())
        self.assertEqual([name for name in behind_doors() if name.startswith("admin")], [])

    def test_templates_ask_nothing_of_a_row_that_leads_to_other_articles(self):
        wrong = [
            f"{path.name}: {found[0]}"
            for path in self.templates()
            for found in way_in_a_template().finditer(path.read_text())
        ]
        self.assertEqual(wrong, [])

    @staticmethod
    def templates():
        root = settings.BASE_DIR / "templates"
        return [*root.glob("*.html"), *(root / "articles").rglob("*.*")]

    # The failing twins. ---------------------------------------------------------------------------

    def test_each_way_around_the_rule_is_found(self):
        for leak in filter(None, LEAKS.splitlines()):
            with self.subTest(leak):
                self.assertNotEqual(without_the_rule(leak), [])

    def test_what_keeps_to_it_is_not(self):
        for ruled in filter(None, RULED.splitlines()):
            with self.subTest(ruled):
                self.assertEqual(without_the_rule(ruled), [])

    def test_a_leak_in_a_reader_s_module_is_found(self):
        """Every place in the lists and feeds that names the rule, with the rule left out there."""
        for name in ("views", "lists", "feeds", "sitemaps", "oembed", "api.views", "filters"):
            text = behind_doors()[name].read_text()
            for place in re.finditer(r"(?<=objects)\.(with_)?published\(\)(?!`)", text):
                with self.subTest(name, place=place.start()):
                    planted = f"{text[: place.start()]}.all(){text[place.end() :]}"
                    self.assertNotEqual(without_the_rule(planted, name), [])

    def test_a_leak_in_a_template_is_found(self):
        for leak in (
            "{{ topic.articles.count }}",
            "{% for a in p.articles.all %}",
            "{% if a.merged %}",
        ):
            with self.subTest(leak):
                self.assertRegex(leak, way_in_a_template())
        self.assertNotRegex(
            "{{ topic.name }}{% url 'articles:detail' x.slug %}", way_in_a_template()
        )


def way_in_a_template() -> re.Pattern:
    # What hangs on an article that is shown is shown with it.
    names = "|".join(sorted(ways() - {"related_items"}))
    return re.compile(rf"\{{[{{%][^}}]*\.({names})\b[^}}]*\}}")
