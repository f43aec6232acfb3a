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


class KeyTests(SimpleTestCase):
    def test_is_one_for_links_to_one_page(self):
        for url in (
            "https://a.example/b",
            "http://a.example/b",
            "https://www.a.example/b/",
            "https://A.Example:443/b#part",
            "http://a.example:80/b?",
            " https://a.example/b?utm_source=x&amp;utm_medium=y\t",
            "https://a.example/b?fbclid=1&UTM_Campaign=2&",
        ):
            self.assertEqual(weblinks.key(url), "a.example/b", url)

    def test_differs_where_the_page_may(self):
        urls = (
            "https://a.example/b",
            "https://a.example/B",
            "https://a.example/b/c",
            "https://a.example:8080/b",
            "https://news.a.example/b",
            "https://a.example/b?id=1",
            "https://a.example/b?id=2",
            "https://a.example/b?gid=2",
            "https://a.example/#!/b",
            "https://a.example/#!/c",
            "https://a.example/",
            "https://www.example/",
        )
        self.assertEqual(len({weblinks.key(url) for url in urls}), len(urls))

    def test_of_what_is_left_beside_tracking(self):
        for url, expected in {
            "https://a.example/b?id=1&utm_source=x&page=2": "a.example/b?id=1&page=2",
            "https://a.example/%c3%a4": "a.example/%C3%A4",
            "https://a.example/ä": "a.example/%C3%A4",
            "https://a.example/b/#!": "a.example/b",
            "https://a.example/b?next=/": "a.example/b?next=/",
            "http://[::1]:80/x": "[::1]/x",
            "javascript:1": "",
            "": "",
        }.items():
            self.assertEqual(weblinks.key(url), expected, url)

    def test_has_a_number_of_64_bits(self):
        numbers = {weblinks.number(weblinks.key(f"https://a.example/{n}")) for n in range(1000)}
        self.assertEqual(len(numbers), 1000)
        self.assertTrue(all(-(2**63) <= number < 2**63 for number in numbers))
        self.assertTrue(any(number < 0 for number in numbers))
        self.assertIsNone(weblinks.number(""))
