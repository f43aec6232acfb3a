"""What the editors' lists can be narrowed by."""

from datetime import date, datetime, time

from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from ..models import Article, ArticleImage, ImportRun, Proposal, Provider
from .offers import offers
from .widgets import whole_number


class PublicNowFilter(admin.SimpleListFilter):
    title = _("public now")
    parameter_name = "public"

    def lookups(self, request, model_admin):
        return [
            ("now", _("Public now")),
            ("lately", _("Public for less than 30 days")),
            ("later", _("Scheduled")),
            ("over", _("Expired")),
        ]

    def queryset(self, request, queryset):
        now = timezone.now()
        published = queryset.filter(status=Article.Status.PUBLISHED)
        if self.value() == "now":
            return queryset.published(now)
        if self.value() == "lately":
            return queryset.published_lately(now)
        if self.value() == "later":
            return queryset.scheduled(now)
        if self.value() == "over":
            return published.filter(publish_until__lte=now)
        return queryset


class PublishedFilter(admin.SimpleListFilter):
    """By the month or, further back, the year of the source's publication: "2026-03", "2023".

    Django's own date hierarchy asks which years have articles by reading every row.
    """

    title = _("published there")
    parameter_name = "published"
    months = 12  # of these each month is offered, before them each year

    def lookups(self, request, model_admin):
        offered = offers(request)
        if offered.newest is None:
            return []
        newest, oldest = timezone.localdate(offered.newest), timezone.localdate(offered.oldest)
        first = max(_month_number(newest) - self.months + 1, _month_number(oldest))
        months = [_month(number) for number in range(_month_number(newest), first - 1, -1)]
        years = range(months[-1].year - (months[-1].month == 1), oldest.year - 1, -1)
        if months[-1] <= oldest:
            years = []
        named = [(f"{month:%Y-%m}", date_format(month, "YEAR_MONTH_FORMAT")) for month in months]
        return [*named, *((f"{year}", f"{year}") for year in years)]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        year, _dash, month = self.value().partition("-")
        year, month = whole_number(year) or 0, whole_number(month) if month else 0
        if month is None or not (0 < year < 9999 and month < 13):
            return queryset.none()
        start = date(year, month or 1, 1)
        end = _month(_month_number(start) + (1 if month else 12))
        return queryset.filter(published_at__gte=_midnight(start), published_at__lt=_midnight(end))


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _midnight(day: date):
    return timezone.make_aware(datetime.combine(day, time.min))


class TypeFilter(admin.SimpleListFilter):
    """As readers narrow their lists: whatever is no video is there to be read."""

    title = _("type")
    parameter_name = "type"

    def lookups(self, request, model_admin):
        return [("article", _("Articles")), ("video", _("Videos"))]

    def queryset(self, request, queryset):
        if self.value() == "video":
            return queryset.filter(type="video")
        return queryset.exclude(type="video") if self.value() == "article" else queryset


class OpenFilter(admin.SimpleListFilter):
    """A filter whose list opens narrowed, with `first` as the label of that."""

    first: str

    def choices(self, changelist):
        chosen = super().choices(changelist)
        opening = next(chosen)
        yield opening | {"display": self.first}
        yield from chosen

    def queryset(self, request, queryset):
        if self.value() is not None:
            return self.narrowed(queryset)
        return queryset if names_its_rows(request) else self.opened(queryset)


def names_its_rows(request) -> bool:
    """Whether an action runs on rows that the editor ticked. Such a row may have been moved out of
    the list as it opens: the action shall find it, and say so."""
    data = request.POST
    return "action" in data and data.get("select_across", "0") != "1"


class StatusFilter(OpenFilter):
    """The trash is left out until it is asked for."""

    title = _("status")
    parameter_name = "status__exact"
    first = _("All but the trash")

    def lookups(self, request, model_admin):
        return Article.Status.choices

    def opened(self, queryset):
        return queryset.exclude(status=Article.Status.TRASHED)

    def narrowed(self, queryset):
        return queryset.filter(status=self.value())


class ResolutionFilter(OpenFilter):
    title = _("resolution")
    parameter_name = "resolution"
    first = _("Open")

    def lookups(self, request, model_admin):
        closed = [choice for choice in Proposal.Resolution.choices if choice[0]]
        return [*closed, ("all", _("All"))]

    def opened(self, queryset):
        return queryset.open()

    def narrowed(self, queryset):
        return queryset if self.value() == "all" else queryset.filter(resolution=self.value())


class SwappingFilter(admin.SimpleListFilter):
    """What the feed swaps between copies of one story."""

    title = _("oscillating")
    parameter_name = "oscillating"

    def lookups(self, request, model_admin):
        return [("yes", _("Oscillating")), ("pinned", _("Kept on one copy"))]

    def queryset(self, request, queryset):
        if self.value() == "yes":
            return queryset.oscillating()
        if self.value() == "pinned":
            return queryset.filter(pinned_lead__isnull=False)
        return queryset


class RowFilter(admin.SimpleListFilter):
    """To the articles of one row, by its number; any other text means no row."""

    lookup: str

    @property
    def number(self):
        return whole_number(self.value())

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        return queryset.filter(**{self.lookup: -1 if self.number is None else self.number})


class TopicFilter(RowFilter):
    title = _("topic")
    parameter_name = "topic"
    lookup = "topic_assignments__tag"

    def lookups(self, request, model_admin):
        return offers(request).topics


class SourceFilter(admin.SimpleListFilter):
    title = _("source")
    parameter_name = "source"

    def lookups(self, request, model_admin):
        return offers(request).sources

    def queryset(self, request, queryset):
        return queryset if self.value() is None else queryset.filter(source=self.value())


class FollowedFilter(RowFilter):
    """Says which row of `model` the list is narrowed to, and lets go of it. Thousands are no
    choice: one is followed here by a link from elsewhere."""

    model: type

    def lookups(self, request, model_admin):
        if self.number is None:
            return []
        return [(str(row.pk), str(row)) for row in self.model.objects.filter(pk=self.number)]

    def has_output(self):
        return self.value() is not None


class ProviderFilter(FollowedFilter):
    title = _("provider")
    parameter_name = "provider__id__exact"
    lookup = "provider"
    model = Provider


class ArticleFilter(FollowedFilter):
    title = _("article")
    parameter_name = "article"
    lookup = "article"
    model = Article


class RunFilter(FollowedFilter):
    title = _("import run")
    parameter_name = "run"
    lookup = "run"
    model = ImportRun


class YesNoFilter(admin.SimpleListFilter):
    def lookups(self, request, model_admin):
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request, queryset):
        if self.value() == "yes":
            return self.narrowed(queryset, True)
        if self.value() == "no":
            return self.narrowed(queryset, False)
        return queryset


class HasFailuresFilter(YesNoFilter):
    title = _("failures")
    parameter_name = "failures"

    def narrowed(self, queryset, yes):
        return queryset.filter(failed__gt=0) if yes else queryset.filter(failed=0)


class HasConflictsFilter(YesNoFilter):
    title = _("conflicts")
    parameter_name = "conflicts"

    def narrowed(self, queryset, yes):
        return queryset.filter(conflicts__gt=0) if yes else queryset.filter(conflicts=0)


class ProposedFilter(YesNoFilter):
    """Files whose values an editor had changed too."""

    title = _("conflicts")
    parameter_name = "conflicts"

    def narrowed(self, queryset, yes):
        return queryset.exclude(conflicts=[]) if yes else queryset.filter(conflicts=[])


class FailingFilter(admin.SimpleListFilter):
    """What failed in the last import of its source, and nobody has mended since."""

    title = _("still failing")
    parameter_name = "failing"

    def lookups(self, request, model_admin):
        return [("yes", _("In its source’s last import"))]

    def queryset(self, request, queryset):
        return queryset.failing() if self.value() == "yes" else queryset


class HasPictureFilter(YesNoFilter):
    title = _("has a picture")
    parameter_name = "picture"

    def lookups(self, request, model_admin):
        wanting = ("wanting", _("No, or without alternative text"))
        return [*super().lookups(request, model_admin), wanting]

    def queryset(self, request, queryset):
        if self.value() == "wanting":
            return queryset.wanting_a_picture()
        return super().queryset(request, queryset)

    def narrowed(self, queryset, yes):
        uses = ArticleImage.objects.filter(article=OuterRef("pk")).exclude(image__file="")
        return queryset.filter(Exists(uses) if yes else ~Exists(uses))


class DecidedFilter(YesNoFilter):
    title = _("decided by an editor")
    parameter_name = "decided"

    def narrowed(self, queryset, yes):
        return queryset.filter(decided_at__isnull=not yes)


class AssignedFilter(admin.SimpleListFilter):
    title = _("assigned to")
    parameter_name = "assigned"

    def lookups(self, request, model_admin):
        return [("me", _("Me")), ("nobody", _("Nobody")), *offers(request).colleagues]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        if self.value() == "nobody":
            return queryset.filter(assigned_to__isnull=True)
        number = request.user.pk if self.value() == "me" else whole_number(self.value())
        return queryset.filter(assigned_to=-1 if number is None else number)
