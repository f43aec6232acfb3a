"""Django's admin as one of our apps: it opens on the editors' desk."""

from django.contrib.admin.apps import AdminConfig


class NewsroomAdminConfig(AdminConfig):
    default_site = "newsroom.admin.NewsroomSite"
