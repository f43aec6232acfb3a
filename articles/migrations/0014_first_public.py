"""What is known of older articles: whether readers have seen them, and when they were withdrawn."""

from django.db import migrations
from django.db.models import F
from django.db.models.functions import Now
from django.utils.dateparse import parse_datetime


def fill(apps, schema_editor):
    """By status and window where these still tell; else by the records of changes that are left."""
    articles = apps.get_model("articles", "Article").objects.filter(first_public_at=None)
    articles.filter(status="published").update(first_public_at=F("publish_from"))
    taken = articles.filter(status__in=["withdrawn", "trashed"], publish_from__lte=Now())
    taken.update(first_public_at=F("publish_from"))
    for pk, moment in _seen(apps):
        articles.filter(pk=pk).update(first_public_at=moment)
    withdrawn = articles.model.objects.filter(status="withdrawn", withdrawn_at=None)
    withdrawn.filter(feed_removed=False).update(withdrawn_at=F("decided_at"))
    files = apps.get_model("articles", "ImportedFile").objects.filter(
        changes__status__1="withdrawn", article__withdrawn_at=None, article__status="withdrawn"
    )
    columns = ("article", "run__delivered_at", "run__started_at")
    for pk, delivered, started in list(files.order_by("pk").values_list(*columns)):
        withdrawn.filter(pk=pk).update(withdrawn_at=delivered or started)


def _seen(apps):
    """(article, moment from which readers saw it) of each change that took a published one away."""
    files = apps.get_model("articles", "ImportedFile").objects
    revisions = apps.get_model("articles", "Revision").objects
    for rows, at in ((files, "run__started_at"), (revisions, "at")):
        rows = rows.filter(changes__status__0="published", article__first_public_at=None)
        columns = ("article", "article__publish_from", "changes__publish_from__0", at)
        for pk, stands, before, ended in list(rows.order_by("pk").values_list(*columns)):
            begins = parse_datetime(before) if before else stands
            if begins and begins <= ended:
                yield pk, begins


class Migration(migrations.Migration):
    dependencies = [("articles", "0013_withdrawal")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
