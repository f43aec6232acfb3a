"""Topics, through taggit: a tag with an address of its own, and which article carries which."""

from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from taggit.models import ItemBase, TagBase

from ..wording import first_free, slug_of
from .fields import BroughtBy


class TopicQuerySet(models.QuerySet):
    def with_published(self):
        """Topics that readers know of: those with at least one published article."""
        from .article import Article

        carried = TopicAssignment.objects.filter(
            tag=OuterRef("pk"), content_object__in=Article.objects.published()
        )
        return self.filter(Exists(carried))


class Topic(TagBase):
    brought_by = BroughtBy()

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="topic_has_a_name"),
            models.CheckConstraint(condition=~models.Q(slug=""), name="topic_has_a_slug"),
        ]

    def get_absolute_url(self):
        return reverse("articles:topic", args=[self.slug])

    def slugify(self, tag, i=None):
        """taggit's hook: "C++" and "C#" both read "c", so the second becomes "c-2"."""
        slug = slug_of(tag, "topic", max_length=90)
        return slug if i is None else f"{slug}-{i + 1}"

    @classmethod
    def slug_for(cls, name: str, taken) -> str:
        return first_free(slug_of(name, "topic", max_length=90), taken, max_length=100)


class TopicAssignment(ItemBase):
    content_object = models.ForeignKey(
        "articles.Article", models.CASCADE, related_name="topic_assignments"
    )
    tag = models.ForeignKey(Topic, models.CASCADE, related_name="assignments")

    class Meta:
        verbose_name = _("topic of an article")
        verbose_name_plural = _("topics of articles")
        constraints = [
            # From the topic's side: serves the topic page. The article's side has its own index.
            models.UniqueConstraint(
                fields=["tag", "content_object"], name="topic_once_in_an_article"
            ),
        ]

    def __str__(self):
        return f"{self.content_object} – {self.tag}"
