"""Settings: what a clone gets, what production must say, and what is refused by name."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase, override_settings

from newsroom import checks

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


def refusal(variables) -> str:
    """What the settings answer to an environment that holds nothing else; "" where they start."""
    try:
        with mock.patch.dict(os.environ, variables, clear=True):
            runpy.run_path(str(settings.BASE_DIR / "newsroom" / "settings.py"))
    except ImproperlyConfigured as error:
        return str(error)
    return ""


# What is wrong -> the variable that must be named, and its text.
BROKEN = {
    "no secret": ("SECRET_KEY", " "),
    "a short secret": ("SECRET_KEY", "short-but-random-7hG4"),
    "a secret of one letter": ("SECRET_KEY", "a" * 60),
    "a secret that everybody knows": ("SECRET_KEY", "django-insecure-" + PRODUCTION["SECRET_KEY"]),
    "no host": ("ALLOWED_HOSTS", " , "),
    "any host": ("ALLOWED_HOSTS", "*"),
    "any host among others": ("ALLOWED_HOSTS", "news.example.org,*"),
    "a host with its scheme": ("ALLOWED_HOSTS", "https://news.example.org"),
    "a host with its port": ("ALLOWED_HOSTS", "news.example.org:443"),
    "DEBUG misspelt": ("DEBUG", "maybe"),
    "DEBUG misspelt once more": ("DEBUG", "fasle"),
    "a database of another kind": ("DATABASE_URL", "mongo://secret@db.example/x"),
    "a database without a driver here": ("DATABASE_URL", "mysql://me:secret@db.example/x"),
    "a database without a name": ("DATABASE_URL", "postgres://me:secret@db.example"),
    "a database at no port": ("DATABASE_URL", "postgres://me:secret@db.example:x/news"),
    "a database in memory": ("DATABASE_URL", "sqlite://:memory:"),
    "a database without a scheme": ("DATABASE_URL", "newsroom.sqlite3"),
    "a cache of another kind": ("CACHE_URL", "memcached://cache.example"),
    "a cache without a host": ("CACHE_URL", "redis://"),
    "a cache at no port": ("CACHE_URL", "redis://cache.example:six/1"),
    "a hub without a scheme": ("WEBSUB_HUB", "hub.example"),
    "a hub without a host": ("WEBSUB_HUB", "https://"),
    "a choice that is none": ("SEEDS_UNSCORED", "sometimes"),
    "a language that is none": ("LANGUAGE_CODE", "de-at"),
    "a time zone that is none": ("TIME_ZONE", "Europe/Nowhere"),
    "a time zone out of its folder": ("TIME_ZONE", "../etc/passwd"),
    "a level that is none": ("LOG_LEVEL", "loud"),
    "a format of no log": ("LOG_FORMAT", "xml"),
    "no queue": ("TASKS", "redis"),
    "a site without a scheme": ("SITE_URL", "news.example.org"),
    "a pool for a file": ("DATABASE_POOL", "4"),
    "half a millisecond": ("SLOW_QUERY_MS", "0.5"),
    "a switch that is none": ("SECURE_SSL_REDIRECT", "2"),
    "no way to https": ("SECURE_SSL_REDIRECT", "off"),
    "less than nothing": ("SECURE_HSTS_SECONDS", "-1"),
    "half an hour": ("FRONT_HALF_LIFE", "0.5"),
    "none where one must be": ("FRONT_HALF_LIFE", "0"),
    "too large a number": ("IMPORT_RECORD_DAYS", "1e9999"),
    "a number in other digits": ("SEEDS_THRESHOLD", "٧٠"),
    "a proxy that is none": ("BEHIND_TLS_PROXY", "x"),
    "a player that is none": ("VIDEO_HOSTS", "player.vimeo.com, videos.example"),
    "an origin without a scheme": ("CSRF_TRUSTED_ORIGINS", "news.example.org"),
    "an origin with a path": ("CSRF_TRUSTED_ORIGINS", "https://news.example.org/admin/"),
    "a contact that is none": ("SECURITY_CONTACT", "call us"),
    "pictures in the middle of everything": ("MEDIA_URL", "/"),
    "pictures where scripts lie": ("MEDIA_URL", "/static/"),
    "pictures at the editors' door": ("MEDIA_URL", "/admin/media/"),
    "styles without a slash": ("STATIC_URL", "https://s.example/n"),
    "pictures among the scripts": ("MEDIA_ROOT", str(settings.BASE_DIR / "staticfiles" / "media")),
    "pictures among the code": ("MEDIA_ROOT", str(settings.BASE_DIR)),
}


class CloneTests(SimpleTestCase):
    def test_works_with_no_variable_set(self):
        debug, hosts, databases = load(["DEBUG", "ALLOWED_HOSTS", "DATABASES"])
        self.assertEqual((debug, hosts), (True, []))
        options = databases["default"]["OPTIONS"]
        self.assertEqual((options["transaction_mode"], options["timeout"]), ("IMMEDIATE", 20))
        self.assertIn("journal_mode=WAL", options["init_command"])

    def test_opens_the_players_that_are_named(self):
        for text, count in (("", 2), ("Player.Vimeo.com", 1), ("none", 0)):
            (hosts,) = load(["VIDEO_HOSTS"], VIDEO_HOSTS=text)
            self.assertEqual(len(hosts), count)


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

    def test_a_pool_takes_the_place_of_connections_that_are_kept(self):
        (databases,) = load(
            ["DATABASES"],
            DATABASE_URL="postgres://db.example/news",
            DATABASE_POOL="8",
            **PRODUCTION,
        )
        database = databases["default"]
        self.assertEqual(database["CONN_MAX_AGE"], 0)
        self.assertEqual(database["OPTIONS"]["pool"]["max_size"], 8)

    def test_a_hub_must_be_told_where_the_site_is(self):
        hub = {"WEBSUB_HUB": "https://hub.example/"}
        pattern = {"ALLOWED_HOSTS": ".example.org"}
        self.assertEqual(load(["SITE_URL"], **PRODUCTION | hub), ["https://news.example.org"])
        self.assertIn("SITE_URL", load([], **PRODUCTION | hub | pattern))

    def test_starts_with_what_the_readme_says(self):
        for more in (
            {},
            {"BEHIND_TLS_PROXY": "on", "SECURE_SSL_REDIRECT": "off"},
            {"ALLOWED_HOSTS": ".example.org,[2001:db8::1],203.0.113.7,News.Example.com"},
            {"STATIC_URL": "https://s.example/n/", "MEDIA_URL": "//m.example/p/"},
            {"SECURITY_CONTACT": "mailto:desk@news.example.org", "TIME_ZONE": "Asia/Kolkata"},
            {"SECURITY_CONTACT": "https://news.example.org/security", "LOG_LEVEL": "Info"},
            {"CSRF_TRUSTED_ORIGINS": "https://a.example, https://*.b.example:8443"},
            {"CACHE_URL": "rediss://:pass%20word@cache.example/1"},
            {"WEBSUB_HUB": "https://hub.example/?a=b", "DATABASE_URL": "sqlite:////srv/n.sqlite3"},
        ):
            self.assertEqual(refusal(PRODUCTION | more), "", more)

    def test_refuses_what_it_cannot_run_with_and_names_the_variable(self):
        for what, (name, text) in BROKEN.items():
            with self.subTest(what):
                answer = refusal(PRODUCTION | {name: text})
                self.assertIn(name, answer)
                self.assertNotIn("secret@", answer)
                self.assertNotIn(PRODUCTION["SECRET_KEY"], answer)

    def test_a_process_stops_there(self):
        answer = load([], **PRODUCTION | {"ALLOWED_HOSTS": "*"})
        self.assertIn("ImproperlyConfigured: ALLOWED_HOSTS is '*'", answer)

    def test_debug_is_for_this_machine_and_its_neighbours(self):
        for hosts in ("", "localhost,127.0.0.1,[::1],192.168.1.7,news.local"):
            self.assertEqual(refusal({"DEBUG": "on", "ALLOWED_HOSTS": hosts}), "")
        self.assertIn(
            "ALLOWED_HOSTS", refusal({"DEBUG": "on", "ALLOWED_HOSTS": "news.example.org"})
        )

    def test_the_promise_would_be_seen_broken(self):
        """The twins: without the refusals it would start, and the deployment check would speak."""
        source = (settings.BASE_DIR / "newsroom" / "settings.py").read_text()
        careless = source.replace(
            '    raise ImproperlyConfigured(f"{name} is', '    str(f"{name} is'
        )
        self.assertNotEqual(careless, source)
        with mock.patch.dict(os.environ, PRODUCTION | {"ALLOWED_HOSTS": "*"}, clear=True):
            read = {"__file__": str(settings.BASE_DIR / "newsroom" / "settings.py")}
            exec(compile(careless, "careless", "exec"), read)
        self.assertEqual(read["ALLOWED_HOSTS"], ["*"])
        insecure = PRODUCTION | {"SECURE_HSTS_SECONDS": "0"}
        done = run(["manage.py", "check", "--deploy", "--fail-level", "INFO"], **insecure)
        self.assertIn("security.W004", done.stderr)
        self.assertEqual(done.returncode, 1)


class ChecksTests(SimpleTestCase):
    def test_a_folder_that_takes_no_pictures_is_named(self):
        with TemporaryDirectory() as folder:
            file = Path(folder) / "file"
            file.write_text("in the way")
            for name in ("MEDIA_ROOT", "STATIC_ROOT"):
                for path in (file, file / "media"):
                    with override_settings(**{name: path}):
                        (found,) = checks.folders(None)
                    self.assertIn(f"{name} ", found.msg)
            with override_settings(MEDIA_ROOT=Path(folder) / "new" / "media"):
                self.assertEqual(checks.folders(None), [])

    def test_a_variable_under_nearly_its_name_is_named(self):
        for slip, meant in {
            "DATABSE_URL": "DATABASE_URL",
            "ALLOWED_HOST": "ALLOWED_HOSTS",
            "SECRETKEY": "SECRET_KEY",
            "SECURE_HSTS_SECOND": "SECURE_HSTS_SECONDS",
        }.items():
            with mock.patch.dict(os.environ, {slip: "x"}, clear=True):
                (found,) = checks.variables(None)
            self.assertIn(f"{slip} is set", found.msg)
            self.assertIn(meant, found.hint)
        usual = ("PATH", "LANG", "LANGUAGE", "TZ", "DEBUG", "MAIL", "DEBUGINFOD_URLS", "TEST_URL")
        with mock.patch.dict(os.environ, dict.fromkeys(usual, "x"), clear=True):
            self.assertEqual(checks.variables(None), [])


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
