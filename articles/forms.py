"""The editors' forms: what may be stored, said where the editor can mend it. Used by `admin`.

Two things the stock form fields get wrong for a feed's text: they call it changed when a browser
has only folded its line ends or edge spaces, and they let through what no feed could carry.
"""

import hashlib

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from PIL import Image as Pillow

from .importing.pictures import MAX_PIXELS
from .importing.values import MAX_EXCERPT
from .models import Article, Provider, ProviderAlias, Topic, TopicAlias
from .permitted import PermittedForm, PermittedRows
from .prose import MAX_LENGTH as MAX_BODY  # of characters there, of as many bytes here
from .roles import NOT_A_PUBLISHER, may_change
from .wording import NOT_STORABLE

PICTURE_FORMATS = ["JPEG", "PNG", "WEBP", "GIF"]
PICTURE_EXTENSIONS = ["jpg", "jpeg", "png", "webp", "gif"]

_EXIF_ORIENTATION = 0x0112
_TURNED = {5, 6, 7, 8}  # the orientations that swap width and height


def validate_storable(text: str) -> None:
    """Refuses control characters; Django's own validator has a word for NUL."""
    found = NOT_STORABLE.search(text.replace("\x00", ""))
    if found:
        raise ValidationError(
            _("The control character %(code)s cannot be stored. Remove it."),
            params={"code": f"U+{ord(found.group()):04X}"},
        )


class LineField(forms.CharField):
    """One line as delivered: browsers drop its line ends and the form its edge spaces."""

    default_validators = [validate_storable]

    def has_changed(self, initial, data):
        return self._plain(initial) != self._plain(data)

    def _plain(self, text):
        text = str(text or "").replace("\r", "").replace("\n", "")
        return text.strip() if self.strip else text


class ParagraphsField(forms.CharField):
    """Lines as delivered: browsers send every line end as CRLF; new text is stored with LF."""

    default_validators = [validate_storable]

    def to_python(self, value):
        return super().to_python(_with_lf(value) if isinstance(value, str) else value)

    def has_changed(self, initial, data):
        return _with_lf(initial or "").strip() != _with_lf(data or "").strip()


def _with_lf(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


class DeliveredForm(forms.ModelForm):
    """Leaves every text alone that the editor left alone, edge spaces and line ends included."""

    def clean(self):
        data = super().clean()
        if self.instance.pk:
            for name in set(data) - set(self.changed_data):
                if isinstance(self.fields[name], (LineField, ParagraphsField)):
                    data[name] = self.initial.get(name, data[name])
        return data


class SeenField(forms.CharField):
    """What the editor saw when the form was opened. It is never an edit."""

    widget = forms.HiddenInput

    def has_changed(self, initial, data):
        return False


class ArticleForm(PermittedForm, DeliveredForm):
    seen = SeenField(required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fingerprint = _fingerprint(self.initial) if self.instance.pk else ""
        self.initial["seen"] = self.fingerprint
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
        self._check_seen(data)
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

    def _check_seen(self, data):
        """Two editors, or an editor and a delivery: the later save must not undo the earlier one
        unseen."""
        seen = data.get("seen")
        if not self.instance.pk or not seen or seen == self.fingerprint:
            return
        self.data = self.data.copy()
        self.data[self.add_prefix("seen")] = self.fingerprint
        self.add_error(
            None,
            _(
                "A colleague or a delivery changed this article since you opened it. Look at it in "
                "another tab; saving again replaces it with what you see here."
            ),
        )

    def _give_identity(self, title, published_at):
        start = Article.slug_for("", title, published_at, ())
        taken = set(Article.objects.filter(slug__startswith=start).values_list("slug", flat=True))
        own = Article.objects.filter(source=Article.NEWSROOM, stem__startswith=start)
        taken.update(own.values_list("stem", flat=True))
        self.instance.source = Article.NEWSROOM
        self.instance.slug = Article.slug_for("", title, published_at, taken)
        self.instance.stem = self.instance.slug


def _fingerprint(values: dict) -> str:
    """Of a form's initial values. Topics have no order."""
    parts = []
    for name, value in sorted(values.items()):
        if isinstance(value, list):
            value = sorted(row.pk for row in value)
        parts.append(f"{name}={value!r}")
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


class RelatedItemForm(DeliveredForm):
    user = None  # the one who saves

    def clean_article(self):
        article = self.cleaned_data["article"]
        if self.user and not may_change(self.user, article):
            raise ValidationError(NOT_A_PUBLISHER)
        return article


class ProviderForm(DeliveredForm):
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


class TopicForm(DeliveredForm):
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


class NamedRows(PermittedRows, forms.BaseInlineFormSet):
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


class ImageForm(DeliveredForm):
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
