"""What is said about deploying is so: settings that exist, and none that nobody is told of."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml
from django.conf import settings
from django.core.management import get_commands
from django.test import SimpleTestCase

ROOT = settings.BASE_DIR
GUIDE = (ROOT / "docs" / "deploying.md").read_text()
README = (ROOT / "README.md").read_text()
# Read by others than our settings: by a library, and by compose for its own files.
LIBRARIES = {"PROMETHEUS_MULTIPROC_DIR"}
COMPOSE = {"SITE_HOST", "POSTGRES_PASSWORD", "POSTGRES_USER"}


def variables_read() -> set[str]:
    """Every variable's name that newsroom/settings.py asks the environment for."""
    tree = ast.parse((ROOT / "newsroom" / "settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    readers = ("database", "cache")
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name)
        and (call.func.id.startswith("env_") or call.func.id in readers)
        and isinstance(call.args[0], ast.Constant)
    }


def compose() -> dict:
    return yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]


class GuideTests(SimpleTestCase):
    def test_every_variable_that_is_read_is_told_of(self):
        self.assertGreater(len(variables_read()), 30)
        told = set(re.findall(r"`([A-Z][A-Z_]+)`", GUIDE + README))
        self.assertEqual(variables_read() - told, set())

    def test_every_variable_in_its_tables_is_read(self):
        rows = re.findall(r"^\| `([A-Z_]+)` \|", GUIDE, re.M)
        self.assertGreater(len(rows), 8)
        self.assertEqual(set(rows) - variables_read() - LIBRARIES, set())

    def test_every_command_exists(self):
        named = set(re.findall(r"manage\.py (\w+)", GUIDE))
        self.assertLessEqual({"run_worker", "check_freshness"}, named)
        self.assertEqual(named - get_commands().keys(), set())

    def test_every_file_that_it_leads_to_is_there(self):
        links = re.findall(r"\]\(\.\./([^)]+)\)", GUIDE)
        self.assertEqual([link for link in links if not (ROOT / link).exists()], [])


class ContainersTests(SimpleTestCase):
    def test_set_no_variable_that_nobody_reads(self):
        names = set()
        for service in compose().values():
            names |= set(service.get("environment", {}))
        self.assertEqual(names - variables_read() - LIBRARIES - COMPOSE, set())

    def test_what_they_are_given_is_what_the_settings_take(self):
        given = compose()["worker"]["environment"]
        filled = {name: fill(value) for name, value in given.items()}
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        done = subprocess.run(
            [sys.executable, "-c", "import newsroom.settings as s; print(s.TASKS, s.SITE_URL)"],
            env=environment | filled | {"DEBUG": "off"},
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        self.assertIn("DatabaseBackend", done.stdout, done.stderr)
        self.assertIn("https://news.example.org", done.stdout)

    def test_pins_are_those_of_the_tests(self):
        """A package that both lists name has one version."""
        tested = pins(ROOT / "requirements-dev.txt")
        for name, version in pins(ROOT / "deploy" / "requirements.txt").items():
            self.assertEqual(tested.get(name, version), version, name)


def fill(value: str) -> str:
    """As compose fills in what it is given; each default as it stands."""
    told = {"SITE_HOST": "news.example.org", "SECRET_KEY": "long-and-random-" * 4}
    told["POSTGRES_PASSWORD"] = "abc"
    value = re.sub(r"\$\{(\w+):-([^}]*)\}", r"\2", value)
    return re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: told[found[1]], value)


def pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w-]+)(?:\[\w+\])?==(\S+)", path.read_text(), re.M))
