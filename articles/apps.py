"""The one app: seeds come in, editors choose, readers read."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = "Newsroom"

    def ready(self):
        pre_migrate.connect(_pause_triggers, sender=self)
        post_migrate.connect(_restore_triggers, sender=self)


def _pause_triggers(plan, **kwargs):
    """SQLite cannot remake a table that another's trigger names."""
    from . import editions

    if plan:
        editions.pause()


def _restore_triggers(using, **kwargs):
    """SQLite loses a table's triggers where a migration remakes it."""
    from . import editions, search

    search.restore()
    editions.restore()
