"""The filters of the list of all stories: query parameters in, a narrower queryset out.

`q`, `topic`, `provider`, `type`, `from` and `to`; each may be left out, together they all apply.
"""

from datetime import date, datetime, time, timedelta

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import Topic

MAX_WORDS = 8
MAX_TEXT = 200  # characters


def at_most_eight_words(text: str) -> None:
    if len(text.split()) > MAX_WORDS:
        raise ValidationError(_("Search for at most eight words."))


def known_topics(request):
    # A function, so that the choices are asked for on each request. It knows public topics only:
    # a topic on hidden articles alone is as unknown as one that does not exist.
    return Topic.objects.with_published()


def day_filter(label, method: str) -> django_filters.DateFilter:
    return django_filters.DateFilter(
        label=label,
        method=method,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Enter a date such as 2026-03-01.")},
        # Far from the ends of the calendar, where counting in days and time zones overflows.
        validators=[MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31))],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


def start_of(day: date) -> datetime:
    """Midnight in the site's time zone, aware."""
    return timezone.make_aware(datetime.combine(day, time.min))


class ArticleFilters(django_filters.FilterSet):
    """A value that cannot be read is named next to its field, and nothing is listed until it is
    put right: a list that left the filter out would look like an answer to it."""

    q = django_filters.CharFilter(
        label=_("Words"),
        method="with_words",
        max_length=MAX_TEXT,
        validators=[at_most_eight_words],
        widget=forms.TextInput(attrs={"type": "search"}),
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
        # PostgreSQL refuses a NUL in any text, and no reader means one.
        data = {name: value.replace("\0", "") for name, value in data.items()}
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

    @property
    def is_detailed(self) -> bool:
        """Whether the reader filters by more than words."""
        return bool(set(self.form.changed_data) - {"q"})

    def with_words(self, queryset, name, text):
        """Every word occurs in the headline or the excerpt."""
        for word in text.split():
            queryset = queryset.filter(Q(title__icontains=word) | Q(excerpt__icontains=word))
        return queryset

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
