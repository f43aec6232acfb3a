"""Logins that are tried: what the tests of accounts begin with."""

import re

from django.contrib.auth import get_user_model
from django.test import Client, TestCase
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

PASSWORD = "half past noon 77"
# What differs from page to page by itself, and what was typed.
_OWN = re.compile(r'(<input type="(?:hidden|text)"[^>]*?) value="[^"]*"')


class DoorTestCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = make_login("editor")

    def setUp(self):
        self.url, self.factor_url = reverse("admin:login"), reverse("admin:second_factor")

    def enter(self, name="editor", password=PASSWORD, code="", client=None, **extra):
        """The answer to one attempt, from a new browser unless `client` is given."""
        data = {"username": name, "password": password, "code": code, "next": "/admin/"}
        return (client or Client()).post(self.url, data, **extra)

    def assertIn_(self, response):
        self.assertEqual((response.status_code, response.get("Location")), (302, "/admin/"))

    def assertRefused(self, response):
        self.assertEqual(response.status_code, 200)
        self.assertIn("These do not go together", response.text)

    def assertLocked(self, response):
        self.assertEqual(response.status_code, 429)
        self.assertIn("Too many attempts have failed", response.text)


def make_login(name, **fields):
    fields = {"is_staff": True, "is_superuser": True} | fields
    return get_user_model().objects.create_user(name, password=PASSWORD, **fields)


def said(response) -> str:
    """The page but for what is each request's own."""
    return _OWN.sub(r"\1", response.text)


def code_for(user) -> str:
    """What the user's app shows now, as if none had been used yet."""
    TOTPDevice.objects.filter(user=user).update(last_t=-1)
    device = TOTPDevice.objects.get(user=user)
    return f"{TOTP(device.bin_key, device.step, device.t0, device.digits).token():06}"
