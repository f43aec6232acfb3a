"""Django's admin as one of our apps: it opens on the editors' desk."""

from django.conf import settings
from django.contrib.admin.apps import AdminConfig

from .logs import watch_queries


class NewsroomAdminConfig(AdminConfig):
    default_site = "newsroom.admin.NewsroomSite"

    def ready(self):
        super().ready()
        from . import checks  # noqa: F401  it registers them

        if settings.SLOW_QUERY_MS:
            watch_queries()
