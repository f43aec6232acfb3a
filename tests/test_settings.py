"""Settings: what a clone gets, what production must say, and what is refused by name."""

import json
import os
import subprocess
import sys
from tempfile import TemporaryDirectory

from django.conf import settings
from django.test import SimpleTestCase

PRODUCTION = {
    "DEBUG": "off",
    "SECRET_KEY": "a-long-and-random-text-0123456789-0123456789-0123456789",
    "ALLOWED_HOSTS": "news.example.org",
}


def run(arguments, **variables):
    """A fresh Python in which only the given variables of ours are set."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment | variables,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )


def load(names, module="newsroom.settings", **variables):
    """The named settings as a fresh process reads them, or the last line of its refusal."""
    code = f"import json, {module}; from newsroom import settings as s; "
    code += f"print(json.dumps([getattr(s, n) for n in {names!r}], default=str))"
    done = run(["-c", code], **variables)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr.splitlines()[-1]


class CloneTests(SimpleTestCase):
    def test_works_with_no_variable_set(self):
        debug, hosts, databases = load(["DEBUG", "ALLOWED_HOSTS", "DATABASES"])
        self.assertEqual((debug, hosts), (True, []))
        options = databases["default"]["OPTIONS"]
        self.assertEqual((options["transaction_mode"], options["timeout"]), ("IMMEDIATE", 20))
        self.assertIn("journal_mode=WAL", options["init_command"])


class ProductionTests(SimpleTestCase):
    def test_an_application_server_is_production_until_told_otherwise(self):
        self.assertIn("SECRET_KEY is not set", load([], module="newsroom.wsgi"))
        self.assertIn("SECRET_KEY is not set", load([], module="newsroom.asgi"))

    def test_check_deploy_is_silent(self):
        done = run(["manage.py", "check", "--deploy", "--fail-level", "INFO"], **PRODUCTION)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertIn("no issues", done.stdout)

    def test_reads_the_databases_and_caches_a_host_names(self):
        databases, caches = load(
            ["DATABASES", "CACHES"],
            DATABASE_URL="postgres://me:pass%40word@db.example:5433/news",
            CACHE_URL="redis://cache.example:6379/1",
            **PRODUCTION,
        )
        database = databases["default"]
        self.assertEqual(database["ENGINE"], "django.db.backends.postgresql")
        self.assertEqual((database["PASSWORD"], database["PORT"]), ("pass@word", 5433))
        self.assertEqual(caches["default"]["LOCATION"], "redis://cache.example:6379/1")

    def test_refuses_what_it_cannot_run_with_and_names_the_variable(self):
        for name, text in {
            "SECRET_KEY": " ",
            "ALLOWED_HOSTS": " , ",
            "DEBUG": "maybe",
            "WEBSUB_HUB": "hub.example",
            "DATABASE_URL": "mongo://secret@db.example/x",
            "CACHE_URL": "memcached://cache.example",
            "SEEDS_UNSCORED": "sometimes",
            "SECURE_SSL_REDIRECT": "2",
            "SECURE_HSTS_SECONDS": "-1",
            "BEHIND_TLS_PROXY": "x",
        }.items():
            refusal = load([], **PRODUCTION | {name: text})
            self.assertIn("ImproperlyConfigured", refusal, name)
            self.assertIn(name, refusal)
            self.assertNotIn("secret@", refusal)


class DatabaseTests(SimpleTestCase):
    def test_a_file_of_sqlite_is_in_write_ahead_mode(self):
        code = (
            "import django; django.setup(); from django.db import connection; "
            "cursor = connection.cursor(); cursor.execute('PRAGMA journal_mode'); "
            "print(cursor.fetchone()[0]); cursor.execute('PRAGMA synchronous'); "
            "print(cursor.fetchone()[0])"
        )
        with TemporaryDirectory() as folder:
            done = run(
                ["-c", code],
                DJANGO_SETTINGS_MODULE="newsroom.settings",
                DATABASE_URL=f"sqlite:///{folder}/test.sqlite3",
            )
        self.assertEqual(done.stdout.split(), ["wal", "2"], done.stderr)
