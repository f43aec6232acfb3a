"""No edit is lost silently: two to eight editors have one article open at the same time, each
writes something, they save in any order and answer what they are asked. Whatever a save makes
vanish, the one who saved it had been shown."""

import json
import random
import re
from unittest import mock

from articles import revisions
from articles.importing import state
from articles.models import Article
from tests.admin.test_editors_at_once import MINE, THEIRS, AtOnceTestCase, Opened
from tests.factories import make_article, make_editor, make_related_item, make_topic
from tests.promises import trials

ROUNDS = trials(3, 1_000)
WORD = re.compile(r"word\d+x")
TEXTS = ("title", "excerpt", "body", "note")
AT_MOST = 12  # saves of one editor; each is asked anew when somebody was faster


class Editor:
    """One editor with a browser of their own: what it has shown, and what they wrote into it."""

    def __init__(self, test, user, article):
        self.rnd, self.test = test.rnd, test
        self.form = Opened(test, user, "article", article)
        self.shown = self.words_on_page()
        self.written = {}  # the field's name to the word it holds

    def words_on_page(self):
        return set(WORD.findall(self.form.html))

    def write(self):
        rows = int(self.form.fields["related_items-TOTAL_FORMS"])
        places = [*TEXTS, *(f"related_items-{number}-title" for number in range(rows))]
        for place in self.rnd.sample(places, self.rnd.randint(1, 4)):
            self.written[place] = word = self.test.new_word()
            self.form.fields[place] = f"Now it is {word}."
        if self.rnd.random() < 0.4:
            topic = make_topic(self.test.new_word())
            self.form.fields["topics"] = [*self.form.fields.get("topics", []), str(topic.pk)]
            self.written["topics"] = topic.name

    def save(self):
        """Until it is saved. Of what it asks, each question is answered by a throw."""
        answers = []
        for _time in range(AT_MOST):
            if self.form.save(answers):
                return
            self.shown |= self.words_on_page()
            self.test.assertTrue(self.form.asks, self.form.page.context["errors"])
            self.written = self._where_it_stands_now()
            answers = [(place, self.rnd.choice([MINE, THEIRS])) for place in self.form.asks]
            for place, side in answers:
                if side == THEIRS:
                    self.written.pop(place, None)
        self.test.fail("it asks and asks")

    def _where_it_stands_now(self):
        """A row's number may have become another."""
        found = {"topics": self.written["topics"]} if "topics" in self.written else {}
        for place, word in self.written.items():
            now = next((p for p, text in self.form.fields.items() if word in str(text)), None)
            if place != "topics" and now:
                found[now] = word
        return found


class EditorsAtOnceTests(AtOnceTestCase):
    def setUp(self):
        super().setUp()
        self.rnd = random.Random(12)
        self.count = 0
        self.people = [make_editor(f"editor-{number}") for number in range(8)]

    def new_word(self):
        self.count += 1
        return f"word{self.count}x"

    def stored(self, article):
        row = revisions.load(article.pk)
        return set(WORD.findall(json.dumps(state.plain(_listed(state.whole(row))))))

    def play(self) -> list[str]:
        """One round; returns what was lost without a word."""
        article = make_article(excerpt="As delivered.", body="Ours.", note="–", topics=["Climate"])
        for _number in range(self.rnd.randint(0, 3)):
            make_related_item(article)
        people = self.rnd.sample(self.people, self.rnd.randint(2, 8))
        editors = [Editor(self, user, article) for user in people]
        for editor in editors:
            editor.write()
        self.rnd.shuffle(editors)
        lost = []
        for editor in editors:
            before = self.stored(article)
            editor.save()
            after = self.stored(article)
            lost += [f"{word} was overwritten unseen" for word in before - after - editor.shown]
            lost += [f"{word} was not stored" for word in set(editor.written.values()) - after]
        return lost

    def test_nothing_is_lost_unseen(self):
        for number in range(ROUNDS):
            with self.subTest(round=number):
                self.assertEqual(self.play(), [])

    def test_the_twin_loses_edits(self):
        """Without the merge, the last one who saves wins."""
        with (
            mock.patch("articles.shared_forms.MergingForm._merge"),
            mock.patch("articles.shared_forms.MergesRows._merge"),
        ):
            lost = [word for _round in range(2) for word in self.play()]
        self.assertIn("overwritten unseen", " ".join(lost))
        self.assertTrue(Article.objects.exists())


def _listed(of):
    """A state in JSON's own types: its related items are known by tuples."""
    return of | {"related": list(of["related"].values())}
