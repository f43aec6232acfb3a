"""The product's settings, made fast: cheap passwords, pictures in memory, plain static files."""

import os

# Tests are about the product as a clone runs it, whatever the shell that starts them has set;
# only the database may be chosen, so that the same tests run on PostgreSQL.
for name in (
    "DEBUG",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "SEEDS_UNSCORED",
    "CACHE_URL",
    "SITE_NAME",
    "LANGUAGE_CODE",
    "SEEDS_THRESHOLD",
    "WEBSUB_HUB",
    "INDEX_EXCERPTS",
    "SECURITY_CONTACT",
    "VIDEO_HOSTS",
    "TASKS",
    "SITE_URL",
    "METRICS_TOKEN",
    "IMPORT_FRESH_HOURS",
    "SLOW_QUERY_MS",
    "LOG_LEVEL",
    "LOG_FORMAT",
    "TRUST_REQUEST_ID",
    "DATABASE_POOL",
    "FETCH_IMAGES",
    "RENDITIONS",
    "MEDIA_STORAGE",
    "MEDIA_URL",
    "DATABASE_CONN_MAX_AGE",
    "PAGE_CACHE_MB",
    "SESSION_HOURS",
    "REQUIRE_SECOND_FACTOR",
    "BEHIND_TLS_PROXY",
):
    os.environ.pop(name, None)

from newsroom.settings import *  # noqa: E402, F403

DEBUG = False  # as test runners say, but only once every test is loaded
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Encoding takes a second a picture: what is about renditions turns it on.
RENDITIONS = False
