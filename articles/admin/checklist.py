"""The publish checklist on the article's form; the warning after publishing without all of it.

Alternative texts that are lacking are asked for right there, and written with the article.
"""

from django.contrib import messages
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext_lazy as _

from .. import checklist, library
from ..models import Article, Image
from ..wording import readable
from .publishers import is_locked

CHANGE_IMAGE = "articles.change_image"
ASKED = 12  # pictures without a text; the others are asked for once these have one


class Checklist:
    """For the article's admin."""

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.may_describe = request.user.has_perm(CHANGE_IMAGE)
        return form

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        is_there = change and obj is not None and obj.status != Article.Status.TRASHED
        if is_there:
            checklist.load([obj])
            items = checklist.of(obj)
            context["checklist"] = {
                "missing": checklist.missing(items),
                "holding": [item for item in items if item.holds],
                "is_blocked": any(item.is_required for item in checklist.missing(items)),
            }
        if request.user.has_perm(CHANGE_IMAGE) and not is_locked(request, obj):
            shown = [use.image for use in obj.image_uses.all()] if is_there else []
            context["to_describe"] = _to_describe(shown, context["adminform"].form.described())
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        for number, text in form.descriptions().items():
            self._describe(request, number, text)
        publishes = form.instance.status == Article.Status.PUBLISHED
        if publishes and (not change or "status" in form.changed_data):
            text = checklist.published_without(Article.objects.get(pk=form.instance.pk))
            if text:
                self.message_user(request, text, messages.WARNING)

    def _describe(self, request, number, text):
        image = library.describe(number, text)
        if image is not None:
            fields = [capfirst(str(Image._meta.get_field("alt_text").verbose_name))]
            self.log_change(request, image, [{"changed": {"fields": fields}}])
            return
        theirs = Image.objects.filter(pk=number).values_list("alt_text", flat=True).first()
        if theirs != text:
            told = _(
                "A colleague has described the picture meanwhile: “%(theirs)s”. Yours: “%(ours)s”."
            )
            words = {"theirs": theirs or "", "ours": text}
            self.message_user(request, told % words, messages.WARNING)


def _to_describe(pictures, typed) -> list[dict]:
    """The pictures to ask about: those that readers are shown without a text, and those about which
    something was typed in a form that was refused."""
    asked = [image for image in pictures if image.file and not readable(image.alt_text)][:ASKED]
    others = set(typed) - {image.pk for image in asked}
    if others:
        asked += Image.objects.filter(pk__in=others, alt_text="")
    result = []
    for image in asked:
        text, errors = typed.get(image.pk, ("", []))
        name = Truncator(image.file.name.rpartition("/")[2] or image.url).chars(60)
        result.append({"image": image, "name": name, "text": text, "errors": errors})
    return result
