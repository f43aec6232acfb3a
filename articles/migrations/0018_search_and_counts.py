"""The words of all articles, those that are there too, and their index; and what lists count by."""

import articles.models.derived
import django.db.models.deletion
from django.db import migrations, models


def fill(apps, schema_editor):
    from articles import search

    search.fill()


def install(apps, schema_editor):
    from articles import search

    search.install()


def remove(apps, schema_editor):
    from articles import search

    search.remove()


def words(name, about):
    field = articles.models.derived.DerivedTextField(editable=False, help_text=about, null=True)
    return migrations.AddField(model_name='article', name=name, field=field)


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0017_preview_links'),
    ]

    operations = [
        words('words_title', 'Its headline’s words, for the search.'),
        words('words_excerpt', 'Its excerpt’s words, for the search.'),
        words('words_body', 'The words of our own text, for the search.'),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(install, remove),
        # The lists in the order of their cursors; and, with the window, what counts the archive's
        # days, topics and providers in indexes alone.
        migrations.RemoveIndex(model_name='article', name='article_public_list'),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(models.OrderBy(models.F('published_at'), descending=True), models.F('stem'), models.F('source'), condition=models.Q(('status', 'published')), name='article_public_list'),
        ),
        migrations.RemoveIndex(model_name='article', name='article_admin_status'),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(models.F('status'), models.OrderBy(models.F('published_at'), descending=True), models.F('publish_from'), models.F('publish_until'), name='article_admin_status'),
        ),
        migrations.RemoveIndex(model_name='article', name='article_schedule'),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('status', 'published')), fields=['status', 'publish_from', 'publish_until', 'provider'], name='article_schedule'),
        ),
        migrations.AddIndex(
            model_name='topicassignment',
            index=models.Index(fields=['content_object', 'tag'], name='article_topics'),
        ),
        migrations.AlterField(
            model_name='topicassignment',
            name='content_object',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='topic_assignments', to='articles.article'),
        ),
        migrations.AlterField(
            model_name='topicassignment',
            name='tag',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='articles.topic'),
        ),
    ]
