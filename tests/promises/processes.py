"""Processes of the newsroom as its users start them, on databases of their own."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.conf import settings
from django.db import connection


class Processes:
    """For a TestCase that says which database: its `url`."""

    environment: dict[str, str] = {}  # what a process is told besides

    def start(self, *arguments, **options) -> subprocess.Popen:
        environment = os.environ | {
            "DATABASE_URL": self.url,
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
            "RENDITIONS": "by-command",  # encoding takes a second a picture
            **self.environment,
        }
        return subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def run_process(self, *arguments, **options) -> tuple[int, str]:
        status, out, _ = self.run_to_end(*arguments, **options)
        return status, out.strip()

    def run_to_end(self, *arguments, **options) -> tuple[int, str, str]:
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=120)
        self.assertNotIn("Traceback", err)
        return process.returncode, out, err

    def manage(self, *arguments) -> str:
        status, out = self.run_process("manage.py", *arguments)
        self.assertEqual(status, 0, out)
        return out

    def digest(self) -> str:
        return self.manage("state_digest")


@pytest.mark.django_db  # or it would not be made for these tests alone
class Databases(Processes):
    """Fresh databases of the kind the tests run on, for a TestCase."""

    databases = {"default"}

    @pytest.fixture(autouse=True)
    def _own_database(self, django_db_setup, django_db_blocker):
        """The tests' own database, made and open although this is no TestCase of Django's."""
        with django_db_blocker.unblock():
            yield

    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.number = 0
        self.new_database()

    def new_database(self) -> None:
        """From now on everything uses another database, which begins as the first one ended."""
        self.number += 1
        if connection.vendor == "sqlite":
            path = self.folder / f"{self.number}.sqlite3"
            if self.number > 1:
                shutil.copy(self.folder / "1.sqlite3", path)
            else:
                with closing(sqlite3.connect(path)) as first:
                    connection.ensure_connection()
                    connection.connection.backup(first)  # the tests' own, which is empty
            self.url = f"sqlite:///{path}"
            return
        name = f"dying_{os.getpid()}_{self.number}"
        first = f"dying_{os.getpid()}_1" if self.number > 1 else connection.settings_dict["NAME"]
        connection.close()  # who is to be copied must be alone
        self.sql(f"CREATE DATABASE {name} TEMPLATE {first}")
        self.addCleanup(self.sql, f"DROP DATABASE {name} WITH (FORCE)")
        given = connection.settings_dict
        user = ":".join(filter(None, [given["USER"], given["PASSWORD"]]))
        host = ":".join(filter(None, [given["HOST"], str(given["PORT"] or "")]))
        self.url = f"postgres://{user}@{host}/{name}"

    def sql(self, statement: str) -> None:
        import psycopg

        given = connection.get_connection_params() | {"dbname": "postgres"}
        for name in ("cursor_factory", "context", "prepare_threshold"):
            given.pop(name, None)
        with psycopg.connect(**given, autocommit=True) as session:
            session.execute(statement)
