"""Related items: other coverage of the same story, as the feed (or an editor) lists it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .. import weblinks
from .derived import DerivedField, Derives
from .fields import WebURLField
from .item import ReadableItem


class RelatedItem(ReadableItem, Derives, models.Model):
    """A copy of an outside item as it stood when delivered. It may drift from the item itself, may
    repeat another item's link, and may be the article itself."""

    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="related_items")
    position = models.PositiveIntegerField(_("position"), default=0)
    title = models.CharField(_("headline"), max_length=500)
    excerpt = models.TextField(_("excerpt"), blank=True)
    published_at = models.DateTimeField(_("published there"), null=True, blank=True)
    type = models.CharField(_("type"), max_length=50, default="article")
    provider = models.ForeignKey(
        "articles.Provider",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="related_items",
        verbose_name=_("provider"),
    )
    web_url = WebURLField(_("link"))
    original_url = WebURLField(_("original link"))
    amp_url = WebURLField(_("AMP link"))
    cdn_amp_url = WebURLField(_("cached AMP link"))
    quality = models.IntegerField(_("quality"), null=True, blank=True)
    link_key = DerivedField(help_text=_("What all links to that page have in common."))
    images = models.ManyToManyField(
        "articles.Image", through="articles.RelatedImage", related_name="related_items"
    )

    class Meta:
        verbose_name = _("related item")
        verbose_name_plural = _("related items")
        ordering = ["position", "pk"]
        indexes = [
            # The article's page and form: its items in order.
            models.Index(fields=["article", "position", "id"], name="related_in_order"),
            # The articles whose related items lead to an article: its cluster.
            models.Index(fields=["link_key"], name="related_link_key"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="related_has_a_title"),
            models.CheckConstraint(
                condition=Q(quality__isnull=True) | Q(quality__gte=0), name="related_quality_from_0"
            ),
        ]

    DERIVED_FROM = frozenset(["web_url", "original_url"])

    def __str__(self):
        return self.headline

    @property
    def identity(self) -> str:
        """What tells it from its article's other items, however it is delivered again: the key of
        its link, or its headline where it has none."""
        return weblinks.key(self.link) or self.headline

    @property
    def is_hidden(self) -> bool:
        """Whether an editor keeps it from readers. No query where its article is loaded."""
        return self.identity in self.article.hidden_related

    @classmethod
    def derive(cls, values):
        link = weblinks.link(values["web_url"], values["original_url"])
        return {"link_key": weblinks.number(weblinks.key(link))}


class RelatedImage(models.Model):
    related_item = models.ForeignKey(RelatedItem, models.CASCADE, related_name="image_uses")
    image = models.ForeignKey("articles.Image", models.PROTECT, related_name="related_uses")
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("picture of a related item")
        verbose_name_plural = _("pictures of related items")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["related_item", "image"], name="image_once_in_a_related_item"
            ),
        ]

    def __str__(self):
        return str(self.image)
