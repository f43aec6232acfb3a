"""How often may be guessed. Counted in the database, so that it holds for all processes together.

An attempt is counted before the password is looked at and taken back if it was right: any number of
attempts at the same moment are no more than one after the other. What is counted goes by the name
as it was typed, whether a login has it or not, so that the answer tells nothing.

No stranger can lock an editor out: what is guessed elsewhere counts against a login only in
browsers that it was never used in. A browser where it was has a signed cookie that says so, and a
count of its own.
"""

import ipaddress
import secrets
import unicodedata
from datetime import timedelta
from math import ceil
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from .models import Attempts

Kind = Attempts.Kind


class Rule(NamedTuple):
    """So many may fail within that time of the first; then none is looked at until it is over."""

    failures: int
    within: timedelta


RULES = {
    Kind.PAIR: Rule(5, timedelta(minutes=15)),
    Kind.BROWSER: Rule(10, timedelta(minutes=15)),
    Kind.ACCOUNT: Rule(50, timedelta(hours=1)),
    Kind.ADDRESS: Rule(100, timedelta(hours=1)),
}
LONGEST = max(rule.within for rule in RULES.values())
COOKIE = "known_browser"
COOKIE_AGE = timedelta(days=90)
SALT = "accounts.known_browser"


class Locked(Exception):
    """Too many failed; `until` when it is open again (aware)."""

    def __init__(self, until):
        super().__init__(f"until {until}")
        self.until = until

    def told(self) -> str:
        minutes = ceil((self.until - timezone.now()).total_seconds() / 60)
        return ngettext(
            "Too many attempts have failed. Try again in %(minutes)d minute.",
            "Too many attempts have failed. Try again in %(minutes)d minutes.",
            minutes,
        ) % {"minutes": minutes}


class Attempt(NamedTuple):
    """One that is counted: kind to key."""

    keys: dict[str, str]

    def succeeded(self) -> None:
        """The password was right: the login starts anew here, and elsewhere counts one less."""
        own = [key for kind, key in self.keys.items() if kind in (Kind.PAIR, Kind.BROWSER)]
        shared = [key for key in self.keys.values() if key not in own]
        Attempts.objects.filter(key__in=own).delete()
        # No row is counted below none: it may have been lifted meanwhile.
        rows = Attempts.objects.filter(key__in=shared, failures__gt=0)
        rows.update(failures=Greatest(F("failures") - 1, 0))


def begin(request, name: str) -> Attempt:
    """Counts an attempt to log in under the name. Raises Locked, and counts nothing, where too many
    have failed."""
    user = get_user_model()._default_manager.filter(username=name).first()
    address = address_of(request)
    folded = unicodedata.normalize("NFKC", name).strip().casefold()
    if browser := _known_browser(request, user):
        keys = {Kind.BROWSER: _key(Kind.BROWSER, folded, browser)}
    else:
        keys = {
            Kind.PAIR: _key(Kind.PAIR, folded, address),
            Kind.ACCOUNT: _key(Kind.ACCOUNT, folded),
            Kind.ADDRESS: _key(Kind.ADDRESS, address),
        }
    now = timezone.now()
    forget(now)
    with transaction.atomic():
        for kind, key in sorted(keys.items(), key=lambda pair: pair[1]):
            about = {
                "kind": kind,
                "user": None if kind == Kind.ADDRESS else user,
                "address": address if kind in (Kind.PAIR, Kind.ADDRESS) else None,
            }
            Attempts.objects.get_or_create(key=key, defaults=about | {"since": now})
        # Locked in the same order by everybody: two attempts wait, and never for each other.
        rows = list(
            Attempts.objects.select_for_update().filter(key__in=keys.values()).order_by("key")
        )
        for row in rows:
            if ends(row) <= now:
                row.failures, row.since = 0, now
        if closed := [ends(row) for row in rows if row.failures >= RULES[row.kind].failures]:
            raise Locked(max(closed))
        for row in rows:
            row.failures += 1
        Attempts.objects.bulk_update(rows, ["failures", "since"])
    return Attempt(keys)


def ends(row: Attempts):
    """When what failed is forgotten."""
    return row.since + RULES[row.kind].within


def forget(now) -> None:
    """Deletes what is over: nothing is kept longer than it counts."""
    Attempts.objects.filter(since__lte=now - LONGEST).delete()


def address_of(request) -> str | None:
    """Whom the request comes from: the address that the proxy in front saw, if there is one; the
    network of an IPv6 address, since whoever has one has the others. None where it is not known."""
    text = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_TLS_PROXY:
        # The last one is the proxy's own word; those before are what the client said.
        text = request.headers.get("X-Forwarded-For", text).split(",")[-1].strip()
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    if address.version == 6:
        address = ipaddress.ip_network(f"{address}/64", strict=False).network_address
    return str(address)


def remember(request, response) -> None:
    """Tells the browser of the user who has just logged in that it is known."""
    value = [request.user.pk, _known_browser(request, request.user) or secrets.token_urlsafe(12)]
    response.set_cookie(
        COOKIE,
        signing.dumps(value, salt=SALT),
        max_age=COOKIE_AGE,
        path=reverse("admin:index"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _known_browser(request, user) -> str:
    """The name of the browser, if the user has logged in with it; else ""."""
    try:
        pk, name = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return name if user is not None and pk == user.pk else ""


def _key(*about) -> str:
    text = "\0".join(str(part) for part in about)
    return salted_hmac("accounts.throttle", text, algorithm="sha256").hexdigest()
