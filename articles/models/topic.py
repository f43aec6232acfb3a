"""Topics, through taggit: a tag with an address of its own, and which article carries which."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from taggit.models import ItemBase, TagBase

from ..wording import first_free, slug_of
from .fields import BroughtBy


class TopicQuerySet(models.QuerySet):
    def with_published(self):
        """Topics that readers know of: those with at least one published article."""
        from .article import Article

        # One by one, up to the first: a list of all that is published would be made for each page.
        public = Article.objects.published().filter(pk=OuterRef("content_object"))
        return self.filter(
            Exists(TopicAssignment.objects.filter(Exists(public), tag=OuterRef("pk")))
        )

    def taken_slugs(self) -> set[str]:
        """Every address a topic has or had: an old one leads somewhere still. One query."""
        own = Topic.objects.order_by().values_list("slug")
        old = TopicAlias.objects.order_by().exclude(slug="").values_list("slug")
        return {slug for (slug,) in own.union(old)}


class Topic(TagBase):
    """Its key is its name. Topics form trees: `parent` is the wider topic, and never a narrower."""

    short_name = models.CharField(_("short name"), max_length=100, blank=True)
    parent = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("wider topic"),
    )
    description = models.TextField(_("description"), blank=True)
    image = models.ForeignKey(
        "articles.Image",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="topics",
        verbose_name=_("picture"),
    )
    keywords = models.JSONField(
        _("keywords"), default=list, blank=True, help_text=_("The feed's, a list of words.")
    )
    hashtags = models.JSONField(
        _("hashtags"), default=list, blank=True, help_text=_("The feed's, a list of words.")
    )
    brought_by = BroughtBy()

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="topic_has_a_name"),
            models.CheckConstraint(condition=~Q(slug=""), name="topic_has_a_slug"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("pk")),
                name="topic_is_not_its_own_parent",
            ),
        ]

    def get_absolute_url(self):
        return reverse("articles:topic", args=[self.slug])

    def clean(self):
        super().clean()
        if self.pk and self.pk in self.parents():
            raise ValidationError(
                {
                    "parent": _(
                        "“%(name)s” lies below this topic. Choose one that does not, or none."
                    )
                    % {"name": self.parent.name}
                }
            )

    def parents(self) -> list[int]:
        """The ids of the wider topics, from the nearest up. One query for each."""
        found: list[int] = []
        above = self.parent_id
        while above is not None and above not in found:
            found.append(above)
            above = Topic.objects.values_list("parent", flat=True).get(pk=above)
        return found

    def slugify(self, tag, i=None):
        """taggit's hook: "C++" and "C#" both read "c", so the second becomes "c-2"."""
        slug = slug_of(tag, "topic", max_length=90)
        return slug if i is None else f"{slug}-{i + 1}"

    @classmethod
    def slug_for(cls, name: str, taken) -> str:
        return first_free(slug_of(name, "topic", max_length=90), taken, max_length=100)


class TopicAlias(models.Model):
    """Another name under which feeds deliver a topic, and the address it had under that name.

    An alias never stands in the way of a topic: where one has this very name, it is that one which
    a delivery means (see `importing.aliases`).
    """

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="aliases")
    name = models.CharField(
        _("name"), max_length=100, blank=True, help_text=_("Blank for an old address alone.")
    )
    slug = models.SlugField(
        _("old address"),
        max_length=100,
        blank=True,
        help_text=_("Of a topic that was merged: it leads readers here."),
    )

    class Meta:
        verbose_name = _("other name")
        verbose_name_plural = _("other names")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=~Q(name=""),
                name="topic_alias_once",
                violation_error_message=_("A topic has this other name already."),
            ),
            # The look-up of an old address.
            models.UniqueConstraint(
                fields=["slug"], condition=~Q(slug=""), name="topic_alias_slug_once"
            ),
            models.CheckConstraint(
                condition=~Q(name="") | ~Q(slug=""), name="topic_alias_says_something"
            ),
        ]

    def __str__(self):
        return self.name or self.slug

    def clean(self):
        """A topic of that name would be named by two rows at once."""
        super().clean()
        if self.name and Topic.objects.filter(name=self.name).exists():
            raise ValidationError(
                _("There is a topic “%(name)s” already. Merge it instead."),
                params={"name": self.name},
            )


class TopicAssignment(ItemBase):
    # The index and the constraint below begin with them.
    content_object = models.ForeignKey(
        "articles.Article", models.CASCADE, related_name="topic_assignments", db_index=False
    )
    tag = models.ForeignKey(Topic, models.CASCADE, related_name="assignments", db_index=False)

    class Meta:
        verbose_name = _("topic of an article")
        verbose_name_plural = _("topics of articles")
        indexes = [
            # From the article's side: its topics, and how many articles each topic has.
            models.Index(fields=["content_object", "tag"], name="article_topics"),
        ]
        constraints = [
            # From the topic's side: serves the topic page.
            models.UniqueConstraint(
                fields=["tag", "content_object"], name="topic_once_in_an_article"
            ),
        ]

    def __str__(self):
        return f"{self.content_object} – {self.tag}"
