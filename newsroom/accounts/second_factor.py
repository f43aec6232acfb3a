"""The second factor: codes from an app (TOTP, RFC 6238) and backup codes, by django-otp.

Everybody sets up their own, on a page of the admin; an administrator can only take it away, for
somebody who has lost it. With REQUIRE_SECOND_FACTOR nothing else of the admin opens without it.
"""

from base64 import b32encode

import django_otp
import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from . import sessions, throttle

BACKUP_CODES = 10

WRONG_PASSWORD = _("That is not your password.")
WRONG_CODE = _(
    "That code is not right, or not any more. Wait for the next one; after several wrong ones, "
    "wait a little longer."
)


def is_asked(user) -> bool:
    """Whether the login takes a code."""
    return TOTPDevice.objects.devices_for_user(user, confirmed=True).exists()


def lets_in(user, code: str) -> bool:
    """Whether the code is right, or none is asked. Marks the user, whom a login then lets in as one
    who has shown it. A code is good for one time; wrong ones are slowed down by django-otp."""
    code = "".join(code.split()).replace("-", "").lower()
    app = TOTPDevice.objects.devices_for_user(user, confirmed=True).first()
    if app is None:
        return True
    is_of_app = code.isascii() and code.isdigit()
    device = app if is_of_app else StaticDevice.objects.devices_for_user(user, True).first()
    verified = code and device and django_otp.verify_token(user, device.persistent_id, code)
    if verified:
        user.otp_device = verified
    return bool(verified)


def is_lacking(request) -> bool:
    """Whether the request's user must show a second factor first."""
    has_shown_it = getattr(request.user, "otp_device", None) is not None
    return settings.REQUIRE_SECOND_FACTOR and not has_shown_it


def remove(user) -> None:
    """Takes the second factor away and ends all sessions of the user."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()
        sessions.end_all(user)


def page(request, site):
    """Where people set up theirs. Whatever changes it takes the password or a code."""
    shown = None
    if request.method == "POST":
        deed = next((DEEDS[name] for name in DEEDS if name in request.POST), None)
        shown = deed(request) if deed else None
        if shown is None:
            return HttpResponseRedirect(request.path)
    devices = TOTPDevice.objects.devices_for_user(request.user)
    app = devices.filter(confirmed=True).first()
    pending = None if app else devices.filter(confirmed=False).first()
    context = {
        **site.each_context(request),
        "title": _("Second factor"),
        "app": app,
        "pending": pending,
        "is_required": settings.REQUIRE_SECOND_FACTOR,
        "codes_left": StaticToken.objects.filter(device__user=request.user).count() if app else 0,
        **(shown or {}),
    }
    if is_lacking(request):  # the names of what is behind the door are no business of theirs yet
        context |= {"available_apps": [], "is_nav_sidebar_enabled": False}
    if pending:
        secret = b32encode(pending.bin_key).decode()
        context["secret"] = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        picture = segno.make(pending.config_url, error="m")
        context["picture"] = picture.svg_data_uri(scale=5, light="#fff", omitsize=False)
    return TemplateResponse(request, "admin/second_factor.html", context)


def _begin(request):
    if error := _password_error(request):
        return {"error": error}
    if is_asked(request.user):
        return None  # set up in another window meanwhile
    with transaction.atomic():
        TOTPDevice.objects.devices_for_user(request.user, confirmed=False).delete()
        TOTPDevice.objects.create(user=request.user, name=settings.SITE_NAME, confirmed=False)
    return None


def _confirm(request):
    """The first code shows that the app has the secret; from now on one is asked at each login."""
    pending = TOTPDevice.objects.devices_for_user(request.user, confirmed=False).first()
    if pending is None or is_asked(request.user):
        return None
    code = "".join(request.POST.get("code", "").split())
    if not django_otp.verify_token(request.user, pending.persistent_id, code):
        return {"error": WRONG_CODE}
    TOTPDevice.objects.filter(pk=pending.pk).update(confirmed=True)
    pending.refresh_from_db()
    django_otp.login(request, pending)
    request.session.cycle_key()
    sessions.end_all(request.user, keep=request.session.session_key)
    return {"codes": _make_codes(request.user)}


def _new_codes(request):
    if not is_asked(request.user) or not lets_in(request.user, request.POST.get("code", "")):
        return {"error": WRONG_CODE}
    return {"codes": _make_codes(request.user)}


def _remove(request):
    if settings.REQUIRE_SECOND_FACTOR:
        return {"error": _("This newsroom asks everybody for a second factor.")}
    if not is_asked(request.user) or not lets_in(request.user, request.POST.get("code", "")):
        return {"error": WRONG_CODE}
    remove(request.user)
    logout(request)
    return None


def _end_sessions(request):
    count = sessions.end_all(request.user, keep=request.session.session_key)
    said = ngettext("Ended %(count)d other session.", "Ended %(count)d other sessions.", count)
    messages.success(request, said % {"count": count})


def _make_codes(user) -> list[str]:
    """New backup codes in place of the old ones; shown once."""
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="backup")
        codes = [StaticToken.random_token() for _each in range(BACKUP_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def _password_error(request) -> str:
    """What is wrong with the password that was sent along, guessed at as slowly as at the door."""
    password = request.POST.get("password", "")
    if not password:
        return WRONG_PASSWORD
    try:
        attempt = throttle.begin(request, request.user.get_username())
    except throttle.Locked as locked:
        return locked.told()
    if not request.user.check_password(password):
        return WRONG_PASSWORD
    attempt.succeeded()
    return ""


# The button's name -> what it does; returns what the page shows, or None to show it anew.
DEEDS = {
    "begin": _begin,
    "confirm": _confirm,
    "codes": _new_codes,
    "remove": _remove,
    "end_sessions": _end_sessions,
}
