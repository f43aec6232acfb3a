"""Settings, all of them. What differs between two installations comes from the environment.

A clone runs with no variable set: DEBUG on, SQLite beside the code, hosts of this machine only.
With DEBUG off (an application server's default, see wsgi.py) a SECRET_KEY and ALLOWED_HOSTS are
demanded by name. The README lists every variable.
"""

import os
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

# Environment ------------------------------------------------------------------------------------


def env_text(name: str, default: str = "") -> str:
    """The variable's text without edge spaces; `default` where it is unset or blank."""
    return os.environ.get(name, "").strip() or default


def env_choice(name: str, choices: dict, default: str):
    """What `choices` holds for the variable's text; anything else is refused by name."""
    text = env_text(name, default).lower()
    if text not in choices:
        raise ImproperlyConfigured(f"{name} is {text!r}; expected one of: {', '.join(choices)}.")
    return choices[text]


def env_bool(name: str, default: bool) -> bool:
    words = {"on": True, "true": True, "1": True, "yes": True}
    words |= {"off": False, "false": False, "0": False, "no": False}
    return env_choice(name, words, "on" if default else "off")


def env_number(name: str, default: int, least: int = 0) -> int:
    text = env_text(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= least):
        raise ImproperlyConfigured(f"{name} is {text!r}; expected a whole number from {least} up.")
    return int(text)


def env_url(name: str) -> str:
    text = env_text(name)
    if text and not text.startswith(("https://", "http://")):
        raise ImproperlyConfigured(f"{name} is {text!r}; expected an address: https://HOST/PATH.")
    return text


def env_list(name: str) -> list[str]:
    return [part.strip() for part in env_text(name).split(",") if part.strip()]


DEBUG = env_bool("DEBUG", True)
SECRET_KEY = env_text("SECRET_KEY")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS")

if DEBUG:
    # Signs nothing that leaves this machine: with DEBUG on, Django answers local hosts only.
    SECRET_KEY = SECRET_KEY or "insecure-development-key"
else:
    if not SECRET_KEY:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set; with DEBUG off it must be a long random text. "
            'Make one: python -c "import secrets; print(secrets.token_urlsafe(50))"'
        )
    if not ALLOWED_HOSTS:
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS is not set; with DEBUG off it must name the site's hosts, "
            "for example: news.example.org,www.news.example.org"
        )

# Paths ------------------------------------------------------------------------------------------

BASE_DIR = Path(__file__).resolve().parent.parent

STATIC_URL = env_text("STATIC_URL", "/static/")
STATIC_ROOT = Path(env_text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
MEDIA_URL = env_text("MEDIA_URL", "/media/")
MEDIA_ROOT = Path(env_text("MEDIA_ROOT", str(BASE_DIR / "media")))

# Apps -------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "newsroom.apps.NewsroomAdminConfig",  # django.contrib.admin, with a first page of our own
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django_filters",
    "taggit",
    "articles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Database and cache -----------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def database(name: str, default: str) -> dict:
    try:
        parsed = dj_database_url.parse(
            env_text(name, default), conn_max_age=60, conn_health_checks=True
        )
    except ValueError as error:
        # The URL may hold a password, so the message shows the form, not the value.
        raise ImproperlyConfigured(
            f"{name} cannot be read; expected sqlite:///FILE or postgres://USER:PASSWORD@HOST/NAME."
        ) from error
    if parsed["ENGINE"].endswith("sqlite3"):
        # Readers never wait for a writer (WAL); a writer takes its lock at the start, so that it
        # waits its turn (20 s) where the default would fail half-way with "database is locked".
        parsed["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # 8 MB of pages in memory, where the default holds two; and the log is written back
            # every 16 MB, where the default would do so at each batch of an import.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
            "PRAGMA cache_size=-8000; PRAGMA wal_autocheckpoint=4000;",
        }
    return parsed


DATABASES = {"default": database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'newsroom.sqlite3'}")}


def cache(name: str) -> dict:
    url = env_text(name, "memory://")
    if url == "memory://":
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if url.startswith(("redis://", "rediss://")):
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
    raise ImproperlyConfigured(f"{name} cannot be read; expected memory:// or redis://HOST:PORT/N.")


CACHES = {"default": cache("CACHE_URL")}

# Time and language ------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = env_text("TIME_ZONE", "UTC")
LANGUAGE_CODE = env_text("LANGUAGE_CODE", "en")

# Our own values ---------------------------------------------------------------------------------

SITE_NAME = env_text("SITE_NAME", "Newsroom")
STORIES_PER_PAGE = 25
# A seed whose feed gave no verdict waits for an editor ("hold") or goes out ("publish").
SEEDS_UNSCORED = env_choice("SEEDS_UNSCORED", {"hold": "hold", "publish": "publish"}, "hold")
# The heat over which the feed publishes: editors are told by it why an item is held.
SEEDS_THRESHOLD = env_number("SEEDS_THRESHOLD", 70)

# The WebSub hub that the feeds name; none: readers of feeds look in by themselves.
WEBSUB_HUB = env_url("WEBSUB_HUB")

# Whether search engines may list pages that hold a third party's excerpt and nothing of ours.
INDEX_EXCERPTS = env_bool("INDEX_EXCERPTS", False)
# Whom to tell of a hole, for security.txt: mailto:… or https://…
SECURITY_CONTACT = env_text("SECURITY_CONTACT")

# Hours after which a story counts half on the front page: see articles/ranking.py.
FRONT_HALF_LIFE = env_number("FRONT_HALF_LIFE", 12, least=1)

# Days for which the record of an import run is kept, and the run can be taken back.
IMPORT_RECORD_DAYS = env_number("IMPORT_RECORD_DAYS", 90)

# A related item posts eight fields, and a real article has up to 179 of them.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# An editor who types "climate" means the topic "Climate".
TAGGIT_CASE_INSENSITIVE = True

# Security ---------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"

if not DEBUG:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env_bool("SECURE_SSL_REDIRECT", True)
    SECURE_HSTS_SECONDS = env_number("SECURE_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env_bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", True)
    if env_bool("BEHIND_TLS_PROXY", False):
        # Only behind a proxy that sets this header itself: a reader could send it too.
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Preloading binds a whole domain for months; that is its owner's decision, not a default.
    SILENCED_SYSTEM_CHECKS = ["security.W021"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env_text("LOG_LEVEL", "WARNING").upper()},
}
