"""The desk, the admin's first page: what needs a human now, counted, and the newest few of each.

Each kind's rows are said once as a queryset and once as the address of the list that shows them;
the count is of the first and leads to the second. Costs the same however many rows there are.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from .. import freshness
from ..models import Article, DuplicatePair, ImportedFile, ImportRun, Proposal
from ..reasons import load_reasons, why
from ..triage import Queue
from .files import summary
from .proposals import HEAVY, field_of, with_what_stands
from .triage import address_of
from .widgets import ago, bounded_count, list_address, moment, span

SHOWN = 4  # of each kind
SHOWN_HELD = 8  # of the kind that fills an editor's day
RUNS_SHOWN = 6
LONG = ("body", "note", "featured_content", "excerpt", "amp_url", "cdn_amp_url")
Status = Article.Status


@dataclass(frozen=True)
class Kind:
    """Something that may need a human. `none` is said where nothing does."""

    key: str
    label: Any
    rows: QuerySet
    none: Any
    line: Callable  # a row and the moment -> what the desk shows of it
    filters: dict = field(default_factory=dict)  # of the list that shows just these rows
    shown: int = SHOWN
    queue: str = ""  # the status of the triage queue that works them off
    is_aside: bool = False  # in the narrower column

    @property
    def url(self) -> str:
        return list_address(self.rows.model, **self.filters)


def kinds(now) -> list[Kind]:
    """Everything that the desk knows of at the aware moment `now`, the most pressing first."""
    return [
        Kind(
            "held",
            _("Held"),
            Article.objects.undecided().newest_first(),
            _("Nothing waits for a decision. Enjoy the quiet."),
            _waiting,
            {"status__exact": Status.HELD, "decided": "no"},
            SHOWN_HELD,
            Status.HELD,
        ),
        Kind(
            "review",
            _("In review"),
            Article.objects.filter(status=Status.REVIEW).newest_first(),
            _("No colleague has asked for a second look."),
            _waiting,
            {"status__exact": Status.REVIEW},
            queue=Status.REVIEW,
        ),
        Kind(
            "conflicts",
            _("Conflicts"),
            with_what_stands(Proposal.objects.open()).defer(*HEAVY),
            _("The feed and the editors agree on everything."),
            _conflict,
        ),
        Kind(
            "duplicates",
            _("Possible duplicates"),
            DuplicatePair.objects.open()
            .select_related("first__provider", "second__provider")
            .defer(*(f"{side}__{name}" for side in ("first", "second") for name in LONG)),
            _("No two stories look like one."),
            _pair,
        ),
        Kind(
            "oscillating",
            _("Oscillating"),
            Article.objects.oscillating().exclude(status=Status.TRASHED).newest_first(),
            _("No story swaps between its copies."),
            _story,
            {"oscillating": "yes"},
        ),
        Kind(
            "scheduled",
            _("Scheduled"),
            Article.objects.scheduled(now).order_by("publish_from", "pk"),
            _("Nothing is scheduled. Give a story a moment and it stands here."),
            _scheduled,
            {"public": "later"},
            is_aside=True,
        ),
        Kind(
            "failed",
            _("Failed files"),
            ImportedFile.objects.failing().select_related("run").order_by("-pk"),
            _("The last imports read every file."),
            _failed,
            {"failing": "yes"},
            is_aside=True,
        ),
        Kind(
            "unpictured",
            _("Without picture or alt text"),
            Article.objects.published_lately(now)
            .wanting_a_picture()
            .prefetch_related("image_uses__image")
            .order_by("-publish_from", "pk"),
            _("Every story of the last 30 days has a picture, and each is described."),
            _unpictured,
            {"public": "lately", "picture": "wanting"},
            is_aside=True,
        ),
    ]


def contents(site, request) -> dict:
    """The page's context: what this user may open, and nothing else."""
    now = timezone.now()
    may_see = {
        model: site.get_model_admin(model).has_view_or_change_permission(request)
        for model in (Article, Proposal, DuplicatePair, ImportedFile, ImportRun)
    }
    shown = [kind for kind in kinds(now) if may_see[kind.rows.model]]
    rows = {kind.key: list(_loaded(kind.rows)[: kind.shown]) for kind in shown}
    load_reasons([row for found in rows.values() for row in found if isinstance(row, Article)])
    return {
        "kinds": {
            kind.key: {
                "key": kind.key,
                "label": kind.label,
                "count": bounded_count(kind.rows),
                "url": kind.url,
                "none": kind.none,
                "rows": [kind.line(row, now) for row in rows[kind.key]],
                "queue_url": kind.queue and address_of(Queue(kind.queue)),
                "is_aside": kind.is_aside,
            }
            for kind in shown
        },
        "runs": _runs(now) if may_see[ImportRun] else None,
        "stale_since": _stale_since(now) if may_see[ImportRun] else None,
        "runs_url": list_address(ImportRun),
    }


# One line for each row --------------------------------------------------------------------------


def _loaded(rows):
    """With what a line shows, and without an article's long texts."""
    if rows.model is not Article:
        return rows
    return rows.select_related("provider").defer("body", "note", "featured_content", "excerpt")


def _story(article, now) -> dict:
    return {
        "title": article.headline,
        "url": _change_address(article),
        "notes": [_outlet(article), ago(article.published_at, now)],
        "text": why(article, now),
    }


def _waiting(article, now) -> dict:
    """One that triage decides: its line leads to its place in the queue."""
    return _story(article, now) | {"url": address_of(Queue(article.status), article)}


def _unpictured(article, now) -> dict:
    is_shown = article.picture is not None
    text = _("a picture without alternative text") if is_shown else _("no picture")
    return _story(article, now) | {"text": text}


def _pair(pair, now) -> dict:
    sign = _("the same link") if pair.is_same_link else _("nearly the same headline")
    return {
        "title": pair.first.headline,
        "url": _change_address(pair),
        "notes": [_outlet(pair.first), _outlet(pair.second), ago(pair.found_at, now)],
        "text": sign,
    }


def _scheduled(article, now) -> dict:
    notes = [_outlet(article), moment(article.publish_from)]
    return _story(article, now) | {"notes": notes, "text": ""}


def _conflict(proposal, now) -> dict:
    return {
        "title": proposal.article.headline,
        "url": _change_address(proposal.article),
        "notes": [_outlet(proposal.article), ago(proposal.proposed_at, now)],
        "text": _("the feed has another %(field)s") % {"field": field_of(proposal)},
    }


def _failed(file, now) -> dict:
    return {
        "title": file.path,
        "url": _change_address(file),
        "notes": [file.run, ago(file.run.started_at, now)],
        "text": Truncator(summary(file)).chars(160),
    }


def _outlet(article):
    return article.provider.display_name if article.provider else article.source


def _change_address(row) -> str:
    return reverse(f"admin:articles_{row._meta.model_name}_change", args=[row.pk])


def _stale_since(now):
    """When the last import went through, if that is too long ago; no query unless one is expected
    (IMPORT_FRESH_HOURS)."""
    last = freshness.last_import() if settings.IMPORT_FRESH_HOURS else None
    return last if freshness.is_stale(last, now) else None


def _runs(now) -> list[dict]:
    """The last runs, each with what came of it."""
    return [
        {
            "run": run,
            "badge": span(run.state, run.get_state_display()),
            "age": ago(run.started_at, now),
            "counts": [
                (name, label, value)
                for name, label, value in (
                    ("created", _("created"), run.created),
                    ("updated", _("updated"), run.updated),
                    ("unchanged", _("unchanged"), run.unchanged),
                    ("failed", _("failed"), run.failed),
                    ("open", _("in conflict"), run.conflicts),
                )
                if value
            ],
        }
        for run in ImportRun.objects.defer("filled", "options").order_by("-pk")[:RUNS_SHOWN]
    ]
