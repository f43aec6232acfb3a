"""The site of the editors' door: Django's own, opening on the desk.

Whoever comes in is let in by `newsroom.accounts`. The site stands outside `articles.admin`, whose
modules register with it while they are loaded.
"""

import re
from functools import update_wrapper

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_lazy as _

_NUMBER = re.compile("[0-9]{1,18}")


class NewsroomSite(AdminSite):
    site_header = site_title = settings.SITE_NAME
    index_title = _("Editors’ desk")
    index_template = "admin/desk.html"

    def index(self, request, extra_context=None):
        from articles.admin.desk import contents  # see above

        return super().index(request, {**contents(self, request), **(extra_context or {})})

    def get_urls(self):
        own = [path("second-factor/", self.second_factor, name="second_factor")]
        return own + super().get_urls()

    def has_permission(self, request):
        from newsroom.accounts import second_factor

        return super().has_permission(request) and not second_factor.is_lacking(request)

    @property
    def login_form(self):
        from newsroom.accounts.forms import LoginForm

        return LoginForm

    def login(self, request, extra_context=None):
        from newsroom.accounts import second_factor, throttle

        is_half_in = super().has_permission(request) and not self.has_permission(request)
        if request.method == "GET" and is_half_in and not second_factor.is_asked(request.user):
            return HttpResponseRedirect(reverse("admin:second_factor"))
        response = super().login(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if until := getattr(form, "locked_until", None):
            response.status_code = 429
            response["Retry-After"] = max(1, int((until - timezone.now()).total_seconds()))
        elif request.method == "POST" and response.status_code == 302:
            request.session.cycle_key()  # of a second login in the same session too
            throttle.remember(request, response)
        return response

    def second_factor(self, request):
        """Open to those too who must set one up before they may go on."""
        from newsroom.accounts import second_factor

        if not super().has_permission(request):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        response = second_factor.page(request, self)
        patch_cache_control(response, no_store=True)
        return response

    def admin_view(self, view, cacheable=False):
        def of_rows(request, *args, **kwargs):
            _choose_numbers_alone(request)
            return view(request, *args, **kwargs)

        return super().admin_view(update_wrapper(of_rows, view), cacheable)


def _choose_numbers_alone(request) -> None:
    """Rows are chosen by their numbers. Any other text names none; asked for it, a list would
    fail."""
    chosen = request.POST.getlist(ACTION_CHECKBOX_NAME) if request.method == "POST" else []
    numbers = [text for text in chosen if _NUMBER.fullmatch(text)]
    if numbers != chosen:
        request.POST = request.POST.copy()
        request.POST.setlist(ACTION_CHECKBOX_NAME, numbers)
