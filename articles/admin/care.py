"""Cleaning lists: filters that find what wants an editor's care among providers, topics, images."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from ..models import (
    Article,
    ArticleImage,
    Image,
    Provider,
    RelatedImage,
    RelatedItem,
    Topic,
    TopicAssignment,
)
from .filters import FollowedFilter, YesNoFilter

# No domain that a browser could open and nobody else has: empty, with a path, a port, spaces or
# escapes; an IP address; without a dot, or with one too many; "www." (its twin has none).
ODD_DOMAIN = r"^$|^[^.]*$|[\s/:@?#%&=\\]|^www[.]|^[.]|[.]$|[.][.]|^[0-9.]+$"


def used(model, by, **more):
    """Whether rows of `model` point at the outer row."""
    return Exists(model.objects.filter(**{by: OuterRef("pk")}, **more))


class CareFilter(admin.SimpleListFilter):
    """A list to clean: `finds` maps each value to its label and a function of the queryset."""

    title = _("care needed")
    parameter_name = "care"
    finds: dict

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _find) in self.finds.items()]

    def queryset(self, request, queryset):
        found = self.finds.get(self.value())
        return found[1](queryset) if found else queryset


class ProviderCare(CareFilter):
    finds = {
        "logo": (_("No logo"), lambda rows: rows.filter(Q(logo=None) | Q(logo__file=""))),
        "domain": (_("Odd domain"), lambda rows: rows.filter(domain__regex=ODD_DOMAIN)),
        "articles": (_("No article"), lambda rows: rows.filter(~used(Article, "provider"))),
        "unused": (
            _("Used by nothing"),
            lambda rows: rows.filter(~used(Article, "provider"), ~used(RelatedItem, "provider")),
        ),
    }


class TopicCare(CareFilter):
    finds = {
        "articles": (_("No article"), lambda rows: rows.filter(~used(TopicAssignment, "tag"))),
        "parent": (_("No wider topic"), lambda rows: rows.filter(parent=None)),
        "picture": (_("No picture"), lambda rows: rows.filter(Q(image=None) | Q(image__file=""))),
    }


def unused(images):
    return images.filter(
        ~used(ArticleImage, "image"),
        ~used(RelatedImage, "image"),
        ~used(Provider, "logo"),
        ~used(Topic, "image"),
    )


def public_without_words(images):
    """Shown to readers, and to those who cannot see it as nothing at all."""
    shown = Article.objects.published().filter(image_uses__image=OuterRef("pk"))
    return images.filter(Exists(shown), alt_text="").exclude(file="")


class ImageCare(CareFilter):
    finds = {
        "public": (_("Public without alternative text"), public_without_words),
        "unused": (_("Used by nothing"), unused),
    }


class HasAltTextFilter(YesNoFilter):
    title = _("alternative text")
    parameter_name = "alt"

    def narrowed(self, queryset, yes):
        return queryset.exclude(alt_text="") if yes else queryset.filter(alt_text="")


class HasFileFilter(YesNoFilter):
    title = _("has a file")
    parameter_name = "file"

    def narrowed(self, queryset, yes):
        return queryset.exclude(file="") if yes else queryset.filter(file="")


# Followed from what says by what a row is used.


class ImageFilter(FollowedFilter):
    """To what shows one picture."""

    title = _("picture")
    parameter_name = "image"
    lookup = "image_uses__image"
    model = Image


class PictureOfTopicFilter(ImageFilter):
    lookup = "image"


class LogoFilter(FollowedFilter):
    title = _("logo")
    parameter_name = "logo"
    lookup = "logo"
    model = Image


class ParentFilter(FollowedFilter):
    title = _("wider topic")
    parameter_name = "parent"
    lookup = "parent"
    model = Topic
