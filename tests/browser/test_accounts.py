"""The door itself, and the page of a second factor, as they are seen."""

from django.test import override_settings
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.accounts.doors import PASSWORD, code_for, make_login
from tests.browser.browsing import DESKTOP, PHONE, BrowserTestCase, faults_of


class DoorTests(BrowserTestCase):
    def setUp(self):
        super().setUp()
        self.user = make_login("editor")
        self.door, self.factor = reverse("admin:login"), reverse("admin:second_factor")

    def test_lets_in_with_a_second_factor_that_was_scanned(self):
        page = self.open(self.door)
        page.fill("#id_username", "editor")
        page.fill("#id_password", "wrong")
        page.press("#id_password", "Enter")
        page.wait_for_selector("#login-error")
        self.assertAccessible(page)
        page.fill("#id_password", PASSWORD)
        page.press("#id_password", "Enter")
        page.wait_for_selector("#user-tools")
        page.click("#user-tools a[href$='/second-factor/']")
        self.assertEqual(faults_of(page), [])
        page.fill("#id_password", PASSWORD)
        page.click("[name=begin]")
        page.wait_for_selector(".factor-picture")
        self.assertTrue(page.evaluate("document.querySelector('.factor-picture').naturalWidth"))
        self.assertAccessible(page)
        page.fill("#id_code", code_for(self.user))
        page.click("[name=confirm]")
        page.wait_for_selector(".factor-codes")
        self.assertEqual(faults_of(page), [])
        page.goto(self.factor)
        self.assertEqual(faults_of(page), [])
        again = self.open(self.door)
        again.fill("#id_username", "editor")
        again.fill("#id_password", PASSWORD)
        again.fill("#id_code", code_for(self.user))
        again.press("#id_code", "Enter")
        again.wait_for_selector("#user-tools")

    @override_settings(LANGUAGE_CODE="ar")
    def test_fits_on_every_screen_from_right_to_left(self):
        TOTPDevice.objects.create(user=self.user, name="x", confirmed=False)
        for address, user in ((self.door, None), (self.factor, self.user)):
            for size in (DESKTOP, PHONE):
                page = self.open(address, user, size=size)
                width = page.evaluate("document.documentElement.scrollWidth")
                self.assertLessEqual(width, size["width"], address)
