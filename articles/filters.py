"""The filters of the search, the feeds and the API: query parameters in, a narrower queryset out.

`q`, `topic`, `provider`, `type`, `from` and `to`; each may be left out, together they all apply.
"""

from datetime import date, datetime, timedelta

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from . import search
from .archive import start_of
from .models import Topic
from .wording import NOT_STORABLE

MAX_WORDS = 8
MAX_TEXT = 200  # characters
DAY = "%Y-%m-%d"


def at_most_eight_words(text: str) -> None:
    # Quotes part words as well: "a"b"c"d.
    if max(len(text.split()), len(search.read(text).phrases)) > MAX_WORDS:
        raise ValidationError(_("Search for at most eight words."))


def known_topics(request):
    # A function, so that the choices are asked for on each request. It knows public topics only:
    # a topic on hidden articles alone is as unknown as one that does not exist.
    return Topic.objects.with_published()


class DayInput(forms.DateInput):
    input_type = "date"

    def format_value(self, value):
        """As HTML wants it; nothing for what is no day, of which browsers show nothing either."""
        try:
            return value and datetime.strptime(f"{value}Z", f"{DAY}%z").date().isoformat()
        except ValueError:
            return None


def day_filter(label, method: str) -> django_filters.DateFilter:
    return django_filters.DateFilter(
        label=label,
        method=method,
        input_formats=[DAY],
        error_messages={"invalid": _("Enter a date such as 2026-03-01.")},
        # Far from the ends of the calendar, where counting in days and time zones overflows.
        validators=[MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31))],
        widget=DayInput(),
    )


class ArticleFilters(django_filters.FilterSet):
    """A value that cannot be read is named next to its field, and nothing is listed until it is
    put right: a list that left the filter out would look like an answer to it."""

    q = django_filters.CharFilter(
        label=_("Words"),
        method="with_words",
        max_length=MAX_TEXT,
        validators=[at_most_eight_words],
        widget=forms.TextInput(
            attrs={"type": "search", "enterkeyhint": "search", "autocapitalize": "none"}
        ),
    )
    topic = django_filters.ModelChoiceFilter(
        label=_("Topic"),
        method="with_topic",
        queryset=known_topics,
        to_field_name="slug",
        empty_label=_("All topics"),
        error_messages={"invalid_choice": _("There is no such topic. Choose one of these.")},
    )
    provider = django_filters.CharFilter(
        label=_("Provider"),
        method="by_provider",
        max_length=MAX_TEXT,
        help_text=_("Part of its name, or its domain."),
    )
    type = django_filters.ChoiceFilter(
        label=_("Type"),
        method="of_type",
        choices=[("article", _("Articles")), ("video", _("Videos"))],
        empty_label=_("Articles and videos"),
        error_messages={"invalid_choice": _("There is no such type. Choose one of these.")},
    )

    def __init__(self, data, **kwargs):
        # PostgreSQL refuses a NUL in any text, a feed's title any of them, and no reader means one.
        data = {name: NOT_STORABLE.sub("", value) for name, value in data.items()}
        super().__init__(data, **kwargs)

    @classmethod
    def get_filters(cls):
        # "from" is a word of Python's own, so this pair cannot be declared like the others.
        return super().get_filters() | {
            "from": day_filter(_("From"), "since"),
            "to": day_filter(_("To"), "until"),
        }

    def filter_queryset(self, queryset):
        return super().filter_queryset(queryset) if self.form.is_valid() else queryset.none()

    def with_words(self, queryset, name, text):
        return search.matching(queryset, search.read(text))

    def with_topic(self, queryset, name, topic):
        return queryset.about(topic)

    def by_provider(self, queryset, name, text):
        return queryset.filter(
            Q(provider__slug=text)
            | Q(provider__domain=text.lower())
            | Q(provider__name__icontains=text)
        )

    def of_type(self, queryset, name, kind):
        """Feeds send types of their own; whatever is no video is there to be read."""
        return queryset.filter(type="video") if kind == "video" else queryset.exclude(type="video")

    def since(self, queryset, name, day):
        return queryset.filter(published_at__gte=start_of(day))

    def until(self, queryset, name, day):
        return queryset.filter(published_at__lt=start_of(day + timedelta(days=1)))


class SearchFilters(ArticleFilters):
    """With the order in which readers want to see what is found."""

    sort = django_filters.ChoiceFilter(
        label=_("Order"),
        method="in_order",
        choices=[("relevance", _("Most relevant first")), ("newest", _("Newest first"))],
        empty_label=None,
        error_messages={"invalid_choice": _("There is no such order. Choose one of these.")},
    )

    @property
    def is_asked(self) -> bool:
        return bool(set(self.form.changed_data) - {"sort"})

    @property
    def is_detailed(self) -> bool:
        """Whether the reader asks for more than words, the best first."""
        return bool(set(self.form.changed_data) - {"q", "sort"}) or not self.is_by_relevance

    @property
    def is_by_relevance(self) -> bool:
        return self.form.data.get("sort") != "newest"

    @property
    def text(self) -> str:
        """The words that were asked for; "" where there are none, or something is wrong."""
        return self.form.cleaned_data["q"] if self.form.is_valid() else ""

    def with_words(self, queryset, name, text):
        """All that the other filters find: who asks for words here wants them ranked as well."""
        return queryset

    def in_order(self, queryset, name, order):
        return queryset
