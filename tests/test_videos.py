"""Which video an embed code or a link means: every honest spelling, and none that is not one."""

import json
import os
import re
from pathlib import Path
from unittest import skipUnless

from django.conf import settings
from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from articles import videos

ID = "e7WdYb1-uKs"
YOUTUBE, VIMEO = "www.youtube-nocookie.com", "player.vimeo.com"
ADDRESSES = re.compile(
    r"https://www\.youtube-nocookie\.com/embed/[\w-]{11}\?autoplay=1&rel=0"
    r"|https://www\.youtube\.com/watch\?v=[\w-]{11}"
    r"|https://player\.vimeo\.com/video/\d{5,12}\?autoplay=1&dnt=1(&h=[0-9a-f]{6,20})?"
    r"|https://vimeo\.com/\d{5,12}(/[0-9a-f]{6,20})?",
    re.ASCII,
)
HOSTILE = Path(os.environ.get("SEED_CORPUS") or "/nonexistent").parent / "hostile"


def find(code, *links, hosts=(YOUTUBE, VIMEO)):
    return videos.find(code, *links, hosts=hosts)


class YouTubeTests(SimpleTestCase):
    def test_is_found_in_every_spelling(self):
        for address in (
            f"https://www.youtube.com/embed/{ID}",
            f"http://youtube.com/embed/{ID}/?start=3&amp;rel=0",
            f"https://www.youtube-nocookie.com/embed/{ID}?si=abc",
            f"//www.youtube.com/embed/{ID}",
            f"https://youtube.com/watch?v={ID}",
            f"https://WWW.YouTube.com/watch?feature=share&v={ID}&t=30s",
            f"https://m.youtube.com/watch/?v={ID}#top",
            f"https://youtu.be/{ID}?t=3",
            f"https://www.youtube.com/shorts/{ID}",
            f"https://www.youtube.com/live/{ID}",
            f"https://www.youtube.com/v/{ID}",
            f"  https://youtu.be/{ID}\t",
        ):
            for found in (find("", address), find(f'<iframe width="1" src="{address}"></iframe>')):
                with self.subTest(address):
                    self.assertEqual((found.host, found.id), (YOUTUBE, ID))
                    self.assertEqual(found.page, f"https://www.youtube.com/watch?v={ID}")
                    player = f"https://www.youtube-nocookie.com/embed/{ID}?autoplay=1&rel=0"
                    self.assertEqual(found.player, player)

    def test_is_not_found_where_none_is(self):
        for address in (
            "https://www.youtube.com/embed/videoseries?list=PL0123456789",
            "https://www.youtube.com/embed/live_stream?channel=UC0123456789",
            "https://www.youtube.com/embed/",
            "https://www.youtube.com/@channel",
            f"https://www.youtube.com/embed/{ID}x",
            f"https://www.youtube.com/embed/{ID[:10]}",
            f"https://www.youtube.com/embed/{ID}/../../redirect",
            f"https://www.youtube.com/embed/{ID[:9]}%22",
            f"https://www.youtube.com/embed/{ID[:10]}é",
            f"https://www.youtube.com/redirect?q=x&v={ID}",
            f"https://www.youtube.com/watch?v={ID}&v=AAAAAAAAAAA",
            f"https://www.youtube.com/watch?{'a=1&' * 200}v={ID}",
            f"https://www.youtube.com:8443/embed/{ID}",
            f"https://www.youtube.com@evil.example/embed/{ID}",
            f"https://user@www.youtube.com/embed/{ID}",
            f"https://www.youtube.com.evil.example/embed/{ID}",
            f"https://evil.example/www.youtube.com/embed/{ID}",
            f"https://evilyoutube.com/embed/{ID}",
            f"https://www.youtube.com.:443/embed/{ID}",
            f"https://уoutube.com/embed/{ID}",  # its first letter is Cyrillic
            f"javascript://www.youtube.com/embed/{ID}",
            f"data:text/html,https://www.youtube.com/embed/{ID}",
            f"/embed/{ID}",
            "",
        ):
            with self.subTest(address):
                self.assertIsNone(find("", address))
                self.assertIsNone(find(f"<iframe src='{address}'>"))


class VimeoTests(SimpleTestCase):
    def test_is_found_in_every_spelling(self):
        for address in (
            "https://player.vimeo.com/video/76979871",
            "https://player.vimeo.com/video/76979871?badge=0&amp;autopause=0",
            "https://vimeo.com/76979871",
            "https://www.vimeo.com/76979871/",
            "https://vimeo.com/channels/staff-picks/76979871",
            "https://vimeo.com/groups/films/videos/76979871",
        ):
            with self.subTest(address):
                found = find("", address)
                self.assertEqual((found.host, found.id), (VIMEO, "76979871"))
                self.assertEqual(found.page, "https://vimeo.com/76979871")
                self.assertTrue(found.player.endswith("/76979871?autoplay=1&dnt=1"))

    def test_keeps_the_key_of_an_unlisted_one(self):
        for address in (
            "https://vimeo.com/76979871/8272103f6e",
            "https://player.vimeo.com/video/76979871?h=8272103f6e",
        ):
            found = find("", address)
            self.assertTrue(found.player.endswith("&h=8272103f6e"))
            self.assertEqual(found.page, "https://vimeo.com/76979871/8272103f6e")

    def test_is_not_found_where_none_is(self):
        for address in (
            "https://vimeo.com/about",
            "https://vimeo.com/1",
            "https://vimeo.com/٧٦٩٧٩٨٧١",
            "https://player.vimeo.com/76979871",
            "https://player.vimeo.com/video/76979871?h=%22%3E",
            "https://vimeo.com.evil.example/76979871",
        ):
            with self.subTest(address):
                self.assertIsNone(find("", address))


class FindTests(SimpleTestCase):
    def test_the_embed_code_goes_before_the_links(self):
        code = f'<iframe src="https://www.youtube.com/embed/{ID}">'
        self.assertEqual(find(code, "https://vimeo.com/76979871").id, ID)

    def test_a_link_serves_where_the_embed_code_is_of_a_stranger(self):
        code = '<iframe src="https://stranger.example/embed/1">'
        self.assertEqual(find(code, "", f"https://youtu.be/{ID}").id, ID)

    def test_only_hosts_on_the_list_are_found(self):
        code = f'<iframe src="https://www.youtube.com/embed/{ID}">'
        self.assertIsNone(find(code, hosts=[VIMEO]))
        self.assertEqual(find(code, "https://vimeo.com/76979871", hosts=[VIMEO]).id, "76979871")
        self.assertIsNone(find(code, hosts=[]))

    def test_the_frame_is_read_as_feeds_write_it(self):
        address = f"https://www.youtube.com/embed/{ID}"
        for code in (
            f"<p>Look: <IFRAME\nSRC = {address}></IFRAME>",
            f"<iframe data-src='https://stranger.example/' src='{address}'>",
            f"<iframe srcdoc='<b>' title=x src='{address}'".replace("<b>", ""),
            f"<iframe allow=fullscreen src={address}",
        ):
            with self.subTest(code):
                self.assertEqual(find(code).id, ID)
        for code in (f"<img src='{address}'>", f"<iframes src='{address}'>", address):
            with self.subTest(code):
                self.assertIsNone(find(code))

    def test_a_long_one_is_read_quickly_or_not_at_all(self):
        self.assertIsNone(find("<iframe " * 30_000))
        self.assertIsNone(find("<iframe " + "src" * 100_000))
        self.assertIsNone(find(f"<iframe {'x ' * 3000} src='https://youtu.be/{ID}'>"))

    def test_the_settings_know_every_player(self):
        self.assertEqual(settings.VIDEO_PLAYERS, tuple(videos.PLAYERS))


class HostileTests(SimpleTestCase):
    def check(self, *texts):
        found = find(*texts)
        if found is not None:
            self.assertRegex(found.player, f"^({ADDRESSES.pattern})\\Z")
            self.assertRegex(found.page, f"^({ADDRESSES.pattern})\\Z")
            self.assertIn(f"//{found.host}/", found.player)
        return found

    @given(st.text(max_size=60), st.text(max_size=30))
    def test_any_text_gives_a_sound_address_or_none(self, text, more):
        self.check(text, more)
        self.check(f"<iframe src={text}>{more}")
        self.check(f'<iframe src="https://www.youtube.com/embed/{text}">', f"https://{text}")
        self.check("", f"https://youtu.be/{text}", f"https://vimeo.com/{text}/{more}")
        self.check("", f"https://www.youtube.com/watch?v={text}&{more}")

    @skipUnless(HOSTILE.is_dir(), "SEED_CORPUS names no folder beside which hostile texts lie")
    def test_hostile_payloads_give_none(self):
        payloads = json.loads((HOSTILE / "html_payloads.json").read_text())
        self.assertGreater(len(payloads), 2000)
        for payload in payloads:
            text = payload["p"]
            self.assertIsNone(self.check(text, text))
            self.check(f"<iframe src='https://www.youtube.com/embed/{text}'>")
