"""Logins in the admin: what has failed and can be lifted; who has a second factor."""

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from . import second_factor, throttle
from .models import Attempts

# Their pages would show everybody's secrets; each login has a page for its own.
admin.site.unregister(TOTPDevice)
admin.site.unregister(StaticDevice)
admin.site.unregister(User)

LOOKS_AFTER_LOGINS = "auth.change_user"


@admin.register(Attempts)
class AttemptsAdmin(admin.ModelAdmin):
    """To delete a row is to lift what it locks. Who looks after the logins may."""

    list_display = ["kind", "whose", "address", "failures", "is_locked", "ends"]
    list_display_links = ["kind"]
    list_filter = ["kind"]
    list_select_related = ["user"]
    search_fields = ["user__username", "address"]
    fields = readonly_fields = [
        "kind",
        "whose",
        "address",
        "failures",
        "is_locked",
        "since",
        "ends",
    ]

    def has_module_permission(self, request):
        return request.user.has_perm(LOOKS_AFTER_LOGINS)

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm(LOOKS_AFTER_LOGINS)

    has_delete_permission = has_view_permission

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    @admin.display(description=_("user"), ordering="user__username")
    def whose(self, row):
        is_about_one = row.kind != Attempts.Kind.ADDRESS
        return row.user or (_("a name that no login has") if is_about_one else None)

    @admin.display(description=_("locked"), boolean=True)
    def is_locked(self, row):
        return row.failures >= throttle.RULES[row.kind].failures

    @admin.display(description=_("forgotten at"))
    def ends(self, row):
        return throttle.ends(row)


@admin.register(User)
class LoginAdmin(UserAdmin):
    """Whoever is not a superuser neither makes one nor changes one: their password would be all it
    takes to become one."""

    list_display = ["username", "first_name", "last_name", "is_staff", "has_factor", "last_login"]
    actions = ["remove_second_factor"]

    def get_queryset(self, request):
        apps = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return super().get_queryset(request).annotate(_has_factor=Exists(apps))

    @admin.display(description=_("second factor"), boolean=True, ordering="_has_factor")
    def has_factor(self, user):
        return user._has_factor

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, "is_superuser"]

    def get_deleted_objects(self, objs, request):
        """The list's action asks about no single row."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if not all(_may_touch(request, user) for user in objs):
            lacking = {*lacking, _("superuser")}
        return deleted, counts, lacking, protected

    @admin.action(description=_("Take the second factor away"), permissions=["change"])
    def remove_second_factor(self, request, queryset):
        """For somebody who has lost it: they log in with their password and set it up anew."""
        users = [user for user in queryset if _may_touch(request, user)]
        for user in users:
            second_factor.remove(user)
            self.log_change(request, user, [{"changed": {"fields": [str(_("second factor"))]}}])
        said = ngettext(
            "%(count)d login takes no second factor now and is logged out everywhere.",
            "%(count)d logins take no second factor now and are logged out everywhere.",
            len(users),
        )
        self.message_user(request, said % {"count": len(users)}, messages.SUCCESS)


def _may_touch(request, user) -> bool:
    return user is None or not user.is_superuser or request.user.is_superuser
