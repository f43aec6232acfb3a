"""What the editors' lists can be narrowed by."""

from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Article, ArticleImage, Provider, Topic


class PublicNowFilter(admin.SimpleListFilter):
    title = _("public now")
    parameter_name = "public"

    def lookups(self, request, model_admin):
        return [("now", _("Public now")), ("later", _("Scheduled")), ("over", _("Expired"))]

    def queryset(self, request, queryset):
        now = timezone.now()
        published = queryset.filter(status=Article.Status.PUBLISHED)
        if self.value() == "now":
            return queryset.published(now)
        if self.value() == "later":
            return published.filter(publish_from__gt=now)
        if self.value() == "over":
            return published.filter(publish_until__lte=now)
        return queryset


class RowFilter(admin.SimpleListFilter):
    """To the articles of one row, by its number; any other text means no row."""

    lookup: str

    @property
    def number(self):
        text = self.value() or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        return queryset.filter(**{self.lookup: -1 if self.number is None else self.number})


class TopicFilter(RowFilter):
    title = _("topic")
    parameter_name = "topic"
    lookup = "topic_assignments__tag"

    def lookups(self, request, model_admin):
        return [(str(pk), name) for pk, name in Topic.objects.values_list("pk", "name")]


class ProviderFilter(RowFilter):
    """Says which provider the list is narrowed to, and lets go of it. Thousands are no choice: one
    is chosen from the providers' list or by searching."""

    title = _("provider")
    parameter_name = "provider__id__exact"
    lookup = "provider"

    def lookups(self, request, model_admin):
        return [(str(row.pk), str(row)) for row in Provider.objects.filter(pk=self.number)]

    def has_output(self):
        return self.value() is not None


class YesNoFilter(admin.SimpleListFilter):
    def lookups(self, request, model_admin):
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request, queryset):
        if self.value() == "yes":
            return self.narrowed(queryset, True)
        if self.value() == "no":
            return self.narrowed(queryset, False)
        return queryset


class HasPictureFilter(YesNoFilter):
    title = _("has a picture")
    parameter_name = "picture"

    def narrowed(self, queryset, yes):
        uses = ArticleImage.objects.filter(article=OuterRef("pk")).exclude(image__file="")
        return queryset.filter(Exists(uses) if yes else ~Exists(uses))


class DecidedFilter(YesNoFilter):
    title = _("decided by an editor")
    parameter_name = "decided"

    def narrowed(self, queryset, yes):
        return queryset.filter(decided_at__isnull=not yes)
