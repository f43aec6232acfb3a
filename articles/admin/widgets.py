"""What several admin pages share: badges, thumbnails, and form parts that cost no query a row."""

from datetime import timedelta

from django.contrib import admin
from django.contrib.admin.widgets import (
    AdminSplitDateTime,
    AutocompleteSelect,
    AutocompleteSelectMultiple,
)
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404
from django.urls import path, reverse
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from ..forms import NamedRows
from ..models import Article
from ..shared_forms import AddressField, DeliveredForm, LineField, ParagraphsField
from ..wording import NOT_STORABLE

EMPTY = "–"
# Whole, since not every language says "2 days" in it as in "it took 2 days".
AGO = {
    "year": ngettext_lazy("%(num)d year ago", "%(num)d years ago", "num"),
    "month": ngettext_lazy("%(num)d month ago", "%(num)d months ago", "num"),
    "week": ngettext_lazy("%(num)d week ago", "%(num)d weeks ago", "num"),
    "day": ngettext_lazy("%(num)d day ago", "%(num)d days ago", "num"),
    "hour": ngettext_lazy("%(num)d hour ago", "%(num)d hours ago", "num"),
    "minute": ngettext_lazy("%(num)d minute ago", "%(num)d minutes ago", "num"),
}
COUNTED = 1000  # rows; beyond it "more than that" is all that an editor needs to know


def moment(at):
    """Short enough for a column, as the site's language writes it."""
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")


def exact_moment(at):
    """The same to the second."""
    at = localtime(at)
    return f"{date_format(at, 'SHORT_DATE_FORMAT')} {at:%H:%M:%S}"


def ago(at, now):
    """How long ago, in the largest unit; the moment itself for those who point at it."""
    if at > now:
        text = moment(at)
    elif now - at < timedelta(minutes=1):
        text = _("just now")
    else:
        text = timesince(at, now, time_strings=AGO, depth=1)
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), moment(at), text)


def bounded_count(rows) -> str:
    """How many rows a queryset has, "1,000+" for more: it never counts a hundred thousand."""
    found = rows.order_by()[: COUNTED + 1].count()
    shown = number_format(min(found, COUNTED), force_grouping=True)
    return f"{shown}+" if found > COUNTED else shown


def span(kind, text):
    """A badge of the kind that the stylesheet colours."""
    return format_html('<span class="state state-{}">{}</span>', kind, text)


def badge(article, at):
    """What an article's status means at the aware moment `at`, in words as well as in colour."""
    state, label, turn = article.status, article.get_status_display(), None
    if state == Article.Status.PUBLISHED and not article.is_published(at):
        if article.publish_until and article.publish_until <= at:
            state, label, turn = "expired", _("Expired"), article.publish_until
        else:
            state, label, turn = "scheduled", _("Scheduled"), article.publish_from
    html = span(state, label)
    if turn:
        html = format_html('{} <span class="state-moment">{}</span>', html, moment(turn))
    return html


def thumbnail(image, words=None):
    """A small picture of our own file, never of a link: editors' browsers tell nobody. `words`
    stand for it where its alternative text would not do."""
    if image is None or not image.file:
        return EMPTY
    return format_html(
        '<img class="thumb" src="{}" alt="{}" loading="lazy" decoding="async">',
        image.plain("whole", 448).url,
        image.alt_text if words is None else words,
    )


def link_to_change(row, label=None):
    address = reverse(f"admin:articles_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, row if label is None else label)


def list_address(model, **filters):
    address = reverse(f"admin:articles_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(filters)}"


def link_to_list(model, label, **filters):
    return format_html('<a href="{}">{}</a>', list_address(model, **filters), label)


def shows_all(request) -> bool:
    """Whether an article's form was asked for with everything that it leaves out of a long one."""
    return request.GET.get("show") == "all"


def whole_number(text: str | None) -> int | None:
    """A row's number as an address or a button names it; None for any other text."""
    is_number = text and text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if is_number else None


def own_row(admin, request, pk, permission):
    """The row that a page or button of ours is about: 404 without it, 403 without the permission
    ("articles.change_article")."""
    if not request.user.has_perm(permission):
        raise PermissionDenied
    row = admin.get_object(request, str(pk))
    if row is None:
        raise Http404
    return row


def pages_of_a_row(admin, views):
    """URL patterns for an admin's own pages about one row: the last part of the address to the
    view, which takes the request and the row's number as text."""
    model = admin.opts.model_name
    return [
        path(
            f"<path:object_id>/{name}/",
            admin.admin_site.admin_view(view),
            name=f"articles_{model}_{name}",
        )
        for name, view in views.items()
    ]


class _OfNumbers:
    """For an autocomplete, in which text that is no row's number chooses nothing. The stock ones
    ask the database for any text that an address or a refused form names, and fail."""

    def optgroups(self, name, value, attrs=None):
        numbers = [item for item in value if whole_number(str(item)) is not None]
        return super().optgroups(name, numbers, attrs)


class RowSelect(_OfNumbers, AutocompleteSelect):
    pass


class RowsSelect(_OfNumbers, AutocompleteSelectMultiple):
    pass


class KnownSelect(RowSelect):
    """An autocomplete that asks no query for a row it has been told: see `KnowsItsRows`."""

    known = None

    def optgroups(self, name, value, attrs=None):
        if self.known is None or [str(item) for item in value] != [str(self.known.pk)]:
            return super().optgroups(name, value, attrs)
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        label = self.choices.field.label_from_instance(self.known)
        options.append(self.create_option(name, self.known.pk, label, True, len(options)))
        return [(None, options, 0)]


class TextAsDelivered:
    """For every form of ours: text nobody touched is stored as it came, unstorable text refused."""

    form = DeliveredForm
    formfield_overrides = {
        models.CharField: {"form_class": LineField},
        models.TextField: {"form_class": ParagraphsField},
        models.SlugField: {"form_class": AddressField},  # a CharField that stays as it was
    }


def _name_the_parts(field):
    """One label stands before the two fields of a moment; each gets a name of its own."""
    if isinstance(field.widget, AdminSplitDateTime):
        date, time = field.widget.widgets
        date.attrs["aria-label"] = _("%(field)s: date") % {"field": field.label}
        time.attrs["aria-label"] = _("%(field)s: time") % {"field": field.label}


class NewsroomAdmin(TextAsDelivered, admin.ModelAdmin):
    """Odd text in a search or a filter finds nothing; it never fails."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # one count for each of hundreds of topics

    class Media:
        css = {"all": ["articles/admin.css"]}
        js = ["articles/named_fields.js"]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        for field in form.base_fields.values():
            _name_the_parts(field)
        return form

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            select = RowSelect(db_field, self.admin_site, using=kwargs.get("using"))
            kwargs.setdefault("widget", select)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changelist_view(self, request, extra_context=None):
        # PostgreSQL has no NUL; a filter that holds one must find nothing, not fail.
        query = request.GET.copy()
        for name, values in query.lists():
            query.setlist(name, [NOT_STORABLE.sub("", value) for value in values])
        request.GET = query
        return super().changelist_view(request, extra_context)

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, NOT_STORABLE.sub("", search_term))

    def get_view_on_site_url(self, obj=None):
        """No link to a page that readers cannot open."""
        return obj.get_absolute_url() if obj and self.is_public(obj) else None

    def is_public(self, obj):
        return False


class RecordAdmin(NewsroomAdmin):
    """What only the newsroom's own machinery writes: read here, changed by nobody."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class KnowsItsRows:
    """An inline whose autocompletes take their labels from rows already loaded with it.

    `select_related` names the foreign keys; each must be in `autocomplete_fields`.
    """

    select_related: list[str] = []

    def get_queryset(self, request):
        return super().get_queryset(request).select_related(*self.select_related)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = KnownSelect(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_formset(self, request, obj=None, **kwargs):
        names = self.autocomplete_fields

        class KnowingForm(self.form):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                for name in names:
                    if name in self.fields and self.instance.pk:
                        widget = self.fields[name].widget
                        getattr(widget, "widget", widget).known = getattr(self.instance, name)

        formset = super().get_formset(request, obj, **{"form": KnowingForm, **kwargs})
        for name in names:
            if name in formset.form.base_fields:
                widget = formset.form.base_fields[name].widget
                # A row says which; the chosen thing itself has a page of its own.
                widget.can_delete_related = widget.can_view_related = False
        return formset


class RowsInline(TextAsDelivered, KnowsItsRows, admin.TabularInline):
    formset = NamedRows
    extra = 0


class PicturesInline(RowsInline):
    fields = ["preview", "image", "position"]
    readonly_fields = ["preview"]
    autocomplete_fields = ["image"]
    select_related = ["image"]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        kwargs["label"] = _("image")  # the column has no name of its own to be translated
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("preview"))
    def preview(self, use):
        return thumbnail(use.image if use.pk else None)
