"""What stands around an article in the admin: providers, topics, related items."""

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Exists, OuterRef
from django.utils.html import format_html_join
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from .. import renditions
from ..forms import (
    AliasForm,
    AliasFormSet,
    ProviderForm,
    RelatedItemForm,
    TopicForm,
)
from ..models import (
    Article,
    Provider,
    ProviderAlias,
    RelatedImage,
    RelatedItem,
    Topic,
    TopicAlias,
    TopicAssignment,
)
from ..workflow import keep_old_name, merge_providers, merge_topics
from .care import (
    ImageFilter,
    LogoFilter,
    ParentFilter,
    PictureOfTopicFilter,
    ProviderCare,
    TopicCare,
)
from .conflicts import MergesEdits
from .filters import ProviderFilter
from .history import RecordsTheArticle
from .merging import Merging
from .publishers import PublishersItem
from .uses import Use, UsedBy, count_of
from .widgets import (
    EMPTY,
    NewsroomAdmin,
    PicturesInline,
    RowsInline,
    link_to_change,
    link_to_list,
    thumbnail,
)


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
class ProviderAdmin(Merging, UsedBy, KeepsOldNames, PermanentSlug, MergesEdits, NewsroomAdmin):
    form = ProviderForm
    inlines = [OtherProviderNames]
    merge = staticmethod(merge_providers)
    list_filter = [ProviderCare, LogoFilter]
    used_in = [
        Use(
            ngettext_lazy(
                "%(count)s article is from it", "%(count)s articles are from it", "count"
            ),
            Article.objects.all,
            "provider",
            holds=True,
            linked=(Article, "provider__id__exact"),
        ),
        Use(
            ngettext_lazy(
                "%(count)s related item is from it", "%(count)s related items are from it", "count"
            ),
            RelatedItem.objects.all,
            "provider",
            holds=True,
            linked=(RelatedItem, "provider__id__exact"),
        ),
        Use(
            ngettext_lazy(
                "%(count)s other name is deleted with it",
                "%(count)s other names are deleted with it",
                "count",
            ),
            ProviderAlias.objects.all,
            "provider",
            goes=_("other names"),
        ),
    ]
    advice = _("Merge it into another provider instead: its articles and its names move there.")
    list_display = ["small_logo", "display_name", "domain", "all_articles", "public_articles"]
    list_display_links = ["display_name"]
    list_select_related = ["logo"]
    search_fields = ["name", "domain"]
    autocomplete_fields = ["logo"]
    fields = ["name", "domain", "slug", "logo", "description"]

    def save_model(self, request, provider, form, change):
        super().save_model(request, provider, form, change)
        if provider.logo:
            renditions.follow(provider.logo)

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


def published_assignments():
    """Each article is looked up by itself: a list of all that is published would be made first."""
    public = Article.objects.published().filter(pk=OuterRef("content_object"))
    return TopicAssignment.objects.filter(Exists(public))


class TopicList(ChangeList):
    """Counts what is public of all topics of a page in one look at it."""

    def get_results(self, request):
        super().get_results(request)
        topics = list(self.result_list)
        # Of all topics, of whose articles one list is made: a page of them carries most anyway.
        public = Article.objects.published().order_by().values("pk")
        rows = TopicAssignment.objects.filter(content_object__in=public).order_by()
        counts = dict(rows.values_list("tag").annotate(n=Count("pk")))
        for topic in topics:
            topic.published_count = counts.get(topic.pk, 0)
        self.result_list = topics


@admin.register(Topic)
class TopicAdmin(Merging, UsedBy, KeepsOldNames, PermanentSlug, MergesEdits, NewsroomAdmin):
    form = TopicForm
    inlines = [OtherTopicNames]
    merge = staticmethod(merge_topics)
    list_filter = [TopicCare, ParentFilter, PictureOfTopicFilter]
    used_in = [
        Use(
            ngettext_lazy("%(count)s article carries it", "%(count)s articles carry it", "count"),
            TopicAssignment.objects.all,
            "tag",
            holds=True,
            linked=(Article, "topic"),
        ),
        Use(
            ngettext_lazy(
                "%(count)s narrower topic stays, without a wider one",
                "%(count)s narrower topics stay, without a wider one",
                "count",
            ),
            Topic.objects.all,
            "parent",
            linked=(Topic, "parent"),
        ),
        Use(
            ngettext_lazy(
                "%(count)s other name is deleted with it",
                "%(count)s other names are deleted with it",
                "count",
            ),
            TopicAlias.objects.all,
            "topic",
            goes=_("other names"),
        ),
    ]
    advice = _("Merge it into another topic instead, or take it off those articles first.")
    list_display = ["name", "parent", "slug", "all_articles", "public_articles"]
    list_select_related = ["parent"]
    search_fields = ["name"]
    ordering = ["name"]
    autocomplete_fields = ["parent", "image"]
    fields = ["name", "slug", "short_name", "parent", "description", "image"]

    def get_queryset(self, request):
        """All less those in the trash: to look at every article's status would take a second for
        the topics of 100,000."""
        thrown_away = Article.objects.filter(status=Article.Status.TRASHED).order_by()
        trashed = TopicAssignment.objects.filter(content_object__in=thrown_away.values("pk"))
        every = count_of(TopicAssignment.objects.all(), "tag")
        return (
            super().get_queryset(request).annotate(article_count=every - count_of(trashed, "tag"))
        )

    def get_changelist(self, request, **kwargs):
        return TopicList

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
            published_count=count_of(published_assignments(), "tag"),
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

    @admin.display(description=_("public now"))
    def public_articles(self, topic):
        if not hasattr(topic, "published_count"):  # a page about this one
            topic.published_count = published_assignments().filter(tag=topic).count()
        return link_to_list(Article, topic.published_count, topic=topic.pk, public="now")


class RelatedPictures(PicturesInline):
    model = RelatedImage


@admin.register(RelatedItem)
class RelatedItemAdmin(RecordsTheArticle, PublishersItem, MergesEdits, NewsroomAdmin):
    form = RelatedItemForm
    inlines = [RelatedPictures]
    list_display = ["headline", "of_article", "provider", "position", "published_at", "quality"]
    list_select_related = ["article", "provider"]
    list_filter = [ProviderFilter, ImageFilter]
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

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "article":
            kwargs["label"] = _("article")  # the column has no name of its own to be translated
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("headline"), ordering="title")
    def headline(self, item):
        return item.headline or EMPTY

    @admin.display(description=_("article"), ordering="article")
    def of_article(self, item):
        return item.article
