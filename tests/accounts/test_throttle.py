"""Guessing is slow: for one login from one address, from everywhere, for all logins from one; and
no stranger locks an editor out."""

from contextlib import suppress
from datetime import timedelta
from unittest import mock

from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client, RequestFactory, SimpleTestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsroom.accounts import throttle
from newsroom.accounts.models import Attempts
from tests.factories import make_member

from .doors import DoorTestCase, make_login, said

Kind = Attempts.Kind
HERE, THERE = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "198.51.100.7"}


def from_address(number):
    return {"REMOTE_ADDR": f"203.0.113.{number}"}


class GuessingTests(DoorTestCase):
    def fail(self, times, name="editor", **extra):
        for _time in range(times):
            self.enter(name, "wrong", **extra)

    def test_five_are_looked_at_from_one_address(self):
        for _time in range(5):
            self.assertRefused(self.enter(password="wrong", **HERE))
        answer = self.enter(**HERE)  # the right one, and too late
        self.assertLocked(answer)
        self.assertIn("in 15 minutes", answer.text)
        self.assertTrue(800 < int(answer["Retry-After"]) <= 900)

    def test_the_promise_would_be_seen_broken(self):
        """The twin: without the rule the sixth guess is as good as the first."""
        no_rule = throttle.Rule(10**6, timedelta(minutes=15))
        with mock.patch.dict(throttle.RULES, dict.fromkeys(throttle.RULES, no_rule)):
            self.fail(5, **HERE)
            self.assertIn_(self.enter(**HERE))

    def test_it_opens_again_by_itself(self):
        self.fail(5, **HERE)
        self.fail(3, **HERE)  # while it is locked nothing is counted, or it would never open
        Attempts.objects.update(since=timezone.now() - timedelta(minutes=15))
        self.assertIn_(self.enter(**HERE))

    def test_other_spellings_of_the_name_count_as_one(self):
        for name in ("editor", "Editor", " EDITOR", "ｅｄｉｔｏｒ", "editoR"):
            self.fail(1, name, **HERE)
        self.assertLocked(self.enter(**HERE))

    def test_a_stranger_does_not_lock_an_editor_out(self):
        self.fail(5, **HERE)
        self.assertLocked(self.enter(**HERE))
        self.assertIn_(self.enter(**THERE))

    def test_a_stranger_with_many_addresses_neither_where_the_editor_was_before(self):
        browser = Client()
        self.assertIn_(self.enter(client=browser, **THERE))
        with mock.patch.dict(throttle.RULES, {Kind.ACCOUNT: throttle.Rule(6, throttle.LONGEST)}):
            for number in range(6):
                self.assertRefused(self.enter(password="wrong", **from_address(number)))
            self.assertLocked(self.enter(**from_address(200)))
            self.assertIn_(self.enter(client=browser, **from_address(201)))

    def test_a_known_browser_is_for_its_own_login_and_guesses_as_slowly(self):
        browser = Client()
        self.enter(client=browser, **HERE)
        make_login("chief")
        rules = {kind: throttle.Rule(2, throttle.LONGEST) for kind in (Kind.PAIR, Kind.BROWSER)}
        with mock.patch.dict(throttle.RULES, rules):
            for name in ("chief", "editor"):
                self.fail(2, name, client=browser, **HERE)
                self.assertLocked(self.enter(name, client=browser, **HERE))
        kinds = Attempts.objects.filter(failures=2).values_list("kind", "user__username")
        self.assertIn((Kind.BROWSER, "editor"), kinds)
        self.assertIn((Kind.PAIR, "chief"), kinds)

    def test_the_cookie_of_a_known_browser_cannot_be_made_or_read(self):
        browser = Client()
        cookie = self.enter(client=browser, **HERE).cookies[throttle.COOKIE]
        self.assertTrue(cookie["httponly"])
        self.assertEqual((cookie["samesite"], cookie["path"]), ("Strict", "/admin/"))
        for forged in (cookie.value[:-1] + "~", f"[{self.user.pk},1]", "", "é", "[]"):
            forger = Client()
            forger.cookies[throttle.COOKIE] = forged
            self.assertRefused(self.enter(password="wrong", client=forger, **THERE))
        self.assertEqual(Attempts.objects.get(kind=Kind.ACCOUNT).failures, 5)

    def test_one_address_tries_a_hundred_names(self):
        with mock.patch.dict(throttle.RULES, {Kind.ADDRESS: throttle.Rule(7, throttle.LONGEST)}):
            for number in range(7):
                self.assertRefused(self.enter(f"name{number}", "wrong", **HERE))
            self.assertLocked(self.enter(**HERE))
            self.assertIn_(self.enter(**THERE))

    def test_who_comes_in_starts_anew(self):
        self.fail(4, **HERE)
        self.assertIn_(self.enter(**HERE))
        kept = {row.kind: row.failures for row in Attempts.objects.all()}
        self.assertEqual(kept, {Kind.ACCOUNT: 4, Kind.ADDRESS: 4})

    def test_attempts_at_once_are_no_more_than_one_after_the_other(self):
        """Each is counted before its password is looked at."""
        begun = []

        def look(form):
            for _time in range(9):  # they come while the first is still being looked at
                with suppress(throttle.Locked):
                    begun.append(throttle.begin(form.request, "editor"))
            raise form.get_invalid_login_error()

        with mock.patch("newsroom.accounts.forms.AdminAuthenticationForm.clean", look):
            self.enter(**HERE)
        self.assertEqual(len(begun), 4)


class TellingTests(DoorTestCase):
    def test_nobody_learns_who_has_a_login(self):
        """Unknown, known, inactive, no staff: one answer, the same queries, one password hashed."""
        make_login("gone", is_active=False)
        make_login("reader", is_staff=False)
        pages, works = set(), set()
        for number, (name, password) in enumerate(
            {"nobody": "", "editor": "wrong", "gone": None, "reader": None}.items()
        ):
            hashed = mock.Mock(side_effect=MD5PasswordHasher().encode)
            with (
                mock.patch.object(MD5PasswordHasher, "encode", hashed),
                CaptureQueriesContext(connection) as queries,
            ):
                extra = {} if password is None else {"password": password or "wrong"}
                pages.add(said(self.enter(name, **extra, **from_address(number))))
            works.add((hashed.call_count, len(queries)))
        self.assertEqual((len(pages), len(works)), (1, 1), works)

    def test_names_that_nobody_has_are_locked_as_well(self):
        pages = []
        for name in ("nobody", "editor"):
            for _time in range(5):
                self.enter(name, "wrong", REMOTE_ADDR=f"192.0.2.{len(pages)}")
            pages.append(self.enter(name, REMOTE_ADDR=f"192.0.2.{len(pages)}"))
        self.assertLocked(pages[0])
        self.assertEqual(said(pages[0]), said(pages[1]))

    def test_a_password_in_the_wrong_field_is_not_kept(self):
        self.enter("hunter2 hunter2", "wrong", **HERE)
        kept = str(list(Attempts.objects.values()))
        self.assertNotIn("hunter2", kept)
        self.assertEqual(Attempts.objects.filter(user=None).count(), 3)

    def test_nothing_is_kept_for_longer_than_an_hour(self):
        self.enter(password="wrong", **HERE)
        Attempts.objects.update(since=timezone.now() - timedelta(hours=1))
        self.enter("chief", "wrong", **THERE)
        self.assertFalse(Attempts.objects.filter(user=self.user).exists())
        self.assertEqual(Attempts.objects.count(), 3)

    def test_who_looks_after_the_logins_sees_and_lifts(self):
        for _time in range(5):
            self.enter(password="wrong", **HERE)
        self.assertLocked(self.enter(**HERE))
        self.client.force_login(make_member("Administrator"))
        row = Attempts.objects.get(kind=Kind.PAIR)
        page = self.client.get("/admin/accounts/attempts/")
        self.assertContains(page, "192.0.2.1")
        self.assertContains(page, "editor")
        self.client.post(f"/admin/accounts/attempts/{row.pk}/delete/", {"post": "yes"})
        self.assertIn_(self.enter(**HERE))


class AddressTests(SimpleTestCase):
    def address(self, remote, **headers):
        return throttle.address_of(RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers))

    def test_an_ipv6_network_is_one(self):
        for text in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::", "2001:db8:1:2::%eth0"):
            self.assertEqual(self.address(text), "2001:db8:1:2::")
        self.assertEqual(self.address("::ffff:192.0.2.1"), "192.0.2.1")
        self.assertIsNone(self.address(""))

    def test_what_a_client_says_of_itself_is_not_believed(self):
        said = {"X-Forwarded-For": "192.0.2.9"}
        self.assertEqual(self.address("198.51.100.7", **said), "198.51.100.7")
        with override_settings(BEHIND_TLS_PROXY=True):
            said = {"X-Forwarded-For": "192.0.2.66, 192.0.2.9"}
            self.assertEqual(self.address("127.0.0.1", **said), "192.0.2.9")
            self.assertEqual(self.address("127.0.0.1"), "127.0.0.1")
            self.assertIsNone(self.address("127.0.0.1", **{"X-Forwarded-For": "unknown"}))
