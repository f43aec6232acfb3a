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
    "SEEDS_THRESHOLD",
    "WEBSUB_HUB",
    "INDEX_EXCERPTS",
    "SECURITY_CONTACT",
):
    os.environ.pop(name, None)

from newsroom.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
