"""The editors' forms: what may be stored, said where the editor can mend it. Used by `admin`."""

import re
import secrets
from pathlib import Path

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.validators import FileExtensionValidator, MaxValueValidator
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import checklist, library
from .decisions import SAY_WHY, lacks_a_reason
from .fetching import decoding
from .importing.values import MAX_EXCERPT
from .models import (
    Article,
    Image,
    OldAddress,
    Provider,
    ProviderAlias,
    Tombstone,
    Topic,
    TopicAlias,
)
from .permitted import PermittedForm, PermittedRows
from .pixels import MAX_BYTES, MAX_PIXELS, PictureError
from .prose import MAX_LENGTH as MAX_BODY  # of characters there, of as many bytes here
from .roles import NOT_A_PUBLISHER, may_change
from .shared_forms import DeliveredForm, LineField, MergingForm, MergingFormSet

PICTURE_EXTENSIONS = ["jpg", "jpeg", "png", "webp"]
ACCEPTED = "image/jpeg,image/png,image/webp"
MEGABYTE = 1024 * 1024
_DESCRIPTION = re.compile("alt_text_([0-9]{1,18})")

WITHDRAWN = Article.Status.WITHDRAWN


class DescribingForm(MergingForm):
    """A form that takes, beside its own fields, alternative texts of pictures: what is posted as
    `alt_text_` and the picture's number."""

    may_describe = True  # the user's permission

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not (self.is_bound and self.may_describe):
            return
        limit = Image._meta.get_field("alt_text").max_length
        for name in [name for name in self.data if _DESCRIPTION.fullmatch(name)]:
            label = _("Alternative text")
            self.fields[name] = LineField(required=False, max_length=limit, label=label)

    def descriptions(self) -> dict[int, str]:
        """The texts that were typed, by the pictures' numbers."""
        found = ((_DESCRIPTION.fullmatch(name), text) for name, text in self.cleaned_data.items())
        return {int(match[1]): text for match, text in found if match and text}

    def described(self) -> dict[int, tuple[str, list]]:
        """What is to be shown again after a refusal: each text as typed, and its errors."""
        names = [(_DESCRIPTION.fullmatch(name), name) for name in self.fields]
        return {
            int(match[1]): (self[name].value(), self.errors.get(name, []))
            for match, name in names
            if match and self.is_bound
        }


class ArticleForm(PermittedForm, DescribingForm):
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

    def clean_slug(self):
        slug = self.cleaned_data["slug"]
        if "slug" in self.changed_data:
            own = {"source": self.instance.source, "stem": self.instance.stem}
            for seen in (OldAddress, Tombstone):
                if seen.objects.filter(slug=slug).exclude(**own).exists():
                    raise ValidationError(
                        _("Readers have seen another article there. Choose another address.")
                    )
        return slug

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
        taken = Article.objects.taken_slugs(start)
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


class FirstRows(NamedRows):
    """Shows the first `most` rows alone (None: all), and says whether it `has_more`. What is not
    shown is not sent back, and a row that is not sent back stays as it is: see `MergesRows`."""

    most: int | None = None
    has_more = False

    def get_queryset(self):
        if not hasattr(self, "_queryset"):
            rows = super().get_queryset()
            if self.most is not None and not self.is_bound:
                first = list(rows[: self.most + 1])
                self.has_more = len(first) > self.most
                self._queryset = first[: self.most]
        return self._queryset


class PictureRows(NamedRows):
    """An article's pictures, and files that become pictures of it at its end: `PREFIX-files`."""

    may_upload = False  # the user's permission

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.uploads: list = []
        self.kept: list[Image] = []

    @property
    def _posted_files(self) -> list:
        return self.files.getlist(f"{self.prefix}-files") if self.may_upload and self.files else []

    def is_multipart(self):
        return self.may_upload or super().is_multipart()

    def has_changed(self):
        return super().has_changed() or bool(self._posted_files)

    def clean(self):
        super().clean()
        wrong = []
        for file in self._posted_files:
            try:
                self.uploads.append(PictureField().clean(file))
            except ValidationError as error:
                text = _("“%(name)s” was not uploaded. %(why)s")
                params = {"name": file.name, "why": " ".join(error.messages)}
                wrong.append(ValidationError(text, params=params))
        if wrong:
            raise ValidationError(wrong)

    def save_new_objects(self, commit=True):
        saved = super().save_new_objects(commit)
        uses = self.model.objects.filter(**{self.fk.name: self.instance})
        last = uses.aggregate(last=Max("position"))["last"] if self.uploads else None
        for place, upload in enumerate(self.uploads, 0 if last is None else last + 1):
            image = library.keep(upload)
            use = self.model(image=image, position=place, **{self.fk.name: self.instance})
            use.save()
            self.kept.append(image)
            saved.append(use)
        return saved


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
    """An uploaded picture: read to its end and written anew, without its metadata, in a process of
    its own (`fetching.decoding`). One of three formats, at most 25 million pixels.

    The cleaned upload is the new file, under the old name; its `shown_size` is (width, height) in
    px, turned as viewers turn it.
    """

    default_validators = []  # the name that is asked is the upload's

    def widget_attrs(self, widget):
        return super().widget_attrs(widget) | {"accept": ACCEPTED}

    def to_python(self, data):
        upload = forms.FileField.to_python(self, data)
        if upload is None:
            return None
        FileExtensionValidator(PICTURE_EXTENSIONS)(upload)
        try:
            if upload.size > MAX_BYTES:
                raise PictureError("too large", "bytes")
            content, suffix, size = decoding.rewritten(upload.read())
        except PictureError as error:
            raise _refusal(error, upload) from error
        picture = SimpleUploadedFile(unguessable(Path(upload.name).stem, suffix), content)
        picture.shown_size = size
        return picture


def unguessable(stem: str, suffix: str) -> str:
    """A file's name with 72 random bits in it. Who guesses what a picture of a hidden article is
    called must not find it among the public files. Of the stem stays what a file system takes: it
    counts bytes, of which a letter has up to four."""
    stem = stem[:80].encode(errors="ignore")[:160].decode(errors="ignore")
    return f"{stem}-{secrets.token_hex(9)}{suffix}"


def _refusal(error: PictureError, upload) -> ValidationError:
    """Why the picture is not kept, in the editor's words."""
    params = {"limit": MAX_PIXELS // 1_000_000}
    if error.code == "bytes":
        text = _(
            "This file has %(size)s MB; at most %(limit)s MB can be kept. Upload a smaller one."
        )
        params = {"size": f"{upload.size / MEGABYTE:.1f}", "limit": MAX_BYTES // MEGABYTE}
    elif error.size:
        text = _(
            "This picture has %(width)s × %(height)s pixels; at most %(limit)s million pixels "
            "can be kept. Upload a smaller one."
        )
        params |= {"width": error.size[0], "height": error.size[1]}
    elif error.code == "pixels":
        text = _("This picture has more than %(limit)s million pixels. Upload a smaller one.")
    elif error.code == "broken":
        text = _("This picture is damaged or cut off. Upload it once more, or save it anew before.")
    else:
        text = _("This is not a picture that can be used. Upload a JPEG, PNG or WebP file.")
    return ValidationError(text, code="invalid_image", params=params)


class ImageForm(MergingForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "file" in self.fields:
            # Without a link, the file is all there is of the picture.
            field = self.fields["file"]
            field.required = field.widget.is_required = not self.instance.url
        for name in {"alt_text", "credit"} & set(self.fields):
            self.fields[name].widget.attrs["class"] = "vLargeTextField"
        for name in {"focus_x", "focus_y"} & set(self.fields):
            field = self.fields[name]
            field.validators.append(MaxValueValidator(100))
            field.widget.attrs |= {"max": 100, "step": 1}

    def clean(self):
        data = super().clean()
        upload = data.get("file")
        size = getattr(upload, "shown_size", None)
        if size:
            self.instance.width, self.instance.height = size
        return data
