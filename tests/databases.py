"""Tests that are about one database and say nothing of the other. `.ci/run` runs both."""

from django.db import connection


def only_on(vendor):
    """Leaves the test out, uncollected, on another database: nothing is skipped that could run."""
    return lambda test: test if connection.vendor == vendor else None
