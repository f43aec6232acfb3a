"""A second factor: set up by each for themselves, asked at the door, good for one time."""

from unittest import mock

from django.test import Client, override_settings
from django.urls import reverse
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from newsroom.accounts import second_factor, throttle
from newsroom.accounts.models import Attempts
from tests.factories import make_member

from .doors import PASSWORD, DoorTestCase, code_for, make_login, said


class SecondFactorTestCase(DoorTestCase):
    def setUp(self):
        super().setUp()
        self.enter(client=self.client)

    def send(self, **data):
        return self.client.post(self.factor_url, data, follow=True)

    def set_up(self):
        """Returns the backup codes."""
        self.send(begin="1", password=PASSWORD)
        answer = self.send(confirm="1", code=code_for(self.user))
        return answer.context["codes"]


class SettingUpTests(SecondFactorTestCase):
    def test_takes_the_password_and_a_first_code(self):
        self.assertContains(self.send(begin="1", password="wrong"), "not your password")
        self.assertFalse(TOTPDevice.objects.exists())
        page = self.send(begin="1", password=PASSWORD)
        self.assertContains(page, 'src="data:image/svg+xml')
        self.assertContains(page, page.context["secret"])
        self.assertContains(self.send(confirm="1", code="0"), "That code is not right")
        self.assertFalse(second_factor.is_asked(self.user))
        TOTPDevice.objects.update(throttling_failure_count=0)
        page = self.send(confirm="1", code=code_for(self.user))
        self.assertEqual(len(set(page.context["codes"])), 10)
        self.assertTrue(second_factor.is_asked(self.user))
        self.assertNotContains(self.client.get(self.factor_url), page.context["codes"][0])
        self.assertEqual(self.client.get("/admin/").status_code, 200)

    def test_its_password_is_guessed_as_slowly_as_at_the_door(self):
        with mock.patch.dict(throttle.RULES, {"browser": throttle.Rule(2, throttle.LONGEST)}):
            for _time in range(2):
                self.send(begin="1", password="wrong")
            self.assertContains(self.send(begin="1", password=PASSWORD), "Too many attempts")

    def test_what_was_begun_twice_is_one(self):
        self.send(begin="1", password=PASSWORD)
        self.send(begin="1", password=PASSWORD)
        self.assertEqual(TOTPDevice.objects.count(), 1)
        self.assertIn_(self.enter())  # nothing is asked before it is confirmed

    def test_logs_out_who_came_in_without_it(self):
        thief = Client()
        self.enter(client=thief)
        self.set_up()
        self.assertEqual(thief.get("/admin/").status_code, 302)
        self.assertEqual(self.client.get("/admin/").status_code, 200)

    def test_strangers_have_no_page(self):
        for user in (None, make_login("reader", is_staff=False)):
            stranger = Client()
            if user:
                stranger.force_login(user)
            answer = stranger.post(self.factor_url, {"end_sessions": "1"})
            self.assertEqual(answer.status_code, 302)
            self.assertIn("/admin/login/", answer["Location"])


class AtTheDoorTests(SecondFactorTestCase):
    def setUp(self):
        super().setUp()
        self.backup = self.set_up()

    def test_asks_for_the_code_in_the_words_of_a_wrong_password(self):
        wrong = self.enter(password="wrong")
        for code in ("", "000000", "abcdefgh", "１２３４５６"):
            answer = self.enter(code=code)
            self.assertRefused(answer)
            self.assertEqual(said(answer), said(wrong))
            Attempts.objects.all().delete()
            TOTPDevice.objects.update(throttling_failure_count=0)
        self.assertIn_(self.enter(code=code_for(self.user)))

    def test_the_promise_would_be_seen_broken(self):
        """The twin: a door that asks for no code opens to a stolen password."""
        self.assertRefused(self.enter())
        TOTPDevice.objects.update(confirmed=False)
        self.assertIn_(self.enter())

    def test_a_code_lets_in_once(self):
        code = code_for(self.user)
        self.assertIn_(self.enter(code=code))
        self.assertRefused(self.enter(code=code))

    def test_a_backup_code_lets_in_once_however_it_is_typed(self):
        first, second = self.backup[:2]
        self.assertIn_(self.enter(code=f" {first[:4].upper()}-{first[4:]} "))
        self.assertRefused(self.enter(code=first))
        self.assertEqual(StaticToken.objects.count(), 9)
        self.assertRefused(self.enter(code=second))  # slowed down after a wrong one
        self.assertEqual(StaticToken.objects.count(), 9)

    def test_a_code_of_somebody_else_does_not(self):
        other = make_login("other")
        TOTPDevice.objects.create(user=other, name="x")
        self.assertRefused(self.enter(code=code_for(other)))

    def test_wrong_codes_are_counted_with_wrong_passwords(self):
        for _time in range(5):
            self.enter(code="000000")
        self.assertLocked(self.enter(code=code_for(self.user)))

    def test_new_backup_codes_void_the_old(self):
        self.assertContains(self.send(codes="1", code="000000"), "That code is not right")
        TOTPDevice.objects.update(throttling_failure_count=0)
        page = self.send(codes="1", code=code_for(self.user))
        self.assertFalse(set(page.context["codes"]) & set(self.backup))
        self.assertRefused(self.enter(code=self.backup[0]))

    def test_is_given_up_with_a_code_and_ends_all_sessions(self):
        self.send(remove="1", code="000000")
        self.assertTrue(second_factor.is_asked(self.user))
        TOTPDevice.objects.update(throttling_failure_count=0)
        self.send(remove="1", code=code_for(self.user))
        self.assertEqual(self.client.get("/admin/").status_code, 302)
        self.assertIn_(self.enter())

    def test_an_administrator_takes_it_away_and_never_sees_it(self):
        make_login("lost", is_superuser=False)
        lost = make_login("phoneless", is_superuser=False)
        TOTPDevice.objects.create(user=lost, name="x")
        self.client.force_login(make_member("Administrator"))
        data = {"action": "remove_second_factor", "_selected_action": [lost.pk, self.user.pk]}
        self.client.post(reverse("admin:auth_user_changelist"), data)
        self.assertFalse(second_factor.is_asked(lost))
        self.assertTrue(second_factor.is_asked(self.user), "a superuser's is a superuser's")
        self.assertEqual(self.client.get("/admin/otp_totp/totpdevice/").status_code, 404)


@override_settings(REQUIRE_SECOND_FACTOR=True)
class RequiredTests(SecondFactorTestCase):
    def test_nothing_opens_but_the_page_that_sets_it_up(self):
        answer = self.client.get("/admin/articles/article/", follow=True)
        self.assertEqual(answer.redirect_chain[-1][0], self.factor_url)
        self.assertNotContains(answer, "Articles")
        answer = self.client.post("/admin/articles/article/add/", {"title": "x"})
        self.assertEqual(answer.status_code, 302)
        self.set_up()
        self.assertEqual(self.client.get("/admin/articles/article/").status_code, 200)
        self.assertContains(self.send(remove="1", code=code_for(self.user)), "asks everybody")

    def test_who_came_in_before_it_was_asked_logs_in_again(self):
        with override_settings(REQUIRE_SECOND_FACTOR=False):
            self.set_up()
        thief = Client()
        thief.force_login(self.user)  # a session without it
        answer = thief.get("/admin/", follow=True)
        self.assertContains(answer, "You are logged in as editor")
        self.assertEqual(thief.get("/admin/").status_code, 302)
