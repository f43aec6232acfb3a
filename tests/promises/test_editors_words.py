"""An import never overrules an editor: each field edited, a delivery that changes them all; every
edit is kept and every conflict listed."""

from datetime import timedelta
from unittest import mock

from django.utils import timezone

from articles.importing import merge
from articles.importing.records import ARTICLE_COLUMNS, ITEM_COLUMNS, MACHINE_COLUMNS
from articles.models import Article, ArticleImage, Proposal, RelatedItem
from tests.factories import NOON, make_editor, make_image, make_provider, make_topic
from tests.importing.seedtexts import seed
from tests.importing.test_pipeline import ImportTestCase

# Everything that a delivery can change, changed.
NEWER = (
    ("Tram bells are tuned", "Newer title"),
    ("The depot tunes every bell.", "Newer excerpt"),
    ("2026-03-01T09:30", "2026-03-05T09:30"),
    ('originalUrl: "https://post.example/bells"', 'originalUrl: "https://newer.example/o"'),
    ('webUrl: "https://post.example/bells"', 'webUrl: "https://newer.example/w"'),
    ("type: article", 'type: video\nfeaturedContent: "newer"'),
    ("published: true", "published: false"),
    ("name: Post", "name: Newer"),
    ("  - Transport\n  - Culture", "  - Newer topic"),
    ("bells.jpg", "newer.jpg"),
    ("Why bells ring", "Newer related title"),
    ("An explanation.", "Newer related excerpt"),
    ("2026-02-28T08:00", "2026-03-04T08:00"),
    ("    type: article", '    type: video\n    originalUrl: "https://newer.example/r"'),
    ("      name: Radio", "      name: Newer radio"),
)


def edits() -> dict:
    """An editor's value for every column that a delivery may set and a machine does not own."""
    return {
        "title": "Ours",
        "excerpt": "Our excerpt",
        "published_at": NOON,
        "type": "ours",
        "provider": make_provider("Our provider", "ours.example"),
        "web_url": "https://ours.example/w",
        "original_url": "https://ours.example/o",
        "featured_content": "ours",
    }


class EditorsWordsTests(ImportTestCase):
    def setUp(self):
        super().setUp()
        self.run_import()
        self.editor = make_editor()

    def violations(self) -> list[str]:
        """Edit everything, deliver everything anew, and say what was overruled or not listed."""
        article, item = self.article, self.article.related_items.get()
        ours = edits()
        columns = {name: ours[name] for name in ARTICLE_COLUMNS if name not in MACHINE_COLUMNS}
        item_columns = {name: ours[name] for name in ITEM_COLUMNS if name not in MACHINE_COLUMNS}
        # The link is what a related item is known by: with another one it is another item.
        del item_columns["web_url"]
        kept = columns | {"body": "Our words", "note": "Our note", "is_kept_public": True}
        Article.objects.filter(pk=article.pk).update(**kept)
        RelatedItem.objects.filter(pk=item.pk).update(**item_columns)
        article = self.article
        article.publish_from = NOON
        article.decide("published", self.editor, NOON)
        article.publish_until = timezone.now() + timedelta(days=9)
        article.save()
        article.topics.set([make_topic("Our topic")])
        article.image_uses.all().delete()
        picture = make_image(alt_text="Our words for it")
        ArticleImage.objects.create(article=article, image=picture)
        kept |= {
            "status": "published",
            "publish_from": NOON,
            "publish_until": article.publish_until,
        }

        self.write(content=seed(*NEWER))
        report = self.run_import()
        after = self.article
        wrong = [name for name, value in kept.items() if getattr(after, name) != value]
        item = RelatedItem.objects.get(pk=item.pk)
        wrong += [
            f"related.{name}"
            for name, value in item_columns.items()
            if getattr(item, name) != value
        ]
        if set(after.topics.names()) - {"Newer topic"} != {"Our topic"}:
            wrong.append("topics")
        if picture.pk not in after.images.values_list("pk", flat=True):
            wrong.append("images")
        picture.refresh_from_db()
        wrong += [] if picture.alt_text == "Our words for it" else ["alt_text"]

        listed = set(Proposal.objects.open().values_list("field", "related_item"))
        expected = {(name, None) for name in columns} | {(n, item.pk) for n in item_columns}
        # The feed said nothing new of these.
        expected -= {("featured_content", item.pk)}
        if listed != expected:
            wrong.append(f"listed: {listed ^ expected}")
        if len(report.kept) != len(expected):
            wrong.append("not every conflict is in the report")
        # What nobody edited has come.
        if (after.feed_published, after.heat) != (False, 80):
            wrong.append("the machine's fields did not follow")
        return wrong

    def test_every_edit_is_kept_and_every_conflict_listed(self):
        self.assertEqual(self.violations(), [])

    def test_the_twin_overrules(self):
        """Without the base, the last delivery, an edit cannot be told from an older delivery."""

        def blind(base, theirs, ours, machine=(), names=None):
            changed = theirs if names is None else names
            return {name: theirs[name] for name in changed}, []

        with mock.patch.object(merge, "merge_values", blind):
            wrong = self.violations()
        self.assertIn("title", wrong)
        self.assertIn("related.title", wrong)
