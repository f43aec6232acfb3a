"""The front page as editors arrange it: its places, and the panel that pins an article to one."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import curation
from ..models import Article, Pin
from ..models.pin import PLACES
from ..reasons import why
from ..roles import PUBLISH
from .widgets import NewsroomAdmin, moment, own_row, pages_of_a_row, whole_number

STYLES = "articles/front.css"
FRONT_PAGE = "admin:articles_pin_changelist"


class Moment(forms.DateTimeInput):
    """The browser's own calendar, where it has one."""

    input_type = "datetime-local"

    def __init__(self):
        super().__init__(format="%Y-%m-%dT%H:%M")


class UntilForm(forms.Form):
    until = forms.DateTimeField(required=False, label=_("until"), widget=Moment)


class PinForm(UntilForm):
    place = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        label=_("place"),
        choices=lambda: [("", gettext("the first free place")), *PLACE_NAMES.items()],
    )
    field_order = ["place", "until"]


def _named(place: int):
    if place == 1:
        return _("1, the lead")
    if place <= 1 + curation.SECONDS:
        return _("%(place)s, beside the lead") % {"place": place}
    return _("%(place)s, below with a picture") % {"place": place}


PLACE_NAMES = {place: _named(place) for place in range(1, PLACES + 1)}


class Curating:
    """For an admin that pins: says what came of a deed, and logs it with the article."""

    def curate(self, request, pk, text, deed, *args, **fields) -> bool:
        """Do `deed(pk, user, ...)`; whether it was done. `text` says so, of the article by name."""
        article = Article.objects.filter(pk=pk).first()
        if article is None:
            self.message_user(request, _("That article has been deleted."), messages.WARNING)
            return False
        try:
            done = deed(article.pk, request.user, *args, **fields)
        except ValidationError as error:
            text = f"“{article.headline}”: {' '.join(error.messages)}"
            self.message_user(request, text, messages.ERROR)
            return False
        if done:
            values = {"headline": article.headline, "place": getattr(done, "place", None)}
            self.message_user(request, text % values, messages.SUCCESS)
            admin_of = self.admin_site.get_model_admin(Article)
            admin_of.log_change(request, article, str(text % values))
        return bool(done)

    def pin_as_said(self, request, pk, data) -> bool:
        """Pin an article as a form's `place` and `until` say."""
        form = PinForm(data)
        if not form.is_valid():
            problems = " ".join(sum(form.errors.values(), []))
            self.message_user(request, problems, messages.ERROR)
            return False
        return self.curate(request, pk, PINNED, curation.pin, **form.cleaned_data)


PINNED = _("“%(headline)s” is pinned to place %(place)s of the front page.")
UNPINNED = _("“%(headline)s” is no longer pinned to the front page.")
MOVED = _("“%(headline)s” has moved on the front page.")


class Pinning(Curating):
    """For the article's admin: the panel in its form, and the list's action."""

    actions = ["pin_to_front"]

    def get_urls(self):
        return pages_of_a_row(self, {"pin": self.pin_view}) + super().get_urls()

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if change and obj is not None and request.user.has_perm(PUBLISH):
            context["pinned"] = Pin.objects.filter(article=obj).first()
            context["pin_form"] = _panel_of(obj, context["pinned"])
        return super().render_change_form(request, context, add, change, form_url, obj)

    def pin_view(self, request, object_id):
        """POST: `place` and `until`, or `unpin`."""
        article = own_row(self, request, unquote(object_id), PUBLISH)
        if request.method == "POST":
            if "unpin" in request.POST:
                self.curate(request, article.pk, UNPINNED, curation.unpin)
            else:
                self.pin_as_said(request, article.pk, request.POST)
        address = reverse("admin:articles_article_change", args=[article.pk])
        return HttpResponseRedirect(address)

    @admin.action(description=_("Pin to the front page"), permissions=["publish"])
    def pin_to_front(self, request, queryset):
        """Each to the first free place, in the list's order; then shows the front page."""
        chosen = list(queryset.values_list("pk", flat=True)[: PLACES + 1])
        if len(chosen) > PLACES:
            text = _("The front page has %(places)s places. Select fewer.") % {"places": PLACES}
            self.message_user(request, text, messages.WARNING)
            return None
        pinned = [pk for pk in chosen if self.curate(request, pk, PINNED, curation.pin)]
        if pinned:
            return HttpResponseRedirect(reverse(FRONT_PAGE))
        return None


def _panel_of(article, pin) -> PinForm | None:
    """None where there is nothing to pin and nothing pinned."""
    if article.status != Article.Status.PUBLISHED and pin is None:
        return None
    initial = {"place": pin.place, "until": pin.until} if pin else {}
    form = PinForm(initial=initial, auto_id="id_pin_%s")
    for field in form.fields.values():
        # It stands inside the article's form, and belongs to one of its own.
        field.widget.attrs["form"] = "pin_form"
    return form


@admin.register(Pin)
class FrontPageAdmin(Curating, NewsroomAdmin):
    """One page in place of a list: what stands where, why, and the buttons that change it."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name="articles_pin_changelist")]

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm(PUBLISH)

    def has_module_permission(self, request):
        return request.user.has_perm(PUBLISH)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        if not request.user.has_perm(PUBLISH):
            raise PermissionDenied
        if request.method == "POST":
            return self._arrange(request, request.POST)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Front page"),
            "opts": self.opts,
            "media": self.media + forms.Media(css={"all": [STYLES]}),
            **_places(timezone.now()),
            "half_life": curation.scale()["half_life"],
            "candidates": curation.CANDIDATES,
        }
        return TemplateResponse(request, "admin/articles/pin/front_page.html", context)

    def _arrange(self, request, data):
        """`up`, `down`, `unpin`, or `keep` and `set` (both with `place` and `until`), each with the
        number of an article."""
        verb = next((name for name in ("up", "down", "unpin", "keep", "set") if name in data), None)
        pk = whole_number(data.get(verb)) if verb else None
        if verb in ("up", "down"):
            step = curation.UP if verb == "up" else curation.DOWN
            self.curate(request, pk, MOVED, curation.move, step)
        elif verb == "unpin":
            self.curate(request, pk, UNPINNED, curation.unpin)
        elif verb:
            self.pin_as_said(request, pk, data)
        where = f"#story-{pk}" if pk else ""  # where the editor was, for the next press of a key
        return HttpResponseRedirect(reverse(FRONT_PAGE) + where)


def _places(now) -> dict:
    """What the page shows: a row for each place, and the pins that hold none. Five queries."""
    page, _has_more = curation.front_page(PLACES)
    pins = list(Pin.objects.select_related("article__decided_by", "by"))
    pin_of = {pin.article_id: pin for pin in pins if not pin.has_ended(now)}
    shown = {story.pk for story in page}
    absent = [pin for pin in pins if pin.has_ended(now) or pin.article_id not in shown]
    waiting = {pin.place: pin for pin in absent if not pin.has_ended(now)}
    rows = []
    for place in range(1, PLACES + 1):
        story = page[place - 1] if place <= len(page) else None
        pin = pin_of.get(story.pk) if story else None
        rows.append(
            {
                "place": place,
                "name": PLACE_NAMES[place],
                "story": story,
                "pin": pin,
                "until": _until_form(pin) if pin else None,
                "points": story and f"{curation.points(story, now):.1f}",
                "absent": _absent(waiting[place], now) if place in waiting else None,
                "is_moved": pin is not None and pin.place != place,
            }
        )
    return {"rows": rows, "absent": [_absent(pin, now) for pin in absent]}


def _until_form(pin) -> UntilForm:
    return UntilForm(initial={"until": pin.until}, auto_id=f"id_until_{pin.pk}")


def _absent(pin, now) -> dict:
    """A pin that holds no place, and why."""
    if pin.has_ended(now):
        text = _("its time on the front page ended on %(moment)s") % {"moment": moment(pin.until)}
    else:
        text = why(pin.article, now)
    return {"pin": pin, "why": text}
