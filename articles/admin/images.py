"""Pictures in the admin: described once, wherever they are shown. Their list is `library`'s."""

from django.contrib import admin
from django.db import models
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from .. import library, weblinks
from ..forms import ImageForm, PictureField
from ..models import Article, ArticleImage, Image, Provider, RelatedImage, RelatedItem, Topic
from .care import public_uses
from .conflicts import MergesEdits
from .library import Library
from .uses import Use, UsedBy, count_of
from .widgets import EMPTY, NewsroomAdmin, badge, link_to_change

USES_SHOWN = 50
# The shapes in which pages show pictures, as far as they do not show the whole.
SHAPES = [((16, 9), _("Wide")), ((4, 3), _("Beside a headline")), ((1, 1), _("Square"))]


@admin.register(Image)
class ImageAdmin(Library, UsedBy, MergesEdits, NewsroomAdmin):
    form = ImageForm
    formfield_overrides = {
        **NewsroomAdmin.formfield_overrides,
        models.ImageField: {"form_class": PictureField},
    }
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
                "readers see it in %(count)s article now",
                "readers see it in %(count)s articles now",
                "count",
            ),
            public_uses,
            "image",
            holds=True,
            linked=(Article, "image", {"public": "now"}),
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

    class Media:
        css = {"all": ["articles/library.css"]}
        js = ["articles/focus.js", "articles/library.js"]

    def get_fields(self, request, obj=None):
        if obj is None:
            return ["file", "alt_text", "credit"]
        focus = [("focus_x", "focus_y")] if obj.file else []
        words = ["alt_text", "credit"]
        return ["preview", *focus, *words, "file", "size", "link", "site", "used_by"]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        if obj is not None and "file" in form.base_fields:
            form.base_fields["file"].help_text = _what_a_new_file_does(obj)
        return form

    def save_model(self, request, obj, form, change):
        if not change:
            library.change(obj)
            return
        columns = {field.name for field in Image._meta.concrete_fields}
        old = form.initial.get("file")
        changed = columns.intersection(form.changed_data)
        library.change(obj, changed, replaced=old.name if old else "")

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

    @admin.display(description=_("size"))
    def size(self, image):
        return f"{image.width} × {image.height}" if image.width else EMPTY

    @admin.display(description=_("preview"))
    def preview(self, image):
        if not image.file:
            lacks = _("There is no file: readers see a stand-in. Upload one.")
            return format_html("{} {}", lacks, image.describe_fetching())
        focus = image.focus_x, image.focus_y
        size = (image.width, image.height) if image.width else None
        shapes = [
            {"shape": shape, "label": label, "box": library.crop(size, shape, focus)}
            for shape, label in SHAPES
            if size
        ]
        context = {"image": image, "shapes": shapes}
        return render_to_string("admin/articles/image/_focus.html", context)

    @admin.display(description=_("link"))
    def link(self, image):
        address = weblinks.normalise(image.url)
        if not address:
            return image.url or EMPTY
        return format_html('<a href="{}" rel="noreferrer">{}</a>', address, image.url)

    @admin.display(description=_("used by"))
    def used_by(self, image):
        now, found = timezone.now(), []
        uses = image.articles.distinct(), image.related_items, image.logo_of, image.topics
        for rows in uses:
            rows = rows.all()
            found += rows[: USES_SHOWN - len(found)]
        if not found:
            return _("Nothing.")
        lines = [(link_to_change(row), _state(row, now)) for row in found]
        items = format_html_join("", "<li>{} {}</li>", lines)
        more = image.use_count - len(found)
        if more > 0:
            items += format_html("<li>{}</li>", _("and %(count)s more") % {"count": more})
        return format_html('<ul class="uses">{}</ul>', items)


def _state(row, now):
    """Whether readers see an article; what kind of thing anything else is."""
    if isinstance(row, Article):
        return badge(row, now)
    return format_html('<span class="quiet">{}</span>', row._meta.verbose_name)


def _what_a_new_file_does(image):
    """Said before it is done. One query."""
    shown = ArticleImage.objects.filter(image=image).count()
    if not shown:
        return _("A new file takes this one’s place.")
    public = public_uses().filter(image=image).count()
    text = ngettext(
        "A new file takes this one’s place everywhere. %(count)s article shows it; readers see it "
        "in %(public)s now.",
        "A new file takes this one’s place everywhere. %(count)s articles show it; readers see it "
        "in %(public)s now.",
        shown,
    )
    return text % {"count": shown, "public": public}
