"""The editors' door: Django's admin, taught what this newsroom knows."""

from django.conf import settings
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from taggit import admin as taggit_admin

from . import article, files, log, others, proposals, runs, trash

admin.site.site_header = settings.SITE_NAME
admin.site.site_title = settings.SITE_NAME
admin.site.index_title = _("Editors’ desk")

# Topics take the place of taggit's own tags, which nothing here uses.
admin.site.unregister(taggit_admin.Tag)

__all__ = ["article", "files", "log", "others", "proposals", "runs", "trash"]
