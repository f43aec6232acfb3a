"""The audit log: who did what, when. Django writes it; here it is read, and changed by nobody."""

from django.contrib import admin
from django.contrib.admin.models import DELETION, LogEntry
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from .widgets import EMPTY, NewsroomAdmin, moment


@admin.register(LogEntry)
class LogAdmin(NewsroomAdmin):
    """Entries go with their user, so a user who has any cannot be deleted in the admin: such a
    login is made inactive instead."""

    list_display = ["done", "user", "deed", "content_type", "what", "message"]
    list_display_links = ["done"]
    list_filter = [
        "action_flag",
        ("user", admin.RelatedOnlyFieldListFilter),
        ("content_type", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["user", "content_type"]
    search_fields = ["object_repr", "change_message"]
    ordering = ["-pk"]
    fields = ["done", "user", "deed", "content_type", "what", "message"]
    readonly_fields = fields
    actions = None

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description=_("when"), ordering="action_time")
    def done(self, entry):
        return moment(entry.action_time)

    @admin.display(description=_("deed"), ordering="action_flag")
    def deed(self, entry):
        return entry.get_action_flag_display()

    @admin.display(description=_("what"))
    def what(self, entry):
        address = None if entry.action_flag == DELETION else entry.get_admin_url()
        if not address:
            return entry.object_repr or EMPTY
        return format_html('<a href="{}"><bdi>{}</bdi></a>', address, entry.object_repr or EMPTY)

    @admin.display(description=_("message"))
    def message(self, entry):
        return entry.get_change_message() or EMPTY
