"""The site of the editors' door: Django's own, opening on the desk.

It stands outside `articles.admin`, whose modules register with it while they are loaded.
"""

from django.conf import settings
from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class NewsroomSite(AdminSite):
    site_header = site_title = settings.SITE_NAME
    index_title = _("Editors’ desk")
    index_template = "admin/desk.html"

    def index(self, request, extra_context=None):
        from articles.admin.desk import contents  # see above

        return super().index(request, {**contents(self, request), **(extra_context or {})})
