"""The guard: which links and addresses may be asked, and which never."""

import json
from ipaddress import ip_address

import yaml
from django.test import SimpleTestCase

from articles import weblinks
from articles.fetching.guard import PUBLIC_WEB, Refused, why_refused
from tests import corpus

from . import private


def refusal(url, site=""):
    """Why a link is refused; None: it is not."""
    try:
        PUBLIC_WEB.target(url, site)
    except Refused as error:
        return str(error)
    return None


class AddressTests(SimpleTestCase):
    def test_refuses_every_network_that_is_not_the_web(self):
        addresses = [*private.ADDRESSES, *(each.replace("%25", "%") for each in private.IPV6)]
        passed = [each for each in addresses if not why_refused(ip_address(each))]
        self.assertEqual(passed, [])

    def test_lets_the_web_through(self):
        for each in private.PUBLIC:
            self.assertIsNone(why_refused(ip_address(each)), each)

    def test_names_the_kind_most_narrowly(self):
        for address, kind in {
            "::1": "this machine",
            "::ffff:10.0.0.1": "an IPv4 address written as IPv6",
            "2001:0:1::1": "a tunnelled address (Teredo)",
            "168.63.129.16": "a cloud's inner service",
        }.items():
            self.assertEqual(why_refused(ip_address(address)), kind)

    def test_refuses_what_is_no_address(self):
        for text in ("", "localhost", "127.1", "0x7f000001", "10.0.0.01"):
            with self.assertRaises(Refused):
                PUBLIC_WEB.check(text, 80)


class HostTests(SimpleTestCase):
    def test_refuses_private_addresses_in_every_spelling(self):
        self.assertGreaterEqual(len(set(private.HOSTS)), 150)
        forms = ("http://{}/a.jpg", "https://{}/", "//{}/a.jpg", "http://{}")
        passed = [
            form.format(host)
            for host in private.HOSTS
            for form in forms
            if refusal(form.format(host)) is None
        ]
        self.assertEqual(passed, [])

    def test_refuses_public_addresses_in_odd_spellings(self):
        odd = [*private.spellings("8.8.8.8")][1:]
        passed = [host for host in odd if refusal(f"http://{host}/a.jpg") is None]
        # Which browsers, and what makes the rows, take away: what is left is plain.
        self.assertEqual(passed, ["\t8.8.8.8"])

    def test_refuses_look_alike_letters_and_takes_other_scripts(self):
        self.assertIn("look-alike", refusal("https://ｅxample.org/a.jpg"))
        self.assertIn("look-alike", refusal("https://faß.de/a.jpg"))  # IDNA of 2003: fass.de
        self.assertIn("look-alike", refusal("https://example。org/example.org"))
        self.assertEqual(
            PUBLIC_WEB.target("https://bücher.example/ä.jpg").url,
            "https://xn--bcher-kva.example/%C3%A4.jpg",
        )
        self.assertIsNone(refusal("https://example.org/图片.jpg"))

    def test_refuses_ports_schemes_and_what_is_too_long(self):
        for url in (
            *("http://example.org:22/", "https://example.org:8443/", "http://example.org:0/"),
            *("ftp://example.org/a.jpg", "file:///etc/passwd", "data:image/png;base64,AA", ""),
            *("javascript:alert(1)", "gopher://example.org/", "http:///a.jpg", "http://"),
            f"https://example.org/{'a' * 2048}",
            f"https://{'a' * 64}.example.org/",
            f"https://{'a.' * 130}example.org/",
        ):
            self.assertIsNotNone(refusal(url), url)


class LinkTests(SimpleTestCase):
    def test_takes_links_as_feeds_send_them(self):
        for url, meant in {
            "https://example.org/a b.jpg": "https://example.org/a%20b.jpg",
            " https://example.org/a.jpg\t": "https://example.org/a.jpg",
            "https://example.org/?a=1&amp;b=2": "https://example.org/?a=1&b=2",
            "https://example.org/?a=1&copy=2": "https://example.org/?a=1&copy=2",
            "HTTPS://Example.ORG:443/A.jpg#part": "https://example.org/A.jpg",
            "http://example.org:443": "http://example.org:443/",
            "//example.org/a.jpg": "https://example.org/a.jpg",
        }.items():
            self.assertEqual(PUBLIC_WEB.target(url).url, meant)

    def test_a_relative_link_needs_a_site(self):
        target = PUBLIC_WEB.target("/images/a.jpg?x=1", "News.example")
        self.assertEqual(target.url, "https://news.example/images/a.jpg?x=1")
        self.assertIn("'seeds', and that is no host's name", refusal("/images/a.jpg", "seeds"))
        for site in ("", "127.0.0.1", "printer.local", "a@b.example", "b.example/x"):
            self.assertIsNotNone(refusal("/images/a.jpg", site), site)

    def test_a_redirect_is_judged_like_a_link(self):
        start = PUBLIC_WEB.target("https://example.org/a/b.jpg")
        for location, meant in {
            "c.jpg": "https://example.org/a/c.jpg",
            "/c.jpg?x=1&copy=2": "https://example.org/c.jpg?x=1&copy=2",
            "//other.example/": "https://other.example/",
            "http://other.example/ü": "http://other.example/%C3%BC",
        }.items():
            self.assertEqual(PUBLIC_WEB.redirect(start, location).url, meant)
        for host in private.HOSTS:
            for location in (f"http://{host}/", f"//{host}/a.jpg"):
                with self.assertRaises(Refused, msg=location):
                    PUBLIC_WEB.redirect(start, location)
        for location in ("file:///etc/passwd", "http://[::1", "\\\\10.0.0.1\\a", "gopher://x.y/"):
            with self.assertRaisesMessage(Refused, "it leads on to"):
                PUBLIC_WEB.redirect(start, location)


@corpus.needs_corpus
class CorpusTests(SimpleTestCase):
    """Every picture that real seeds name: meant, or refused with a reason; none raises."""

    def test_every_link_is_normalised_or_refused_with_a_reason(self):
        links = set()
        for path in corpus.FOLDER.rglob("*"):
            if path.is_file():
                links.update(picture_links(path.read_text("utf-8", "replace")))
        refused = {}
        for link in links:
            # As the row holds it, once imported; and as it came.
            for url in (weblinks.normalise_image(link), link):
                why = refusal(url, "news.example")
                if why:
                    refused[link] = why
                elif not PUBLIC_WEB.target(url, "news.example").url.isascii():
                    refused[link] = "not ASCII"
        self.assertGreater(len(links), 400)
        self.assertEqual(refused, {})

    def test_odd_links_raise_nothing_but_a_reason(self):
        folder = corpus.FOLDER.parent / "hostile"
        strings = json.loads((folder / "naughty_strings.json").read_text())
        for text in strings:
            for url in (text, f"https://{text}/", f"https://example.org/{text}", f"/{text}"):
                refusal(url, "news.example")


def picture_links(text: str):
    """The values of `url:` below images, by each line: some of these files are broken."""
    for line in text.splitlines():
        name, colon, value = line.strip().removeprefix("- ").partition(":")
        if name.strip("'\" ") == "url" and colon:
            try:
                found = yaml.safe_load(value)
            except yaml.YAMLError:
                continue
            if isinstance(found, str):
                yield found
