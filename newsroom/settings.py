"""Settings, all of them. What differs between two installations comes from the environment.

A clone runs with no variable set: DEBUG on, SQLite beside the code, hosts of this machine only.
With DEBUG off (an application server's default, see wsgi.py) a SECRET_KEY and ALLOWED_HOSTS are
demanded by name. What cannot work, or would be unsafe, is refused by name before anything starts.
The README lists every variable.
"""

import ipaddress
import logging
import os
import re
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

# Environment ------------------------------------------------------------------------------------


# Every variable that is read here: what is set under nearly such a name is a slip (see checks.py).
VARIABLES = set()


def env_text(name: str, default: str = "") -> str:
    """The variable's text without edge spaces; `default` where it is unset or blank."""
    VARIABLES.add(name)
    return os.environ.get(name, "").strip() or default


def refuse(name: str, expected: str):
    """Stops the start. `expected` follows the variable's text, which is no secret."""
    raise ImproperlyConfigured(f"{name} is {env_text(name)!r}; expected {expected}.")


def env_choice(name: str, choices: dict, default: str):
    """What `choices` holds for the variable's text; anything else is refused by name."""
    text = env_text(name, default).lower()
    if text not in choices:
        refuse(name, f"one of: {', '.join(choices)}")
    return choices[text]


def env_bool(name: str, default: bool) -> bool:
    words = {"on": True, "true": True, "1": True, "yes": True}
    words |= {"off": False, "false": False, "0": False, "no": False}
    return env_choice(name, words, "on" if default else "off")


def env_number(name: str, default: int, least: int = 0) -> int:
    text = env_text(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= least):
        refuse(name, f"a whole number from {least} up, of at most nine digits")
    return int(text)


def is_address(text: str, *, schemes=("https", "http"), is_origin: bool = False) -> bool:
    """Whether it reads SCHEME://HOST[:PORT]/PATH; an origin ends after its host."""
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and parts.port != 0  # reading a bad port raises
    except ValueError:
        return False
    is_bare = not (parts.path or parts.query or parts.fragment)
    is_clean = not re.search(r"[\s<>\"]", text) and "@" not in parts.netloc
    return is_whole and is_clean and parts.scheme in schemes and (is_bare or not is_origin)


def env_url(name: str) -> str:
    text = env_text(name)
    if text and not is_address(text):
        refuse(name, "an address: https://HOST/PATH")
    return text


def env_folder_url(name: str, default: str) -> str:
    """Where a folder's files are found: /PATH/ here or https://HOST/PATH/ elsewhere."""
    text = env_text(name, default)
    elsewhere = f"https:{text}" if text.startswith("//") else text
    is_here = re.fullmatch(r"(/[\w.~-]+)+/", text, re.ASCII)
    if not (is_here or (text.endswith("/") and is_address(elsewhere))):
        refuse(name, "/PATH/ or https://HOST/PATH/, with a slash at its end")
    return text


def env_list(name: str) -> list[str]:
    return [part.strip() for part in env_text(name).split(",") if part.strip()]


def env_hosts(name: str) -> list[str]:
    """Names and addresses of hosts. Never "*": links and cached pages are made of the host asked
    for, and whoever asks could choose it."""
    hosts = env_list(name)
    for host in hosts:
        is_name = re.fullmatch(r"\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*", host, re.ASCII | re.IGNORECASE)
        if not (is_name or re.fullmatch(r"\[[0-9a-f:.]+\]", host, re.ASCII | re.IGNORECASE)):
            refuse(name, "hosts like news.example.org without scheme, port or path, and never *")
    return hosts


def is_local(host: str) -> bool:
    """Whether the host is this machine or stands in a private network."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_private
    except ValueError:
        return host.lower().lstrip(".").split(".")[-1] in ("localhost", "local", "test")


def env_some(name: str, choices: tuple[str, ...]) -> list[str]:
    """Those of `choices` that the variable names; all where it is unset, none for "none"."""
    if env_text(name) == "none":
        return []
    chosen = [part.lower() for part in env_list(name)] or list(choices)
    if unknown := [part for part in chosen if part not in choices]:
        expected = f"none, or some of: {', '.join(choices)}"
        raise ImproperlyConfigured(f"{name} names {unknown[0]!r}; expected {expected}.")
    return chosen


DEBUG = env_bool("DEBUG", True)
SECRET_KEY = env_text("SECRET_KEY")
ALLOWED_HOSTS = env_hosts("ALLOWED_HOSTS")

if DEBUG:
    # Signs nothing that leaves this machine: with DEBUG on, Django answers local hosts only.
    SECRET_KEY = SECRET_KEY or "insecure-development-key"
    if not all(map(is_local, ALLOWED_HOSTS)):
        refuse(
            "ALLOWED_HOSTS", "hosts of this machine only, or DEBUG=off: it shows code and settings"
        )
else:
    if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5 or "insecure" in SECRET_KEY.lower():
        how = "is too easily guessed" if SECRET_KEY else "is not set"
        raise ImproperlyConfigured(
            f"SECRET_KEY {how}; with DEBUG off it must be a random text of 50 characters or more. "
            'Make one: python -c "import secrets; print(secrets.token_urlsafe(50))"'
        )
    if not ALLOWED_HOSTS:
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS is not set; with DEBUG off it must name the site's hosts, "
            "for example: news.example.org,www.news.example.org"
        )

# Paths ------------------------------------------------------------------------------------------

BASE_DIR = Path(__file__).resolve().parent.parent

STATIC_URL = env_folder_url("STATIC_URL", "/static/")
STATIC_ROOT = Path(env_text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
MEDIA_URL = env_folder_url("MEDIA_URL", "/media/")
MEDIA_ROOT = Path(env_text("MEDIA_ROOT", str(BASE_DIR / "media")))
# Pictures come from outside: nothing of theirs may take the place of a script of ours, and no code
# may lie in a folder that a proxy serves.
if MEDIA_URL.startswith((STATIC_URL, "/admin/")) or STATIC_URL.startswith((MEDIA_URL, "/admin/")):
    refuse("MEDIA_URL", "another place than STATIC_URL and /admin/, and none inside of them")
_media, _static = MEDIA_ROOT.resolve(), STATIC_ROOT.resolve()
for _name, _root in (("MEDIA_ROOT", _media), ("STATIC_ROOT", _static)):
    if BASE_DIR.is_relative_to(_root):
        refuse(_name, "a folder for these files alone, which does not hold the code")
if _media.is_relative_to(_static) or _static.is_relative_to(_media):
    refuse("MEDIA_ROOT", "another folder than STATIC_ROOT, and none inside of it or around it")


def media_storage(name: str) -> dict:
    """Where pictures lie: in MEDIA_ROOT, or in a bucket that speaks S3's language. Readers get them
    at MEDIA_URL either way; the bucket's keys are what boto3 takes from the environment."""
    text = env_text(name, "disk")
    if text == "disk":
        return {"BACKEND": "articles.storage.FileSystemStorage"}
    parts = urlsplit(text)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    is_bucket = parts.scheme == "s3" and parts.netloc and not parts.path.strip("/")
    if not is_bucket or not options.keys() <= {"endpoint", "region"} or not all(options.values()):
        raise ImproperlyConfigured(
            f"{name} is {text!r}; expected disk or s3://BUCKET?endpoint=https://HOST&region=NAME, "
            "where endpoint and region may be left out."
        )
    public = urlsplit(MEDIA_URL)
    if public.scheme not in ("http", "https") or not public.netloc or public.query:
        raise ImproperlyConfigured(
            f"MEDIA_URL is {MEDIA_URL!r}; where {name} is a bucket it must be the address at which "
            "readers get its files: https://HOST/ or https://HOST/PATH/."
        )
    if missing := [package for package in ("storages", "boto3") if find_spec(package) is None]:
        raise ImproperlyConfigured(
            f"{name} is a bucket, and the package {missing[0]} is not installed. Install both: "
            "pip install django-storages==1.14.6 boto3==1.44.8"
        )
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": parts.netloc,
            "endpoint_url": options.get("endpoint"),
            "region_name": options.get("region"),
            # A public address, without a signature, made without asking anybody.
            "url_protocol": f"{public.scheme}:",
            "custom_domain": public.netloc + public.path.rstrip("/"),
            "querystring_auth": False,
            # Never one file over another, as on a disk.
            "file_overwrite": False,
        },
    }


# With DEBUG off each static file's name holds what is in it, so that browsers and caches keep it
# for ever; beside it lies the same, compressed. `collectstatic` makes both; the application server
# serves them.
_static_storage = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if DEBUG
    else "whitenoise.storage.CompressedManifestStaticFilesStorage"
)
STORAGES = {
    "default": media_storage("MEDIA_STORAGE"),
    "staticfiles": {"BACKEND": _static_storage},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False

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
    "django_tasks",
    "django_tasks_db",
    "taggit",
    # Second factors: codes of an app, and backup codes.
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "newsroom.accounts",
    "articles",
]

# Who shows it gets the numbers at /metrics (newsroom/metrics.py); none: nobody does.
METRICS_TOKEN = env_text("METRICS_TOKEN")

MIDDLEWARE = [
    "newsroom.logs.RequestsMiddleware",
    *(["newsroom.metrics.MetricsMiddleware"] if METRICS_TOKEN else []),
    "newsroom.headers.HeadersMiddleware",
    "newsroom.outage.OutageMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # A clone's server finds static files where they are written.
    *([] if DEBUG else ["whitenoise.middleware.WhiteNoiseMiddleware"]),
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
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


_DATABASES = "sqlite:///FILE or postgres://USER:PASSWORD@HOST/NAME"
# PostgreSQL's connections: seconds for which each thread keeps its own, or (not 0) the most that
# all threads of a process share.
DATABASE_CONN_MAX_AGE = env_number("DATABASE_CONN_MAX_AGE", 60)
DATABASE_POOL = env_number("DATABASE_POOL", 0)


def database(name: str, default: str) -> dict:
    try:
        parsed = dj_database_url.parse(
            env_text(name, default), conn_max_age=DATABASE_CONN_MAX_AGE, conn_health_checks=True
        )
    except ValueError as error:
        # The URL may hold a password, so the message shows the form, not the value.
        raise ImproperlyConfigured(f"{name} cannot be read; expected {_DATABASES}.") from error
    is_sqlite = parsed["ENGINE"].endswith("sqlite3")
    if not is_sqlite and not (parsed["ENGINE"].endswith("postgresql") and parsed["NAME"]):
        raise ImproperlyConfigured(f"{name} cannot be used; expected {_DATABASES}.")
    if is_sqlite and not DEBUG and parsed["NAME"] in ("", ":memory:"):
        raise ImproperlyConfigured(f"{name} names no file, and all would be lost at each restart.")
    if is_sqlite:
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
        if DATABASE_POOL:
            raise ImproperlyConfigured(
                f"DATABASE_POOL is set, and {name} names SQLite; a pool is for PostgreSQL."
            )
    elif DATABASE_POOL:
        parsed["CONN_MAX_AGE"] = 0  # the pool keeps them
        parsed["OPTIONS"] = parsed.get("OPTIONS", {}) | {
            "pool": {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 10}
        }
    if not is_sqlite:
        # Where its host is silent, say so: by default a page would wait for minutes.
        patience = {"connect_timeout": 5, "tcp_user_timeout": 20_000}  # seconds, milliseconds
        parsed["OPTIONS"] = patience | parsed.get("OPTIONS", {})
    return parsed


DATABASES = {"default": database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'newsroom.sqlite3'}")}


def cache(name: str) -> dict:
    url = env_text(name, "memory://")
    if url == "memory://":
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    try:
        parts = urlsplit(url)
        is_redis = parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0
    except ValueError:
        is_redis = False
    if is_redis:
        return {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url,
            # What is made anew without it does not wait for it.
            "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
        }
    raise ImproperlyConfigured(f"{name} cannot be read; expected memory:// or redis://HOST:PORT/N.")


CACHES = {"default": cache("CACHE_URL")}
# Megabytes of readers' pages that each process keeps, see newsroom/pagecache.py; 0: none. Who works
# on a template wants to see it at once.
PAGE_CACHE_MB = env_number("PAGE_CACHE_MB", 0 if DEBUG else 64)

# What is done in the background: see articles/tasks.py. A clone has no worker, so there it is done
# at once, after the commit; "database" leaves it to `manage.py run_worker`.
TASK_BACKENDS = {
    "immediate": "django_tasks.backends.immediate.ImmediateBackend",
    "database": "django_tasks_db.DatabaseBackend",
}
TASKS = {"default": {"BACKEND": env_choice("TASKS", TASK_BACKENDS, "immediate")}}

# Time and language ------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = env_text("TIME_ZONE", "UTC")
try:
    ZoneInfo(TIME_ZONE)
except (ValueError, OSError, LookupError):  # LookupError: the zone is not known
    refuse("TIME_ZONE", "the name of a time zone, for example Europe/Berlin")
# A newsroom has one language, for editors, readers and machines alike: every reader gets the same
# page, and any cache may keep it. So no LocaleMiddleware, which would ask each browser.
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("ar", "العربية"),
]
LOCALE_PATHS = [BASE_DIR / "articles" / "locale"]
FORMAT_MODULE_PATH = "articles.formats"
LANGUAGE_CODE = env_choice("LANGUAGE_CODE", {code: code for code, name in LANGUAGES}, "en")

# Our own values ---------------------------------------------------------------------------------

SITE_NAME = env_text("SITE_NAME", "Newsroom")
STORIES_PER_PAGE = 25
# A seed whose feed gave no verdict waits for an editor ("hold") or goes out ("publish").
SEEDS_UNSCORED = env_choice("SEEDS_UNSCORED", {"hold": "hold", "publish": "publish"}, "hold")
# The heat over which the feed publishes: editors are told by it why an item is held.
SEEDS_THRESHOLD = env_number("SEEDS_THRESHOLD", 70)

# The site's own address, where no reader's request tells it.
_HOST = ALLOWED_HOSTS[0] if ALLOWED_HOSTS else "localhost:8000"
IS_SITE_URL_SET = bool(env_url("SITE_URL"))
SITE_URL = env_url("SITE_URL") or f"http{'' if DEBUG else 's'}://{_HOST}"
SITE_URL = SITE_URL.rstrip("/")

# The WebSub hub that the feeds name; none: readers of feeds look in by themselves.
WEBSUB_HUB = env_url("WEBSUB_HUB")
if WEBSUB_HUB and SITE_URL.partition("://")[2].startswith((".", "*")):
    raise ImproperlyConfigured(
        "SITE_URL is not set, and ALLOWED_HOSTS begins with a pattern: the hub has to be told "
        "where the feeds are, for example: https://news.example.org"
    )

# Whether search engines may list pages that hold a third party's excerpt and nothing of ours.
INDEX_EXCERPTS = env_bool("INDEX_EXCERPTS", False)
# Whom to tell of a hole, for security.txt: mailto:… or https://…
SECURITY_CONTACT = env_text("SECURITY_CONTACT")
if SECURITY_CONTACT and not (
    re.fullmatch(r"mailto:[^\s@]+@[^\s@]+", SECURITY_CONTACT)
    or is_address(SECURITY_CONTACT, schemes=("https",))
):
    refuse("SECURITY_CONTACT", "mailto:NAME@HOST or https://HOST/PATH")

# The players that a page may open once a reader asks: see articles/videos.py.
VIDEO_PLAYERS = ("www.youtube-nocookie.com", "player.vimeo.com")
VIDEO_HOSTS = env_some("VIDEO_HOSTS", VIDEO_PLAYERS)

# Whether pictures are made small as they come, or only when `make_renditions` is called.
RENDITIONS = env_choice("RENDITIONS", {"soon": True, "by-command": False}, "soon")

# Hours after which a story counts half on the front page: see articles/ranking.py.
FRONT_HALF_LIFE = env_number("FRONT_HALF_LIFE", 12, least=1)

# Whether `fetch_images` may ask other sites for pictures: see articles/fetching/.
FETCH_IMAGES = env_bool("FETCH_IMAGES", False)

# Days for which the record of an import run is kept, and the run can be taken back.
IMPORT_RECORD_DAYS = env_number("IMPORT_RECORD_DAYS", 90)

# Hours within which an import is expected; 0: none is. See articles/freshness.py.
IMPORT_FRESH_HOURS = env_number("IMPORT_FRESH_HOURS", 0)

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

# Scrypt makes each guess at a stolen database cost memory as well as time, and needs no package.
# The others are read, and rewritten at the next login.
PASSWORD_HASHERS = [
    f"django.contrib.auth.hashers.{name}"
    for name in ("ScryptPasswordHasher", "PBKDF2PasswordHasher", "PBKDF2SHA1PasswordHasher")
]
# Hours after which everybody logs in anew.
SESSION_COOKIE_AGE = 3600 * env_number("SESSION_HOURS", 168, least=1)
CSRF_COOKIE_HTTPONLY = True  # no script reads it: forms carry the token
# Whether the admin opens to those alone who have set up a second factor.
REQUIRE_SECOND_FACTOR = env_bool("REQUIRE_SECOND_FACTOR", False)
OTP_TOTP_ISSUER = SITE_NAME

CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
if not all(is_address(origin, is_origin=True) for origin in CSRF_TRUSTED_ORIGINS):
    refuse("CSRF_TRUSTED_ORIGINS", "origins with their scheme and without a path: https://HOST")
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"

BEHIND_TLS_PROXY = env_bool("BEHIND_TLS_PROXY", False)
_redirects = env_bool("SECURE_SSL_REDIRECT", True)
_hsts_seconds = env_number("SECURE_HSTS_SECONDS", 31_536_000)
_hsts_subdomains = env_bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", True)
if not DEBUG:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = _redirects
    # What asks for these stands beside the server and speaks plain HTTP.
    SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
    SECURE_HSTS_SECONDS = _hsts_seconds
    SECURE_HSTS_INCLUDE_SUBDOMAINS = _hsts_subdomains
    if not _redirects and not BEHIND_TLS_PROXY:
        refuse("SECURE_SSL_REDIRECT", "on, or BEHIND_TLS_PROXY=on where a proxy redirects instead")
    if BEHIND_TLS_PROXY:
        # Only behind a proxy that sets this header itself: a reader could send it too.
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Preloading binds a whole domain for months; that is its owner's decision, not a default.
    SILENCED_SYSTEM_CHECKS = ["security.W021"]

# Logs: see newsroom/logs.py -----------------------------------------------------------------------

LOG_LEVEL = env_choice(
    "LOG_LEVEL", {n.lower(): n for n in logging.getLevelNamesMapping()}, "warning"
)
LOG_FORMAT = env_choice("LOG_FORMAT", {"line": "line", "json": "json"}, "line")
# Milliseconds from which on a statement to the database is logged; 0: none is.
SLOW_QUERY_MS = env_number("SLOW_QUERY_MS", 0)
# Only behind a proxy that sets X-Request-ID itself: a reader could send it too.
TRUST_REQUEST_ID = env_bool("TRUST_REQUEST_ID", False)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "newsroom.logs.RequestNumber"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {"()": "newsroom.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
