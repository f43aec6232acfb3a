"""The editors' door: Django's admin, taught what this newsroom knows."""

from django.contrib import admin
from taggit import admin as taggit_admin

from . import article, desk, duplicates, files, front, images, log, others, proposals, runs, trash

# Topics take the place of taggit's own tags, which nothing here uses.
admin.site.unregister(taggit_admin.Tag)

__all__ = [
    "article",
    "desk",
    "duplicates",
    "files",
    "front",
    "images",
    "log",
    "others",
    "proposals",
    "runs",
    "trash",
]
