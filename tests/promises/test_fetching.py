"""G10: the fetcher reaches the public web only. G11: no picture harms or betrays.

From the row to the record: each hostile link, name and picture ends as a line in its row, nothing
private is dialled, and what is stored says nothing but its pixels. See tests/fetching/ for each
defence by itself.
"""

import json
import socket
from ipaddress import ip_address
from random import Random
from urllib.parse import urlsplit

import httpcore
from django.core.files.storage import default_storage
from django.test import SimpleTestCase, TestCase, override_settings

from articles import pixels
from articles.fetching.client import FetchError
from articles.fetching.guard import PUBLIC_WEB, Refused
from articles.fetching.taking import Outcome, fetch_one
from articles.models import Image
from articles.pixels import PictureError
from tests import corpus, picturing
from tests.fetching.hostile import NoGuard, Server, Web, answer
from tests.fetching.private import HOSTS

from . import trials

LYING = {"Content_Type": "image/jpeg"}


def as_systems_do(host, port):
    """Numbers in the spellings that a system's resolver knows, and for any name a private one."""
    try:
        return [socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)[0][4][0]]
    except (OSError, UnicodeError):
        return ["10.0.0.1"]


class Dialled(list):
    def __call__(self, address, port, timeout):
        self.append(address)
        raise httpcore.ConnectError("nobody is really asked")

    def private(self):
        # Judged by another than the guard; what both must agree on.
        return [each for each in self if not ip_address(each.partition("%")[0]).is_global]


class PublicWebTests(SimpleTestCase):
    def dialled_for(self, urls) -> Dialled:
        dialled = Dialled()
        web = Web(resolve=as_systems_do, dial=dialled, guard=PUBLIC_WEB)
        for url in urls:
            try:
                web.get(url, "news.example")
            except (Refused, FetchError) as error:
                self.assertTrue(str(error))
        return dialled

    def test_no_spelling_of_a_private_address_is_dialled(self):
        urls = [f"http://{host}/a.jpg" for host in HOSTS]
        self.assertEqual(self.dialled_for(urls), [])

    @corpus.needs_corpus
    def test_no_known_hostile_link_leads_to_a_private_address(self):
        folder = corpus.FOLDER.parent / "hostile"
        urls = json.loads((folder / "ssrf_urls.json").read_text())
        urls = [f"http:{url}" if url.startswith("//") else url for url in urls]
        web_platform = json.loads((folder / "wpt_urltestdata.json").read_text())
        urls += [case["input"] for case in web_platform if isinstance(case, dict)]
        self.assertGreater(len(urls), 2_000)
        self.assertEqual(self.dialled_for(urls).private(), [])

    def test_without_the_guard_private_addresses_are_dialled(self):
        """The failing twin: what a fetcher does that takes the link apart and asks its host."""
        dialled = Dialled()
        web = Web(resolve=as_systems_do, dial=dialled, guard=NoGuard())
        target = PUBLIC_WEB.target("http://example.org/a.jpg")
        for host in HOSTS[:200]:
            try:
                name = urlsplit(f"http://{host}/").hostname
                web.client.get(type(target)("http", name, 80, "/a.jpg"))
            except (FetchError, ValueError, TypeError):
                continue
        self.assertGreater(len(dialled.private()), 50)


@override_settings(FETCH_IMAGES=True)
class PictureTests(TestCase):
    def fetch(self, server, content) -> Image:
        server.answers["/picture"] = answer(content, **LYING)
        link = server.url(f"/picture?{Image.objects.count()}")
        image = Image.objects.create(url=link)
        self.outcome = fetch_one(image.pk, by=Web(server).client)
        image.refresh_from_db()
        return image

    def test_every_hostile_picture_ends_as_a_line_in_its_row(self):
        hostile = list(picturing.hostile().items())
        some = hostile if trials(0, 1) else Random(11).sample(hostile, 8)
        with Server() as server:
            for name, content in some:
                image = self.fetch(server, content)
                self.assertEqual((self.outcome, bool(image.file)), (Outcome.GIVEN_UP, False), name)
                self.assertTrue(image.fetch_error.isprintable(), name)

    def test_what_is_stored_says_nothing_but_its_pixels(self):
        with Server() as server:
            for form in picturing.WRITABLE:
                image = self.fetch(server, picturing.talkative(form))
                self.assertEqual(self.outcome, Outcome.TAKEN)
                with default_storage.open(image.file.name) as file:
                    content = file.read()
                self.assertEqual(picturing.metadata_in(content), [])
                self.assertNotIn(picturing.SECRET, content)

    def test_the_twin_as_it_came_it_would_tell_all(self):
        for form in picturing.WRITABLE:
            content = picturing.talkative(form)
            self.assertTrue(picturing.metadata_in(content))
            self.assertIn(picturing.SECRET, content)

    def test_damaged_pictures_are_refused_or_say_nothing(self):
        random = Random(7)
        whole = [picturing.talkative(form) for form in picturing.WRITABLE]
        for _ in range(trials(150, 20_000)):
            content = bytearray(random.choice(whole))
            for _ in range(random.randint(1, 8)):
                content[random.randrange(len(content))] = random.randrange(256)
            if random.random() < 0.3:
                del content[random.randrange(len(content)) :]
            try:
                made = pixels.rewritten(bytes(content))[0]
            except PictureError:
                continue
            self.assertEqual(picturing.metadata_in(made), [])
            self.assertNotIn(picturing.SECRET, made)
