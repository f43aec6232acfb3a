"""Pictures in the admin: described once, wherever they are shown."""

from django.contrib import admin
from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from .. import weblinks
from ..forms import ImageForm, PictureField
from ..models import Article, ArticleImage, Image, Provider, RelatedImage, RelatedItem, Topic
from .care import HasAltTextFilter, HasFileFilter, ImageCare
from .conflicts import MergesEdits
from .uses import Use, UsedBy, count_of
from .widgets import EMPTY, NewsroomAdmin, link_to_change, thumbnail

USES_SHOWN = 50


@admin.register(Image)
class ImageAdmin(UsedBy, MergesEdits, NewsroomAdmin):
    form = ImageForm
    formfield_overrides = {
        **NewsroomAdmin.formfield_overrides,
        models.ImageField: {"form_class": PictureField},
    }
    list_display = ["small_picture", "name", "alt_text", "credit", "size", "uses"]
    list_display_links = ["small_picture", "name"]
    list_filter = [ImageCare, HasAltTextFilter, HasFileFilter]
    used_in = [
        Use(
            ngettext_lazy("%(count)s article shows it", "%(count)s articles show it", "count"),
            ArticleImage.objects.all,
            "image",
            holds=True,
            linked=(Article, "image"),
        ),
        Use(
            ngettext_lazy(
                "%(count)s related item shows it", "%(count)s related items show it", "count"
            ),
            RelatedImage.objects.all,
            "image",
            holds=True,
            linked=(RelatedItem, "image"),
        ),
        Use(
            ngettext_lazy(
                "%(count)s provider stays, without a logo",
                "%(count)s providers stay, without a logo",
                "count",
            ),
            Provider.objects.all,
            "logo",
            linked=(Provider, "logo"),
        ),
        Use(
            ngettext_lazy(
                "%(count)s topic stays, without a picture",
                "%(count)s topics stay, without a picture",
                "count",
            ),
            Topic.objects.all,
            "image",
            linked=(Topic, "image"),
        ),
    ]
    advice = _("Take it off those first, or upload another file in its place.")
    search_fields = ["url", "alt_text", "credit", "file"]
    readonly_fields = ["preview", "link", "site", "size", "used_by"]

    def get_fields(self, request, obj=None):
        if obj is None:
            return ["file", "alt_text", "credit"]
        return ["preview", "file", "alt_text", "credit", "size", "link", "site", "used_by"]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .annotate(
                use_count=count_of(ArticleImage.objects.all(), "image")
                + count_of(RelatedImage.objects.all(), "image")
                + count_of(Provider.objects.all(), "logo")
                + count_of(Topic.objects.all(), "image")
            )
        )

    @admin.display(description=_("picture"))
    def small_picture(self, image):
        return thumbnail(image)

    @admin.display(description=_("file or link"))
    def name(self, image):
        if image.file:
            return image.file.name.rpartition("/")[2]
        return Truncator(image.url.partition("//")[2] or image.url).chars(60)

    @admin.display(description=_("size"))
    def size(self, image):
        return f"{image.width} × {image.height}" if image.width else EMPTY

    @admin.display(description=_("uses"), ordering="use_count")
    def uses(self, image):
        return image.use_count

    @admin.display(description=_("preview"))
    def preview(self, image):
        return thumbnail(image)

    @admin.display(description=_("link"))
    def link(self, image):
        address = weblinks.normalise(image.url)
        if not address:
            return image.url or EMPTY
        return format_html('<a href="{}" rel="noreferrer">{}</a>', address, image.url)

    @admin.display(description=_("used by"))
    def used_by(self, image):
        found = []
        uses = image.articles.distinct(), image.related_items, image.logo_of, image.topics
        for rows in uses:
            rows = rows.all()
            found += rows[: USES_SHOWN - len(found)]
        if not found:
            return _("Nothing.")
        items = format_html_join("", "<li>{}</li>", ([link_to_change(row)] for row in found))
        more = image.use_count - len(found)
        if more > 0:
            items += format_html("<li>{}</li>", _("and %(count)s more") % {"count": more})
        return format_html('<ul class="uses">{}</ul>', items)
