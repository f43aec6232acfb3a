"""The catalogue of pages leaves no page out, and each is what it says."""

import re
from html import unescape
from urllib.parse import urljoin

from django.db import transaction
from django.test import TestCase

from .pages import make_newsroom
from .test_published_only import Pair, small_pages


class CatalogueTests(TestCase):
    def test_holds_every_public_address_that_gives_html(self):
        with transaction.atomic():
            named = {page.url_name for page in make_newsroom().values()}
            transaction.set_rollback(True)
        pair = Pair(0)
        with small_pages():
            pair.world.make(hidden=False)
            for route, addresses in pair.doors.addresses().items():
                found = (self.client.get(address) for address in addresses)
                if page := next(filter(is_page, found), None):
                    name = page.resolver_match.url_name
                    self.assertIn(name, named, f"{route}: add it to tests/pages.py.")

    def test_pages_answer_as_it_says(self):
        for name, page in make_newsroom().items():
            with self.subTest(name):
                self.assertEqual(self.client.get(page.address).status_code, page.status)

    def test_every_link_leads_to_an_answer(self):
        links = {}
        for name, page in make_newsroom().items():
            html = self.client.get(page.address).content.decode()
            for address in re.findall('href="([^"#]+)', html):
                links[urljoin(page.address, unescape(address))] = name
        ours = [link for link in links if link.startswith("/") and "/static/" not in link]
        self.assertGreater(len(ours), 60)
        for link in ours:
            with self.subTest(links[link], link=link):
                self.assertEqual(self.client.get(link, follow=True).status_code, 200)


def is_page(answer) -> bool:
    return answer.status_code == 200 and answer.get("Content-Type", "").startswith("text/html")
