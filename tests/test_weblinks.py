"""Web links: what feeds send, and what is linked to."""

from django.test import SimpleTestCase

from articles import weblinks


class NormaliseTests(SimpleTestCase):
    def test_mends_what_browsers_mend(self):
        for url, expected in {
            "https://a.example": "https://a.example/",
            "HTTPS://A.Example/B": "https://a.example/B",
            " https://a.example/b\t": "https://a.example/b",
            "https://a.example/b c": "https://a.example/b%20c",
            "https://a.example/“ä”": "https://a.example/%E2%80%9C%C3%A4%E2%80%9D",
            "https://a.example/%e2{x}|^": "https://a.example/%e2%7Bx%7D%7C%5E",
            "https://a.example/100%": "https://a.example/100%25",
            "https://a.example/?a=1&amp;b=2#c": "https://a.example/?a=1&b=2#c",
            "http://a.example:8080/": "http://a.example:8080/",
            "https://bücher.example/": "https://xn--bcher-kva.example/",
            "https://a.example/\nb": "https://a.example/b",
        }.items():
            self.assertEqual(weblinks.normalise(url), expected, url)

    def test_changes_nothing_the_second_time(self):
        for url in ("https://a.example/b c?ä=1#“", "http://[::1]:80/x", "https://ä.example/%"):
            once = weblinks.normalise(url)
            self.assertTrue(once)
            self.assertEqual(weblinks.normalise(once), once)

    def test_refuses_what_is_no_web_address(self):
        for url in (
            "",
            "a.example/b",
            "/path",
            "//a.example/b",
            "javascript:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "ftp://a.example/",
            "https://",
            "https://user:word@a.example/",
            "https://a.example@b.example/",
            "http://a.example:port/",
            "http://[::1",
            "http://a b.example/",
            "http://.../",
        ):
            self.assertEqual(weblinks.normalise(url), "", url)


class NormaliseImageTests(SimpleTestCase):
    def test_takes_paths_on_the_senders_site(self):
        for url, expected in {
            "/images/a b.jpg": "/images/a%20b.jpg",
            "../../banners/a.jpg": "/banners/a.jpg",
            "images/a.jpg?w=2": "/images/a.jpg?w=2",
            "//a.example/a.jpg": "https://a.example/a.jpg",
            "https://a.example/a.jpg ": "https://a.example/a.jpg",
            "data:image/png;base64,x": "",
            "javascript:1": "",
            "..": "",
            "": "",
        }.items():
            self.assertEqual(weblinks.normalise_image(url), expected, url)


class HostTests(SimpleTestCase):
    def test_is_what_a_reader_would_say(self):
        self.assertEqual(weblinks.host("https://www.A.example:8080/b"), "a.example")
        self.assertEqual(weblinks.host("javascript:1"), "")
