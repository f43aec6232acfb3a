"""Providers: the outlets and channels that published a story first."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .. import weblinks
from ..wording import first_free, readable, slug_of
from .fields import BroughtBy


class ProviderQuerySet(models.QuerySet):
    def with_published(self):
        """Providers that readers know of: those with at least one published article."""
        from .article import Article

        # One by one, up to the first: by their status, SQLite reads all that are public.
        public = Article.objects.published().filter(pk=OuterRef("pk"))
        return self.filter(Exists(Article.objects.filter(Exists(public), provider=OuterRef("pk"))))

    def taken_slugs(self) -> set[str]:
        """Every address a provider has or had: an old one leads somewhere still. One query."""
        own = Provider.objects.order_by().values_list("slug")
        old = ProviderAlias.objects.order_by().exclude(slug="").values_list("slug")
        return {slug for (slug,) in own.union(old)}


class Provider(models.Model):
    """One outlet or channel. The key is (name, domain): a video host carries many channels."""

    name = models.CharField(_("name"), max_length=200)
    domain = models.CharField(
        _("domain"),
        max_length=500,
        help_text=_("Lower case, without http://. Feeds send paths and odd spellings too."),
    )
    slug = models.SlugField(
        _("address"),
        max_length=200,
        unique=True,
        help_text=_("The last part of the provider's page address. It is permanent."),
    )
    logo = models.ForeignKey(
        "articles.Image",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="logo_of",
        verbose_name=_("logo"),
    )
    description = models.TextField(_("description"), blank=True)
    brought_by = BroughtBy()

    objects = ProviderQuerySet.as_manager()

    class Meta:
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        ordering = ["name", "domain"]
        constraints = [
            models.UniqueConstraint(fields=["name", "domain"], name="provider_name_and_domain"),
            models.CheckConstraint(condition=~Q(name=""), name="provider_has_a_name"),
            models.CheckConstraint(
                condition=Q(domain=Lower("domain")), name="provider_domain_is_lower_case"
            ),
            models.CheckConstraint(condition=~Q(slug=""), name="provider_has_a_slug"),
        ]

    def __str__(self):
        return f"{self.display_name} ({self.domain})" if self.domain else self.display_name

    def get_absolute_url(self):
        return reverse("articles:provider", args=[self.slug])

    @property
    def display_name(self) -> str:
        return readable(self.name)

    @property
    def website(self) -> str:
        """The outlet's own site, or "" where the feed's domain names none."""
        return weblinks.normalise(f"https://{self.domain}") if "." in self.domain else ""

    @classmethod
    def slug_for(cls, name: str, domain: str, taken) -> str:
        return first_free(slug_of(name, fallback=domain, max_length=190), taken)


class ProviderAlias(models.Model):
    """Another key under which feeds deliver a provider, and the address it had under that key.

    An alias never stands in the way of a provider: where one has this very key, it is that one
    which a delivery means (see `importing.aliases`).
    """

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="aliases")
    name = models.CharField(
        _("name"), max_length=200, blank=True, help_text=_("Blank for an old address alone.")
    )
    domain = models.CharField(
        _("domain"), max_length=500, blank=True, help_text=_("Lower case, without http://.")
    )
    slug = models.SlugField(
        _("old address"),
        max_length=200,
        blank=True,
        help_text=_("Of a provider that was merged: it leads readers here."),
    )

    class Meta:
        verbose_name = _("other name")
        verbose_name_plural = _("other names")
        ordering = ["name", "domain", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "domain"],
                condition=~Q(name=""),
                name="provider_alias_once",
                violation_error_message=_("A provider has this other name already."),
            ),
            # The look-up of an old address.
            models.UniqueConstraint(
                fields=["slug"], condition=~Q(slug=""), name="provider_alias_slug_once"
            ),
            models.CheckConstraint(
                condition=~Q(name="") | ~Q(slug=""), name="provider_alias_says_something"
            ),
            models.CheckConstraint(
                condition=Q(domain=Lower("domain")), name="provider_alias_domain_is_lower_case"
            ),
        ]

    def __str__(self):
        return " ".join(filter(None, [self.name, f"({self.domain})" if self.domain else ""])) or (
            self.slug
        )

    def clean(self):
        """A provider of that key would be named by two rows at once."""
        super().clean()
        twin = Provider.objects.filter(name=self.name, domain=self.domain).first()
        if self.name and twin:
            raise ValidationError(
                _("There is a provider “%(name)s” already. Merge it instead."),
                params={"name": str(twin)},
            )
