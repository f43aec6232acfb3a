"""Gives the rows that are there what `Derives.derive` gives new ones."""

from django.db import migrations

from articles.likeness import title_keys
from articles.weblinks import key, link, number

BATCH = 2000  # rows in one statement: no more of their texts are in memory at once


def fill(apps, schema_editor):
    article = apps.get_model("articles", "Article")
    _fill(
        schema_editor,
        article.objects.values_list("pk", "web_url", "original_url", "title", "published_at"),
        ["link_key", "title_first", "title_last"],
        lambda web_url, original_url, *titled: (_link(web_url, original_url), *title_keys(*titled)),
    )
    related = apps.get_model("articles", "RelatedItem")
    _fill(
        schema_editor,
        related.objects.values_list("pk", "web_url", "original_url"),
        ["link_key"],
        lambda *urls: (_link(*urls),),
    )


def _fill(schema_editor, rows, columns, derive):
    quote = schema_editor.quote_name
    sets = ", ".join(f"{quote(column)} = %s" for column in columns)
    table = quote(rows.model._meta.db_table)
    last = 0
    while batch := list(rows.order_by("pk").filter(pk__gt=last)[:BATCH]):
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {table} SET {sets} WHERE {quote('id')} = %s",
                [(*derive(*values), pk) for pk, *values in batch],
            )
        last = batch[-1][0]


def _link(web_url, original_url):
    return number(key(link(web_url, original_url)))


class Migration(migrations.Migration):
    dependencies = [("articles", "0009_link_keys")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
