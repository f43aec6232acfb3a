"""Who may import whom: only downwards or sideways, so that a door never becomes a foundation."""

import ast
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

# From the ground up. What is not named here fails the test: give it its place first.
LAYERS = [
    row.split()
    for row in (
        """
        formats wording weblinks likeness importing.seedfile importing.values importing.tables
        importing.records importing.taxonomy importing.state importing.merge importing.report
        importing.spans importing.rewriting importing.seedtext publicity ranking prose folding
        videos pixels fetching.guard scaling storage builds
        """,
        "models",
        """
        importing digest workflow decisions reasons revisions roles concurrency undoing
        triage clusters duplicates merging curation checklist deeds bulk previews coverage
        search archive cursors stories tasks websub freshness editions fetching backups library
        renditions
        """,
        """
        views lists api feeds sitemaps health heads structured oembed filters forms shared_forms
        permitted admin templatetags baking management
        """,
        "urls apps",
    )
]
# The ground knows nothing of the database.
NO_ORM = LAYERS[0]


def layer_of(module: str) -> int:
    """The layer of `articles.<module>`, by its longest named prefix."""
    best = max(
        (name for row in LAYERS for name in row if f"{module}.".startswith(f"{name}.")),
        key=len,
        default=None,
    )
    if best is None:
        raise AssertionError(f"articles.{module} has no layer: name it in LAYERS")
    return next(level for level, row in enumerate(LAYERS) if best in row)


def modules():
    root = settings.BASE_DIR / "articles"
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name and not name.startswith("migrations"):
            yield name, path


def imports(name: str, path: Path):
    """The dotted names, from the project's root, that a module imports."""
    package = ["articles", *name.split(".")]
    if path.name != "__init__.py":
        package.pop()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


class LayersTests(SimpleTestCase):
    def test_nobody_imports_upwards(self):
        wrong = []
        for name, path in modules():
            for target in imports(name, path):
                inner = target.removeprefix("articles.")
                if inner != target and layer_of(inner) > layer_of(name):
                    wrong.append(f"{name} imports {inner}")
        self.assertEqual(wrong, [])

    def test_nothing_outside_management_imports_from_a_command(self):
        wrong = [
            f"{name} imports {target}"
            for name, path in modules()
            for target in imports(name, path)
            if "management.commands" in target and not name.startswith("management")
        ]
        self.assertEqual(wrong, [])

    def test_the_ground_knows_nothing_of_the_database(self):
        wrong = [
            f"{name} imports {target}"
            for name, path in modules()
            if name in NO_ORM
            for target in imports(name, path)
            if target.startswith(("django.db", "articles.models"))
        ]
        self.assertEqual(wrong, [])
