"""The picture library: the list of all pictures, as a grid or a table, described in place; and the
pages by which pictures come into it and are chosen out of it.

What is written in the list is merged like any form (`concurrency`): each row asks where a colleague
has written something else meanwhile.
"""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count
from django.http import HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .. import library
from ..forms import PictureField
from ..models import Article, Image
from ..shared_forms import DeliveredForm, MergesRows
from ..wording import NOT_STORABLE
from .care import (
    BroughtByFilter,
    HasAltTextFilter,
    HasFileFilter,
    ImageCare,
    OriginFilter,
    UsedFilter,
    public_uses,
)
from .conflicts import ask
from .widgets import EMPTY, link_to_list, list_address, thumbnail, whole_number

LOOKS = ("grid", "list")
LOOK = "library_look"  # in the session
CHOICES = 24  # pictures offered at once
REFUSED = 422
_IN_THE_LIST = "form"  # what stands before the names of the list's fields


class DescribedRows(MergesRows, forms.BaseModelFormSet):
    """The pictures of one page of the list. One that was deleted meanwhile is dropped: see
    `Library._say_gone`."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        name = Truncator(str(form.instance)).chars(60)
        for field in (form.fields[key] for key in self._merged_fields):
            field.help_text = ""  # the list has no place for it
            field.widget.attrs |= {
                "aria-label": f"{field.label}: {name}",
                "placeholder": capfirst(field.label),
            }

    def _is_kept_though_gone(self, posted, seen):
        return False


class ImageList(ChangeList):
    def get_results(self, request):
        """Tells each picture of the page how many public articles show it, in one query."""
        super().get_results(request)
        numbers = [image.pk for image in self.result_list]
        uses = public_uses().filter(image__in=numbers).order_by()
        counts = dict(uses.values_list("image").annotate(n=Count("pk")))
        for image in self.result_list:
            image.public_count = counts.get(image.pk, 0)


class Library:
    """For the pictures' admin."""

    list_display = ["small_picture", "name", "alt_text", "credit", "size", "uses"]
    list_display_links = ["small_picture", "name"]
    list_editable = ["alt_text", "credit"]
    list_filter = [
        ImageCare,
        HasAltTextFilter,
        HasFileFilter,
        UsedFilter,
        OriginFilter,
        BroughtByFilter,
    ]
    search_help_text = _("Searches alternative texts, credits, links and file names.")

    def get_urls(self):
        views = {"upload": self.upload_view, "choose": self.choose_view}
        own = [
            path(f"{name}/", self.admin_site.admin_view(view), name=f"articles_image_{name}")
            for name, view in views.items()
        ]
        return own + super().get_urls()

    # The list

    def get_changelist(self, request, **kwargs):
        return ImageList

    def get_changelist_form(self, request, **kwargs):
        return super().get_changelist_form(request, **{"form": DeliveredForm, **kwargs})

    def get_changelist_formset(self, request, **kwargs):
        return super().get_changelist_formset(request, **{"formset": DescribedRows, **kwargs})

    def changelist_view(self, request, extra_context=None):
        query = request.GET.copy()
        look = query.pop("look", [None])[-1]
        request.GET = query
        if look in LOOKS:
            request.session[LOOK] = look
        look = request.session.get(LOOK, LOOKS[0])
        view = super().changelist_view
        if request.method == "POST" and "_save" in request.POST:
            with transaction.atomic():
                self._lock_and_say_gone(request)
                response = view(request, extra_context)
        else:
            response = view(request, extra_context)
        if isinstance(response, TemplateResponse) and "cl" in response.context_data:
            self._add_to(response.context_data, look)
        return response

    def _lock_and_say_gone(self, request):
        """The rows are locked before the forms look at them: their merge and their writing are one.
        What was typed about a picture that is gone is told, and so not lost."""
        posted = {
            whole_number(number): key.removesuffix("-id")
            for key, number in request.POST.items()
            if key.startswith(f"{_IN_THE_LIST}-") and key.endswith("-id")
        }
        rows = Image.objects.select_for_update().filter(pk__in=[pk for pk in posted if pk])
        there = set(rows.order_by("pk").values_list("pk", flat=True))
        for place in (place for pk, place in posted.items() if pk not in there):
            words = [request.POST.get(f"{place}-{name}", "") for name in self.list_editable]
            text = _("A picture was deleted meanwhile, so this was not saved: %(words)s")
            told = text % {"words": " · ".join(filter(None, words)) or EMPTY}
            self.message_user(request, told, messages.WARNING)

    def _add_to(self, context, look):
        cl, formset = context["cl"], context["cl"].formset
        if formset is not None and formset.is_bound:
            # Shown again: each form beside its own picture, whatever came into the list meanwhile.
            cl.result_list = [form.instance for form in formset.forms]
            asking = [form for form in formset.forms if form.conflicts]
            ask(asking, lambda form, name: self.blame(form.instance, formset.opened)(form, name))
        others = [each for each in LOOKS if each != look]
        context |= {
            "look": look,
            "other_looks": [(each, cl.get_query_string({"look": each})) for each in others],
        }
        context["cl"] = cl

    # The list's columns

    @admin.display(description=_("picture"))
    def small_picture(self, image):
        if not image.file:
            words = _("Could not be fetched") if image.fetch_failures else _("No file")
            return format_html('<span class="thumb no-file">{}</span>', words)
        return thumbnail(image, str(image))  # a link, which needs words

    @admin.display(description=_("file or link"))
    def name(self, image):
        if image.file:
            return image.file.name.rpartition("/")[2]
        return Truncator(image.url.partition("//")[2] or image.url).chars(60)

    @admin.display(description=_("uses"), ordering="use_count")
    def uses(self, image):
        """How many things show it, and in how many articles readers see it now."""
        public = getattr(image, "public_count", 0)
        if not image.use_count:
            return format_html('<span class="quiet">{}</span>', _("unused"))
        total = ngettext("%(count)s use", "%(count)s uses", image.use_count)
        text = total % {"count": image.use_count}
        if not public:
            return text
        link = link_to_list(
            Article, _("%(count)s public") % {"count": public}, image=image.pk, public="now"
        )
        return format_html("{}, {}", text, link)

    # Coming in

    def upload_view(self, request):
        """POST: one or more `files`. Each is kept or refused by itself. A script, which says so by
        "Accept: application/json", is told of each; anybody else comes back to the list."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        kept, refused = [], []
        for file in request.FILES.getlist("files"):
            try:
                image = library.keep(PictureField().clean(file))
            except ValidationError as error:
                refused.append({"name": file.name, "text": " ".join(error.messages)})
                continue
            self.log_addition(request, image, [{"added": {}}])
            kept.append(image)
        if request.accepts("text/html"):
            return self._back_from_upload(request, kept, refused)
        answer = {"pictures": [told(image) for image in kept], "refused": refused}
        return JsonResponse(answer, status=REFUSED if refused or not kept else 200)

    def _back_from_upload(self, request, kept, refused):
        for each in refused:
            self.message_user(request, f"“{each['name']}”: {each['text']}", messages.ERROR)
        if kept:
            text = ngettext(
                "%(count)s picture was uploaded. Say what it shows.",
                "%(count)s pictures were uploaded. Say what they show.",
                len(kept),
            )
            self.message_user(request, text % {"count": len(kept)}, messages.SUCCESS)
        elif request.method == "POST" and not refused:
            self.message_user(request, _("Choose at least one file."), messages.WARNING)
        return HttpResponseRedirect(list_address(Image))

    # Going out

    def choose_view(self, request):
        """GET: the pictures with a file that `q` finds, newest first, `CHOICES` of them from the
        number `from` on, as JSON."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        term = NOT_STORABLE.sub("", request.GET.get("q", ""))
        start = whole_number(request.GET.get("from")) or 0
        rows = Image.objects.exclude(file="").order_by("-pk")
        rows, _may_repeat = self.get_search_results(request, rows, term)
        found = list(rows[start : start + CHOICES + 1])
        pictures = [told(image) for image in found[:CHOICES]]
        return JsonResponse({"pictures": pictures, "has_more": len(found) > CHOICES})


def told(image) -> dict:
    """A picture as scripts show it."""
    return {
        "id": image.pk,
        "label": str(image),
        "alt": image.alt_text,
        "credit": image.credit,
        "thumb": image.plain("whole", 448).url,
        "url": reverse("admin:articles_image_change", args=[image.pk]),
    }
