"""What stands around an article in the admin: providers, topics, images, related items."""

from django.contrib import admin
from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from .. import weblinks
from ..forms import (
    AliasForm,
    AliasFormSet,
    ImageForm,
    PictureField,
    ProviderForm,
    RelatedItemForm,
    TopicForm,
)
from ..models import (
    Article,
    ArticleImage,
    Image,
    Provider,
    ProviderAlias,
    RelatedImage,
    RelatedItem,
    Topic,
    TopicAlias,
    TopicAssignment,
)
from ..workflow import keep_old_name, merge_providers, merge_topics
from .conflicts import MergesEdits
from .filters import YesNoFilter
from .history import RecordsTheArticle
from .merging import Merging
from .publishers import PublishersItem
from .widgets import (
    EMPTY,
    NewsroomAdmin,
    PicturesInline,
    RowsInline,
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


class OtherNames(RowsInline):
    """Under which names deliveries mean the row, and which old addresses lead to it."""

    form = AliasForm
    formset = AliasFormSet
    readonly_fields = ["slug"]


class OtherProviderNames(OtherNames):
    model = ProviderAlias
    fields = ["name", "domain", "slug"]


class OtherTopicNames(OtherNames):
    model = TopicAlias
    fields = ["name", "slug"]


class KeepsOldNames:
    """A renamed row goes on being meant by its old name."""

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if change and not {"name", "domain"}.isdisjoint(form.changed_data):
            names = ("name", "domain") if "domain" in form.initial else ("name",)
            keep_old_name(obj, *(form.initial[name] for name in names))


@admin.register(Provider)
class ProviderAdmin(Merging, KeepsOldNames, PermanentSlug, MergesEdits, NewsroomAdmin):
    form = ProviderForm
    inlines = [OtherProviderNames]
    merge = staticmethod(merge_providers)
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
                article_count=count_of(
                    Article.objects.exclude(status=Article.Status.TRASHED), "provider"
                ),
                published_count=count_of(Article.objects.published(), "provider"),
            )
        )

    def get_fields(self, request, obj=None):
        return [*self.fields, "all_articles", "public_articles"] if obj else self.fields

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), "all_articles", "public_articles"]

    def with_what_moves(self, queryset):
        return queryset.annotate(
            related_count=count_of(RelatedItem.objects.all(), "provider"),
            alias_count=count_of(ProviderAlias.objects.all(), "provider"),
        )

    def what_moves(self, provider):
        return {
            _("articles"): self.all_articles(provider),
            _("public now"): self.public_articles(provider),
            _("related items"): provider.related_count,
            _("other names"): provider.alias_count,
            _("logo"): thumbnail(provider.logo),
            _("description"): Truncator(provider.description).chars(80) or EMPTY,
            _("address"): provider.slug,
        }

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
class TopicAdmin(Merging, KeepsOldNames, PermanentSlug, MergesEdits, NewsroomAdmin):
    form = TopicForm
    inlines = [OtherTopicNames]
    merge = staticmethod(merge_topics)
    list_display = ["name", "parent", "slug", "all_articles", "public_articles"]
    list_select_related = ["parent"]
    search_fields = ["name"]
    ordering = ["name"]
    autocomplete_fields = ["parent", "image"]
    fields = ["name", "slug", "short_name", "parent", "description", "image"]

    def get_queryset(self, request):
        trashed = Article.Status.TRASHED
        assignments = TopicAssignment.objects.exclude(content_object__status=trashed)
        public = assignments.filter(content_object__in=Article.objects.published())
        return (
            super()
            .get_queryset(request)
            .annotate(
                article_count=count_of(assignments, "tag"),
                published_count=count_of(public, "tag"),
            )
        )

    def get_fields(self, request, obj=None):
        more = ["narrower", "feed_words", "all_articles", "public_articles"]
        return [*self.fields, *more] if obj else self.fields

    def get_readonly_fields(self, request, obj=None):
        more = ["narrower", "feed_words", "all_articles", "public_articles"]
        return [*super().get_readonly_fields(request, obj), *more]

    def with_what_moves(self, queryset):
        return queryset.select_related("parent", "image").annotate(
            children_count=count_of(Topic.objects.all(), "parent"),
            alias_count=count_of(TopicAlias.objects.all(), "topic"),
        )

    def what_moves(self, topic):
        return {
            _("articles"): self.all_articles(topic),
            _("public now"): self.public_articles(topic),
            _("narrower topics"): topic.children_count,
            _("other names"): topic.alias_count,
            _("wider topic"): topic.parent or EMPTY,
            _("picture"): thumbnail(topic.image),
            _("description"): Truncator(topic.description).chars(80) or EMPTY,
            _("address"): topic.slug,
        }

    @admin.display(description=_("narrower topics"))
    def narrower(self, topic):
        links = ([link_to_change(child)] for child in topic.children.all())
        return format_html_join(", ", "{}", links) or EMPTY

    @admin.display(description=_("the feed's words"))
    def feed_words(self, topic):
        return ", ".join([*topic.keywords, *topic.hashtags]) or EMPTY

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
class ImageAdmin(MergesEdits, NewsroomAdmin):
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
                + count_of(Topic.objects.all(), "image")
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
        uses = image.articles.distinct(), image.related_items, image.logo_of, image.topics
        for rows in uses:
            rows = rows.all()
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
class RelatedItemAdmin(RecordsTheArticle, PublishersItem, MergesEdits, NewsroomAdmin):
    form = RelatedItemForm
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
