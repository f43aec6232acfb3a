"""Old addresses: where readers saw an article before an editor gave it another address."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import ByteOrderedCharField


class OldAddress(models.Model):
    """It leads to the article of that source and stem, for good.

    Named by that pair and by no row's number: it outlasts a deletion, and is right again when the
    article comes back.
    """

    slug = models.SlugField(_("address"), max_length=200, unique=True)
    source = models.CharField(_("source"), max_length=100)
    stem = ByteOrderedCharField(_("stem"), max_length=255)

    class Meta:
        verbose_name = _("old address")
        verbose_name_plural = _("old addresses")
        ordering = ["slug"]
        default_permissions = ()  # changing the article is what it takes

    def __str__(self):
        return self.slug

    @classmethod
    def keep(cls, article, slug: str) -> None:
        """Keep the address `slug`, which the article has left for another, if readers ever saw it
        there. In the caller's transaction."""
        cls.objects.filter(slug=article.slug).delete()
        if article.was_public():
            names = {"source": article.source, "stem": article.stem}
            cls.objects.get_or_create(slug=slug, defaults=names)
