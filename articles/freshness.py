"""Whether imports still come. A feed that falls silent makes no error: somebody has to notice.

Read by the command `check_freshness`, the desk and the metrics. Readers are served either way.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from .models import ImportRun


def last_import() -> datetime | None:
    """When the last import ended that went through and read a file without failing. One query."""
    read = Q(created__gt=0) | Q(updated__gt=0) | Q(unchanged__gt=0) | Q(skipped__gt=0)
    runs = ImportRun.objects.filter(
        read, kind=ImportRun.Kind.IMPORT, state=ImportRun.State.FINISHED
    )
    return runs.order_by("-pk").values_list("finished_at", flat=True).first()


def is_stale(last: datetime | None, at: datetime, hours: int | None = None) -> bool:
    """Whether the last import is longer ago than `hours` (None: IMPORT_FRESH_HOURS; 0: never is).

    A newsroom into which nothing was ever imported waits for no feed.
    """
    hours = settings.IMPORT_FRESH_HOURS if hours is None else hours
    return bool(hours) and last is not None and at - last > timedelta(hours=hours)
