"""Articles in the admin: the list that editors choose from, and the form."""

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from .. import stories
from ..decisions import DECISION
from ..forms import ArticleForm, FirstRows, PictureRows
from ..models import Article, ArticleImage, OldAddress, RelatedItem, Topic, TopicAssignment
from ..models.article import NEVER_SHOWN
from ..reasons import load_reasons, why
from .assigning import Assigning, assigned
from .care import ImageFilter
from .checklist import Checklist
from .conflicts import MergesEdits
from .decisions import Decisions
from .delivered import as_delivered
from .filters import (
    AssignedFilter,
    DecidedFilter,
    HasPictureFilter,
    ProviderFilter,
    PublicNowFilter,
    PublishedFilter,
    SourceFilter,
    StatusFilter,
    SwappingFilter,
    TopicFilter,
    TypeFilter,
)
from .front import Pinning
from .history import History
from .panels import Panels
from .preview import Preview
from .publishers import PublishersOnly, PublishersRows
from .trash import Trash
from .triage import Triage
from .widgets import (
    EMPTY,
    NewsroomAdmin,
    PicturesInline,
    RowsInline,
    RowsSelect,
    badge,
    moment,
    shows_all,
    thumbnail,
)

# Headlines and links are long, excerpts and notes short.
FIELD_ATTRS = {
    "title": {"class": "vLargeTextField"},
    "web_url": {"class": "vLargeTextField"},
    "original_url": {"class": "vLargeTextField"},
    "excerpt": {"rows": 4},
    "body": {"rows": 12},
    "withdrawal_reason": {"class": "vLargeTextField"},
    "note": {"rows": 3},
    "slug": {"class": "vLargeTextField"},
}

DELIVERED = 5000  # characters of a delivered file that a form shows at once

# Of no use before there is an article.
LATER_FIELDS = ("is_kept_public", "withdrawal_reason")


# Inlines ----------------------------------------------------------------------------------------


class ArticlePictures(PublishersRows, PicturesInline):
    model = ArticleImage
    formset = PictureRows
    template = "admin/articles/article/_pictures.html"

    class Media:
        css = {"all": ["articles/library.css"]}
        js = ["articles/library.js", "articles/pictures.js"]

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.may_upload = request.user.has_perm("articles.add_image")
        formset.may_describe = request.user.has_perm("articles.change_image")
        return formset


class RelatedItems(PublishersRows, RowsInline):
    """Few fields a row, low rows, and the first eight of them until all are asked for: an article
    of a real feed has up to 179."""

    model = RelatedItem
    formset = FirstRows
    template = "admin/articles/article/_related_items.html"
    shown = 8
    classes = ["collapse"]
    fields = ["position", "title", "web_url", "provider", "published_at", "quality"]
    readonly_fields = ["quality"]
    autocomplete_fields = ["provider"]
    select_related = ["provider"]
    show_change_link = True
    formfield_overrides = {
        **RowsInline.formfield_overrides,
        models.DateTimeField: {"form_class": forms.DateTimeField, "widget": forms.DateTimeInput},
    }

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.most = None if shows_all(request) else self.shown
        return formset


# The list and the form --------------------------------------------------------------------------


class ArticleList(ChangeList):
    """Six queries at most: who is asking and what they may do, what there is to choose from, how
    many rows, and the rows with all that they show."""

    def apply_select_related(self, queryset):
        return queryset  # the page's rows alone, see below

    def get_results(self, request):
        """Chosen and sorted by number, so that a database sorts no texts."""
        super().get_results(request)
        page = Article.objects.filter(pk__in=self.result_list.values("pk"))
        page = page.select_related("provider", "decided_by", "assigned_to")
        page = stories.with_beside(page.defer("body", "note", *NEVER_SHOWN))
        self.result_list = page.order_by(*self.queryset.query.order_by)


@admin.register(Article)
class ArticleAdmin(
    Triage,
    History,
    Panels,
    Preview,
    Checklist,
    Assigning,
    Pinning,
    Trash,
    Decisions,
    PublishersOnly,
    MergesEdits,
    NewsroomAdmin,
):
    form = ArticleForm

    class Media:
        css = {"all": ["articles/publishing.css"]}
        js = ["articles/unsaved.js"]

    actions = [*Decisions.actions, *Pinning.actions, *Trash.actions]
    inlines = [ArticlePictures, RelatedItems]
    autocomplete_fields = ["provider"]

    list_display = [
        "small_picture",
        "story",
        "state",
        "outlet",
        "topic_names",
        "type",
        "published_there",
        "heat",
        "quality",
    ]
    list_display_links = ["story"]
    list_filter = [
        StatusFilter,
        PublicNowFilter,
        AssignedFilter,
        ProviderFilter,
        DecidedFilter,
        SwappingFilter,
        HasPictureFilter,
        TypeFilter,
        PublishedFilter,
        SourceFilter,
        TopicFilter,
        ImageFilter,
    ]
    search_fields = ["title", "excerpt", "provider__name", "provider__domain", "stem"]
    search_help_text = _("Searches headlines, excerpts, providers and file names.")

    readonly_fields = [
        "address",
        "reason",
        "source",
        "stem",
        "quality",
        "heat",
        "feed_published",
        "feed_removed",
        "decided_at",
        "decided_by",
        "amp_url",
        "cdn_amp_url",
        "embed_code",
        "delivered",
    ]
    story_fields = (
        _("Story"),
        {
            "fields": [
                "title",
                "excerpt",
                "body",
                "topics",
                "provider",
                "type",
                "published_at",
                "web_url",
                "original_url",
            ]
        },
    )
    publishing_fields = (
        _("Publishing"),
        {
            "fields": [
                "status",
                "publish_from",
                "publish_until",
                "is_kept_public",
                "withdrawal_reason",
                "assigned_to",
                "note",
            ]
        },
    )
    feed_fields = (
        _("From the feed"),
        {
            "classes": ["collapse"],
            "fields": [
                "source",
                "stem",
                "quality",
                "heat",
                "feed_published",
                "feed_removed",
                "amp_url",
                "cdn_amp_url",
                "embed_code",
                "delivered",
            ],
        },
    )

    def get_object(self, request, object_id, from_field=None):
        article = super().get_object(request, object_id, from_field)
        if article is not None:
            article.is_shown_whole = shows_all(request)
        return article

    def get_changelist(self, request, **kwargs):
        return ArticleList

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            title, options = self.publishing_fields
            fields = [name for name in options["fields"] if name not in LATER_FIELDS]
            return [self.story_fields, (title, {"fields": fields})]
        title, options = self.publishing_fields
        fields = ["address", "reason", *options["fields"], "slug", "decided_at", "decided_by"]
        return self.with_seen(
            request, obj, [self.story_fields, (title, {"fields": fields}), self.feed_fields]
        )

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        for name, attrs in FIELD_ATTRS.items():
            if name in form.base_fields:
                form.base_fields[name].widget.attrs.update(attrs)
        return form

    def get_changeform_initial_data(self, request):
        return {"published_at": timezone.now(), **super().get_changeform_initial_data(request)}

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "topics":
            return self._topics_field(request)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def _topics_field(self, request):
        """Chosen by typing, where taggit's own field takes a line of commas."""
        tag = TopicAssignment._meta.get_field("tag")
        topics = self.admin_site.get_model_admin(Topic)
        return forms.ModelMultipleChoiceField(
            Topic.objects.all(),
            required=False,
            label=_("Topics"),
            widget=RelatedFieldWidgetWrapper(
                RowsSelect(tag, self.admin_site),
                tag.remote_field,
                self.admin_site,
                can_add_related=topics.has_add_permission(request),
            ),
        )

    def is_public(self, obj):
        return obj.is_published()

    # Saving

    def save_model(self, request, obj, form, change):
        """Writes what the editor changed and nothing else: what a delivery has written to other
        columns meanwhile stays."""
        changed = set(form.changed_data)
        if change and "slug" in changed:
            # Before what is decided here: readers have seen nothing of that yet.
            OldAddress.keep(obj, Article.objects.values_list("slug", flat=True).get(pk=obj.pk))
        decides = not change or changed & {"status", "publish_from", "publish_until"}
        if decides:
            now, reason = timezone.now(), obj.withdrawal_reason
            obj.decide(obj.status, by=request.user, at=now, reason=reason)
        if not change:
            obj.save()
        elif changed:
            columns = {field.name for field in Article._meta.concrete_fields}
            written = (changed & columns) | (DECISION if decides else set())
            obj.save(update_fields={*written, "updated_at"})

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if change and not form.has_changed() and any(rows.has_changed() for rows in formsets):
            form.instance.save(update_fields=["updated_at"])

    def save_formset(self, request, form, formset, change):
        super().save_formset(request, form, formset, change)
        for image in getattr(formset, "kept", ()):
            self.log_addition(request, image, [{"added": {}}])

    # Columns

    @admin.display(description=_("picture"))
    def small_picture(self, article):
        return thumbnail(stories.picture_of(article))

    @admin.display(description=_("headline"), ordering="title")
    def story(self, article):
        return format_html(
            '<bdi class="story">{}</bdi>', Truncator(article.headline).chars(120) or EMPTY
        )

    @admin.display(description=_("status"), ordering="status")
    def state(self, article):
        now = timezone.now()
        html = '{}<div class="quiet reason">{}</div>{}'
        return format_html(html, badge(article, now), why(article, now), assigned(article))

    @admin.display(description=_("provider"), ordering="provider__name", empty_value=EMPTY)
    def outlet(self, article):
        return article.provider.display_name if article.provider else None

    @admin.display(description=_("published"), ordering="published_at")
    def published_there(self, article):
        return moment(article.published_at)

    @admin.display(description=_("topics"))
    def topic_names(self, article):
        return ", ".join(sorted(topic.name for topic in stories.topics_of(article))) or EMPTY

    # Read-only fields

    @admin.display(description=_("address"))
    def address(self, article):
        state = badge(article, timezone.now())
        if not article.is_published():
            return format_html("{} <bdi>{}</bdi>", state, article.slug)
        return format_html(
            '{} <a href="{}"><bdi>{}</bdi></a>', state, article.get_absolute_url(), article.slug
        )

    @admin.display(description=_("why"))
    def reason(self, article):
        """Costs a query for the editor, and one for the cluster of a demoted article."""
        load_reasons([article])
        return why(article, timezone.now())

    @admin.display(description=_("featured content"))
    def embed_code(self, article):
        if not article.featured_content:
            return EMPTY
        return format_html('<pre class="delivered" dir="ltr">{}</pre>', article.featured_content)

    @admin.display(description=_("as delivered"))
    def delivered(self, article):
        if not hasattr(article, "delivery"):
            return _("No file: it was written here.")
        text = as_delivered(bytes(article.delivery.content))
        if text is None:
            return _("The file cannot be shown.")
        html = '{}<pre class="delivered" dir="ltr" tabindex="0">{}</pre>'
        if len(text) > DELIVERED and not getattr(article, "is_shown_whole", False):
            link = '<p class="help"><a href="?show=all">{}</a></p>'
            cut = f"{text[:DELIVERED]}…"
            more = format_html(link, _("Show all of it"))
            return format_html(html + "{}", article.delivery.path, cut, more)
        return format_html(html, article.delivery.path, text)
