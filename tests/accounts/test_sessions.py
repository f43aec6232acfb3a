"""Sessions and passwords: new at each login, ended with the password, strong when stolen."""

from django.conf import settings
from django.contrib.auth.hashers import get_hasher, identify_hasher, make_password
from django.test import Client, SimpleTestCase, override_settings
from django.urls import reverse

from tests.factories import make_member

from .doors import PASSWORD, DoorTestCase, make_login

NEW = "a quarter to nine 31"


class SessionTests(DoorTestCase):
    def test_each_login_has_a_key_of_its_own(self):
        self.client.cookies[settings.SESSION_COOKIE_NAME] = "fixed" * 6
        keys = {"fixed" * 6}
        for _time in range(2):
            self.enter(client=self.client)
            keys.add(self.client.cookies[settings.SESSION_COOKIE_NAME].value)
        self.assertEqual(len(keys), 3)

    def test_a_new_password_ends_all_others(self):
        elsewhere = Client()
        self.enter(client=self.client)
        self.enter(client=elsewhere)
        data = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
        self.client.post(reverse("admin:password_change"), data)
        self.assertEqual(self.client.get("/admin/").status_code, 200)
        self.assertEqual(elsewhere.get("/admin/").status_code, 302)

    def test_whoever_was_made_inactive_is_out(self):
        self.enter(client=self.client)
        type(self.user).objects.filter(pk=self.user.pk).update(is_active=False)
        self.assertEqual(self.client.get("/admin/").status_code, 302)

    def test_are_ended_everywhere_else_in_one_go(self):
        elsewhere, colleague = Client(), Client()
        make_login("chief")
        self.enter(client=self.client)
        self.enter(client=elsewhere)
        self.enter("chief", client=colleague)
        self.client.post(self.factor_url, {"end_sessions": "1"})
        opened = [c.get("/admin/").status_code for c in (self.client, elsewhere, colleague)]
        self.assertEqual(opened, [200, 302, 200])

    def test_the_cookies_go_nowhere_else(self):
        with override_settings(SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True):
            self.client.get(self.url)
            self.enter(client=self.client)
        for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "known_browser"):
            cookie = self.client.cookies[name]
            self.assertTrue(cookie["secure"] and cookie["httponly"], name)
            self.assertIn(cookie["samesite"], ("Lax", "Strict"))


class SuperuserTests(DoorTestCase):
    """Who looks after the logins does not become a superuser by it."""

    def setUp(self):
        super().setUp()
        self.member = make_member("Administrator")
        self.client.force_login(self.member)

    def test_a_superusers_password_is_not_theirs_to_set(self):
        data = {"password1": NEW, "password2": NEW, "usable_password": "true"}
        for page in ("auth_user_password_change", "auth_user_change", "auth_user_delete"):
            url = reverse(f"admin:{page}", args=[self.user.pk])
            self.assertEqual(self.client.post(url, data | {"post": "yes"}).status_code, 403)
        url = reverse("admin:auth_user_changelist")
        deletion = {"action": "delete_selected", "_selected_action": [self.user.pk], "post": "yes"}
        self.client.post(url, deletion)
        self.user.refresh_from_db()
        self.assertTrue(self.user.check_password(PASSWORD))

    def test_nor_is_it_to_make_one(self):
        for user in (self.member, make_login("new", is_superuser=False)):
            url = reverse("admin:auth_user_change", args=[user.pk])
            data = self.client.get(url).context["adminform"].form.initial
            sent = {"username": data["username"], "is_staff": "on", "is_active": "on"}
            sent |= {"groups": [group.pk for group in user.groups.all()]}
            sent |= {"date_joined_0": "2026-03-01", "date_joined_1": "12:00:00"}
            answer = self.client.post(url, sent | {"is_superuser": "on", "first_name": "New"})
            self.assertEqual(answer.status_code, 302)
            user.refresh_from_db()
            self.assertEqual((user.first_name, user.is_superuser), ("New", False))


class PasswordTests(SimpleTestCase):
    def test_are_kept_so_that_guessing_costs_memory(self):
        from newsroom.settings import PASSWORD_HASHERS

        with override_settings(PASSWORD_HASHERS=PASSWORD_HASHERS):
            hasher = get_hasher()
            self.assertEqual(hasher.algorithm, "scrypt")
            self.assertGreaterEqual(hasher.work_factor * hasher.block_size * 128, 16 * 2**20)
            older = make_password(PASSWORD, hasher="pbkdf2_sha256")
            self.assertNotEqual(identify_hasher(older).algorithm, hasher.algorithm)
