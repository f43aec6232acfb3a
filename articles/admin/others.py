"""What stands around an article in the admin: providers, topics, images, related items."""

from django.contrib import admin
from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from .. import weblinks
from ..forms import ImageForm, PictureField, ProviderForm, TopicForm
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
from .filters import YesNoFilter
from .widgets import (
    EMPTY,
    NewsroomAdmin,
    PicturesInline,
    link_to_change,
    link_to_list,
    thumbnail,
)

USES_SHOWN = 50


def count_of(rows, by):
    """How many of `rows` point at the outer row through the foreign key `by`, as a subquery."""
    counts = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(n=Count("pk"))
    return Coalesce(Subquery(counts.values("n")), 0)


class PermanentSlug:
    """The address can be chosen when the row is made, and never again."""

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(["slug"] if obj else [])]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ["name"]}

    def is_public(self, obj):
        return type(obj).objects.with_published().filter(pk=obj.pk).exists()


@admin.register(Provider)
class ProviderAdmin(PermanentSlug, NewsroomAdmin):
    form = ProviderForm
    list_display = ["small_logo", "display_name", "domain", "all_articles", "public_articles"]
    list_display_links = ["display_name"]
    list_select_related = ["logo"]
    search_fields = ["name", "domain"]
    autocomplete_fields = ["logo"]
    fields = ["name", "domain", "slug", "logo", "description"]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .annotate(
                article_count=count_of(Article.objects.all(), "provider"),
                published_count=count_of(Article.objects.published(), "provider"),
            )
        )

    def get_fields(self, request, obj=None):
        return [*self.fields, "all_articles", "public_articles"] if obj else self.fields

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), "all_articles", "public_articles"]

    @admin.display(description=_("logo"))
    def small_logo(self, provider):
        return thumbnail(provider.logo)

    @admin.display(description=_("name"), ordering="name")
    def display_name(self, provider):
        return provider.display_name or provider.domain or EMPTY

    @admin.display(description=_("articles"), ordering="article_count")
    def all_articles(self, provider):
        return link_to_list(Article, provider.article_count, provider__id__exact=provider.pk)

    @admin.display(description=_("public now"), ordering="published_count")
    def public_articles(self, provider):
        return link_to_list(
            Article, provider.published_count, provider__id__exact=provider.pk, public="now"
        )


@admin.register(Topic)
class TopicAdmin(PermanentSlug, NewsroomAdmin):
    form = TopicForm
    list_display = ["name", "slug", "all_articles", "public_articles"]
    search_fields = ["name"]
    ordering = ["name"]
    fields = ["name", "slug"]

    def get_queryset(self, request):
        assignments = TopicAssignment.objects.all()
        public = assignments.filter(content_object__in=Article.objects.published())
        return (
            super()
            .get_queryset(request)
            .annotate(
                article_count=count_of(assignments, "tag"),
                published_count=count_of(public, "tag"),
            )
        )

    @admin.display(description=_("articles"), ordering="article_count")
    def all_articles(self, topic):
        return link_to_list(Article, topic.article_count, topic=topic.pk)

    @admin.display(description=_("public now"), ordering="published_count")
    def public_articles(self, topic):
        return link_to_list(Article, topic.published_count, topic=topic.pk, public="now")


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


@admin.register(Image)
class ImageAdmin(NewsroomAdmin):
    form = ImageForm
    formfield_overrides = {
        **NewsroomAdmin.formfield_overrides,
        models.ImageField: {"form_class": PictureField},
    }
    list_display = ["small_picture", "name", "alt_text", "credit", "size", "uses"]
    list_display_links = ["small_picture", "name"]
    list_editable = ["alt_text"]
    list_filter = [HasAltTextFilter, HasFileFilter]
    search_fields = ["url", "alt_text", "credit", "file"]
    readonly_fields = ["preview", "link", "site", "size", "used_by"]

    def get_fields(self, request, obj=None):
        if obj is None:
            return ["file", "alt_text", "credit"]
        return ["preview", "file", "alt_text", "credit", "size", "link", "site", "used_by"]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .annotate(
                use_count=count_of(ArticleImage.objects.all(), "image")
                + count_of(RelatedImage.objects.all(), "image")
                + count_of(Provider.objects.all(), "logo")
            )
        )

    @admin.display(description=_("picture"))
    def small_picture(self, image):
        return thumbnail(image)

    @admin.display(description=_("file or link"))
    def name(self, image):
        if image.file:
            return image.file.name.rpartition("/")[2]
        return Truncator(image.url.partition("//")[2] or image.url).chars(60)

    @admin.display(description=_("size"))
    def size(self, image):
        return f"{image.width} × {image.height}" if image.width else EMPTY

    @admin.display(description=_("uses"), ordering="use_count")
    def uses(self, image):
        return image.use_count

    @admin.display(description=_("preview"))
    def preview(self, image):
        return thumbnail(image)

    @admin.display(description=_("link"))
    def link(self, image):
        address = weblinks.normalise(image.url)
        if not address:
            return image.url or EMPTY
        return format_html('<a href="{}" rel="noreferrer">{}</a>', address, image.url)

    @admin.display(description=_("used by"))
    def used_by(self, image):
        found = []
        for rows in (image.articles.distinct(), image.related_items.all(), image.logo_of.all()):
            found += rows[: USES_SHOWN - len(found)]
        if not found:
            return _("Nothing.")
        items = format_html_join("", "<li>{}</li>", ([link_to_change(row)] for row in found))
        more = image.use_count - len(found)
        if more > 0:
            items += format_html("<li>{}</li>", _("and %(count)s more") % {"count": more})
        return format_html('<ul class="uses">{}</ul>', items)


class RelatedPictures(PicturesInline):
    model = RelatedImage


@admin.register(RelatedItem)
class RelatedItemAdmin(NewsroomAdmin):
    inlines = [RelatedPictures]
    list_display = ["headline", "article", "provider", "position", "published_at", "quality"]
    list_select_related = ["article", "provider"]
    ordering = ["-pk"]
    search_fields = ["title", "article__title", "provider__name", "provider__domain"]
    autocomplete_fields = ["article", "provider"]
    fields = [
        "article",
        "position",
        "title",
        "excerpt",
        "provider",
        "type",
        "published_at",
        "web_url",
        "original_url",
        "quality",
        "amp_url",
        "cdn_amp_url",
    ]
    readonly_fields = ["quality", "amp_url", "cdn_amp_url"]

    @admin.display(description=_("headline"), ordering="title")
    def headline(self, item):
        return item.headline or EMPTY
