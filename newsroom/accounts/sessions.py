"""Sessions ended before their time."""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone


def end_all(user, keep: str | None = None) -> int:
    """Logs the user out everywhere, but for the session of the key `keep`. Returns how many.

    Reads every session: only those who log in have one, and readers never do.
    """
    rows = Session.objects.filter(expire_date__gt=timezone.now()).exclude(pk=keep)
    theirs = [
        row.pk for row in rows.iterator() if row.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    Session.objects.filter(pk__in=theirs).delete()
    return len(theirs)
