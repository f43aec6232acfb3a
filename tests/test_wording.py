"""Wording: text as feeds deliver it, made fit to read."""

from django.test import SimpleTestCase

from articles.wording import NOT_STORABLE, first_free, readable, slug_of


class ReadableTests(SimpleTestCase):
    def test_decodes_entities_even_twice_escaped(self):
        self.assertEqual(readable("Tom &amp; &#8220;Start&#8221;"), "Tom & “Start”")
        self.assertEqual(readable("a&amp;nbsp;b &lt;p&gt;"), "a b <p>")

    def test_folds_spaces_and_drops_what_nobody_sees(self):
        self.assertEqual(readable(" a\r\n b\u200b\u202ec\u00ad\u00a0d\x07 "), "a bc d")

    def test_keeps_letters_of_every_script(self):
        text = "Köln 東京 القاهرة 🎉 क्षि"
        self.assertEqual(readable(text), text)


class NotStorableTests(SimpleTestCase):
    def test_is_never_printable(self):
        """The importing asks `str.isprintable` first, which answers sooner."""
        refused = [char for char in map(chr, range(0x110000)) if NOT_STORABLE.match(char)]
        self.assertEqual([char for char in refused if char.isprintable()], [])
        self.assertIn("\ud800", refused)


class SlugTests(SimpleTestCase):
    def test_is_ascii_and_never_empty(self):
        self.assertEqual(slug_of("Größe &amp; Öl"), "groe-ol")
        self.assertEqual(slug_of("東京", fallback="tokyo.example"), "tokyoexample")
        self.assertEqual(slug_of("東京", fallback="京"), "item")

    def test_is_cut_at_a_hyphen(self):
        self.assertEqual(slug_of("one two three four", max_length=12), "one-two")
        self.assertEqual(slug_of("x" * 30, max_length=12), "x" * 12)

    def test_first_free_counts_up(self):
        self.assertEqual(first_free("a", {"a", "a-2"}), "a-3")
        self.assertEqual(first_free("abc", {"abc"}, max_length=3), "a-2")
