"""The editors' forms: what may be stored, said where the editor can mend it. Used by `admin`."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from PIL import Image as Pillow

from . import checklist
from .decisions import SAY_WHY, lacks_a_reason
from .importing.pictures import MAX_PIXELS
from .importing.values import MAX_EXCERPT
from .models import Article, Provider, ProviderAlias, Topic, TopicAlias
from .permitted import PermittedForm, PermittedRows
from .prose import MAX_LENGTH as MAX_BODY  # of characters there, of as many bytes here
from .roles import NOT_A_PUBLISHER, may_change
from .shared_forms import DeliveredForm, MergingForm, MergingFormSet

PICTURE_FORMATS = ["JPEG", "PNG", "WEBP", "GIF"]
PICTURE_EXTENSIONS = ["jpg", "jpeg", "png", "webp", "gif"]

WITHDRAWN = Article.Status.WITHDRAWN
_EXIF_ORIENTATION = 0x0112
_TURNED = {5, 6, 7, 8}  # the orientations that swap width and height


class ArticleForm(PermittedForm, MergingForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "type" in self.fields:
            types = dict.fromkeys(["article", "video", self.instance.type])
            self.fields["type"].widget = forms.Select(choices=[(name, name) for name in types])
        if "status" in self.fields:
            self._limit_status(self.fields["status"])
        if "is_kept_public" in self.fields:
            field = self.fields["is_kept_public"]
            field.label = _("Keep public if the feed takes it down")
            field.help_text = _(
                "A takedown then waits as a proposal, and readers see the article until you accept "
                "it. Without this, a takedown withdraws the article at once."
            )

    def _limit_status(self, field):
        """Into the trash and out of it lead buttons of their own."""
        trashed = Article.Status.TRASHED
        is_trashed = self.instance.status == trashed
        field.choices = [
            (value, text) for value, text in field.choices if (value == trashed) == is_trashed
        ]
        if is_trashed:
            field.help_text = _("Restore it to give it another status.")

    def clean(self):
        data = super().clean()
        self._check_size("body", MAX_BODY)
        self._check_size("excerpt", MAX_EXCERPT)
        self._check_publishing(data)
        self._check_withdrawal(data)
        self._check_checklist(data)
        if not self.instance.pk and data.get("title") and data.get("published_at"):
            self._give_identity(data["title"], data["published_at"])
        return data

    def _check_size(self, name, limit):
        size = len(self.cleaned_data.get(name, "").encode("utf-8", "replace"))
        if size > limit:
            self.add_error(
                name,
                ValidationError(
                    _("This text has %(size)s bytes; at most %(limit)s can be kept. Shorten it."),
                    params={"size": f"{size:,}", "limit": f"{limit:,}"},
                ),
            )

    def _check_publishing(self, data):
        if data.get("status") != Article.Status.PUBLISHED:
            return
        now = timezone.now()
        if data.get("publish_from") is None and "publish_from" not in self.errors:
            data["publish_from"] = now
        until = data.get("publish_until")
        if "status" in self.changed_data and until and until <= now:
            self.add_error(
                "publish_until",
                _("This moment has passed, so nobody would see it. Clear it or set a later one."),
            )

    def _check_withdrawal(self, data):
        status, reason = data.get("status"), data.get("withdrawal_reason")
        if reason is None or not status:
            return
        if lacks_a_reason(status, self.initial.get("status"), reason):
            self.add_error("withdrawal_reason", SAY_WHY)
        elif reason and "withdrawal_reason" in self.changed_data and status != WITHDRAWN:
            self.add_error(
                "withdrawal_reason",
                _("Only what is withdrawn has such a reason. Choose that status, or clear it."),
            )

    def _check_checklist(self, data):
        """What an article must have before readers see it. A field that is wrong says so itself."""
        for item in checklist.refusals(self.instance, data):
            is_told = item.field in self.errors or (item.key == "link" and data.get("web_url"))
            if not is_told:
                self.add_error(item.field if item.field in self.fields else None, item.advice)

    def _give_identity(self, title, published_at):
        start = Article.slug_for("", title, published_at, ())
        taken = set(Article.objects.filter(slug__startswith=start).values_list("slug", flat=True))
        own = Article.objects.filter(source=Article.NEWSROOM, stem__startswith=start)
        taken.update(own.values_list("stem", flat=True))
        self.instance.source = Article.NEWSROOM
        self.instance.slug = Article.slug_for("", title, published_at, taken)
        self.instance.stem = self.instance.slug


class RelatedItemForm(MergingForm):
    user = None  # the one who saves

    def clean_article(self):
        article = self.cleaned_data["article"]
        if self.user and not may_change(self.user, article):
            raise ValidationError(NOT_A_PUBLISHER)
        return article


class ProviderForm(MergingForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
        if "domain" in self.fields and self.instance.pk and not self.instance.domain:
            self.fields["domain"].required = False  # feeds send such providers

    def clean_domain(self):
        return self.cleaned_data["domain"].lower()

    def clean(self):
        data = super().clean()
        key = {"name": data.get("name"), "domain": data.get("domain", "")}
        _not_anothers_name(ProviderAlias.objects.filter(**key), provider=self.instance)
        return data

    def clean_slug(self):
        """Made from the name where the editor leaves it blank."""
        slug, name = self.cleaned_data["slug"], self.cleaned_data.get("name")
        if slug or not name:
            return _not_an_old_address(slug, ProviderAlias)
        domain = self.cleaned_data.get("domain", "")
        return Provider.slug_for(name, domain, Provider.objects.taken_slugs())


class TopicForm(MergingForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def clean_name(self):
        """ "climate" beside "Climate" would be a second page for one topic."""
        name = self.cleaned_data["name"]
        twin = Topic.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).first()
        if twin:
            raise ValidationError(
                _("There is a topic “%(name)s” already."), params={"name": twin.name}
            )
        _not_anothers_name(TopicAlias.objects.filter(name=name), topic=self.instance)
        return name

    def clean_slug(self):
        """Made from the name where the editor leaves it blank."""
        slug, name = self.cleaned_data["slug"], self.cleaned_data.get("name")
        if slug or not name:
            return _not_an_old_address(slug, TopicAlias)
        return Topic.slug_for(name, Topic.objects.taken_slugs())


def _not_an_old_address(slug, aliases):
    """An address that was merged away leads readers to the survivor, and goes on doing so."""
    alias = aliases.objects.filter(slug=slug).first() if slug else None
    if alias:
        raise ValidationError(
            _("This address was that of “%(name)s”, and leads readers on. Choose another."),
            params={"name": str(alias)},
        )
    return slug


def _not_anothers_name(aliases, **own):
    """A row of that name would take the deliveries away from the row that the alias names."""
    (field,), (row,) = own.keys(), own.values()
    alias = aliases.exclude(**own).first() if row.pk else aliases.first()
    if alias:
        raise ValidationError(
            _("This is another name of “%(name)s”. Take it away there first."),
            params={"name": str(getattr(alias, field))},
        )


class AliasForm(DeliveredForm):
    def clean_name(self):
        name = self.cleaned_data["name"]
        if not name and not self.instance.slug:
            raise ValidationError(_("Enter a name."))
        return name

    def clean_domain(self):
        return self.cleaned_data["domain"].lower()


class NamedRows(PermittedRows, MergingFormSet):
    """Rows of a table have their labels in its head; each field gets its name all the same."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        for field in form.fields.values():
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs.setdefault("aria-label", field.label)


class AliasFormSet(NamedRows):
    def clean(self):
        """The database's rule, for rows that are new together."""
        super().clean()
        seen = set()
        for form in self.forms:
            data = getattr(form, "cleaned_data", {})
            key = data.get("name"), data.get("domain")
            if not key[0] or data.get("DELETE"):
                continue
            if key in seen:
                form.add_error("name", _("This name stands here twice."))
            seen.add(key)


class PictureField(forms.ImageField):
    """An uploaded picture, read to its end: one of four formats, at most 25 million pixels.

    The cleaned upload's `shown_size` is (width, height) in px, turned as viewers turn it. No other
    format's reader is ever tried on what a browser sends.
    """

    default_validators = [FileExtensionValidator(PICTURE_EXTENSIONS)]

    def to_python(self, data):
        upload = forms.FileField.to_python(self, data)
        if upload is None:
            return None
        upload.seek(0)
        try:
            with Pillow.open(upload, formats=PICTURE_FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise self._too_large(picture.width, picture.height)
                picture.load()
                size, turned = picture.size, picture.getexif().get(_EXIF_ORIENTATION) in _TURNED
        # What Pillow raises for bytes that are no whole picture differs with the format.
        except (
            OSError,
            SyntaxError,
            ValueError,
            EOFError,
            Pillow.DecompressionBombError,
            Pillow.DecompressionBombWarning,
        ) as error:
            raise ValidationError(
                _("This is not a picture that can be used. Upload a JPEG, PNG, WebP or GIF file."),
                code="invalid_image",
            ) from error
        upload.seek(0)
        upload.shown_size = size[::-1] if turned else size
        return upload

    def _too_large(self, width, height):
        return ValidationError(
            _(
                "This picture has %(width)s × %(height)s pixels; at most %(limit)s million pixels "
                "can be kept. Upload a smaller one."
            ),
            params={"width": width, "height": height, "limit": MAX_PIXELS // 1_000_000},
        )


class ImageForm(MergingForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "file" in self.fields:
            # Without a link, the file is all there is of the picture.
            field = self.fields["file"]
            field.required = field.widget.is_required = not self.instance.url

    def clean(self):
        data = super().clean()
        size = getattr(data.get("file"), "shown_size", None)
        if size:
            self.instance.width, self.instance.height = size
        return data
