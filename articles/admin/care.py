"""Cleaning lists: filters that find what wants an editor's care among providers, topics, images."""

from functools import reduce
from operator import or_

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
from .filters import FollowedFilter, RunFilter, YesNoFilter

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


def _in_use():
    """The ways in which a picture is used, each as a question about the outer row."""
    return [
        used(ArticleImage, "image"),
        used(RelatedImage, "image"),
        used(Provider, "logo"),
        used(Topic, "image"),
    ]


def unused(images):
    return images.filter(*(~use for use in _in_use()))


def in_use(images):
    return images.filter(reduce(or_, map(Q, _in_use())))


def public_uses():
    """The uses of pictures by articles that readers see now. Each article is looked up by itself,
    see `published_among`."""
    public = Article.objects.published().filter(pk=OuterRef("article"))
    return ArticleImage.objects.filter(Exists(public))


def in_public_use(images):
    return images.filter(Exists(public_uses().filter(image=OuterRef("pk"))))


def not_fetched(images):
    """What the feed links to and could not be had."""
    return images.filter(file="", fetch_failures__gt=0)


def public_without_words(images):
    """Shown to readers, and to those who cannot see it as nothing at all."""
    return in_public_use(images.filter(alt_text="").exclude(file=""))


class ImageCare(CareFilter):
    finds = {
        "public": (_("Public without alternative text"), public_without_words),
        "unused": (_("Used by nothing"), unused),
        "failed": (_("Could not be fetched"), not_fetched),
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


class UsedFilter(admin.SimpleListFilter):
    title = _("use")
    parameter_name = "used"

    def lookups(self, request, model_admin):
        return [
            ("public", _("By public articles")),
            ("yes", _("By anything")),
            ("no", _("By nothing")),
        ]

    def queryset(self, request, queryset):
        if self.value() == "public":
            return in_public_use(queryset)
        if self.value() == "yes":
            return in_use(queryset)
        return unused(queryset) if self.value() == "no" else queryset


class OriginFilter(admin.SimpleListFilter):
    title = _("origin")
    parameter_name = "origin"

    def lookups(self, request, model_admin):
        return [("here", _("Uploaded here")), ("feed", _("A feed"))]

    def queryset(self, request, queryset):
        if self.value() == "here":
            return queryset.filter(url="")
        return queryset.exclude(url="") if self.value() == "feed" else queryset


class BroughtByFilter(RunFilter):
    """To what one import run brought."""

    lookup = "brought_by"


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
