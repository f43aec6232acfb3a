"""What every editor's form is made of: text as delivered, and the work of two editors at once.

Two things the stock form fields get wrong for a feed's text: they call it changed when a browser
has only folded its line ends or edge spaces, and they let through what no feed could carry. And the
stock forms overwrite what was saved while they were open; these merge it (`concurrency`).
"""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import (
    DELETION_FIELD_NAME,
    INITIAL_FORM_COUNT,
    TOTAL_FORM_COUNT,
    ManagementForm,
)
from django.forms.models import model_to_dict
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from . import concurrency
from .concurrency import CHOICE, MINE, SEEN, THEIRS, Conflict
from .wording import NOT_STORABLE

CONFLICT = "conflict"  # the code of the error of a field that a colleague changed as well
GONE = "gone"  # marks a new row that was an old one until a colleague deleted it
_CHANGED_MEANWHILE = _("Somebody else changed this since you opened it. Choose which one stays.")


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

    def widget_attrs(self, widget):
        return super().widget_attrs(widget) | {"dir": "auto"}

    def has_changed(self, initial, data):
        return self.plain(initial) != self.plain(data)

    def plain(self, text) -> str:
        """What is left of a text when a browser has sent it back."""
        text = str(text or "").replace("\r", "").replace("\n", "")
        return text.strip() if self.strip else text


class ParagraphsField(forms.CharField):
    """Lines as delivered: browsers send every line end as CRLF; new text is stored with LF."""

    default_validators = [validate_storable]

    def widget_attrs(self, widget):
        return super().widget_attrs(widget) | {"dir": "auto"}

    def to_python(self, value):
        return super().to_python(_with_lf(value) if isinstance(value, str) else value)

    def has_changed(self, initial, data):
        return self.plain(initial) != self.plain(data)

    def plain(self, text) -> str:
        return _with_lf(text or "").strip()


class AddressField(forms.SlugField):
    """The last part of an address: it begins with a number, and is read from left to right."""

    def widget_attrs(self, widget):
        return super().widget_attrs(widget) | {"dir": "ltr"}


def _with_lf(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


class DeliveredForm(forms.ModelForm):
    """Leaves every text alone that the editor left alone, edge spaces and line ends included.

    `conflicts` are what this editor and a colleague both changed, by field ("": the whole row).
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.conflicts: dict[str, Conflict] = {}

    def clean(self):
        data = super().clean()
        if self.instance.pk:
            for name in set(data) - set(self.changed_data):
                if isinstance(self.fields[name], (LineField, ParagraphsField)):
                    data[name] = self.initial.get(name, data[name])
        for name in self.conflicts:
            self.add_error(name or None, ValidationError(_CHANGED_MEANWHILE, code=CONFLICT))
        return data


class SeenField(forms.CharField):
    """What the editor saw when the form was opened. It is never an edit."""

    widget = forms.HiddenInput

    def has_changed(self, initial, data):
        return False


class MergingForm(DeliveredForm):
    """A form of one row that several editors may have open: see `concurrency`.

    `followed` are the fields that this editor did not touch and that moved meanwhile, `opened` is
    when the form was opened (None: not known).
    """

    seen = SeenField(required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.followed: list[str] = []
        self.opened = None
        if not self.instance.pk:
            return
        fields = {name: field for name, field in self.fields.items() if name in self.initial}
        salt = f"{self.instance._meta.label_lower}:{self.instance.pk}"
        if self.is_bound:
            self._merge(fields, salt)
        else:
            self.initial[SEEN] = concurrency.seal(
                concurrency.seen_values(fields, self.initial), salt
            )

    def _merge(self, fields, salt):
        place = self.add_prefix(SEEN)
        self.data = self.data.copy()
        self.opened, seen = concurrency.unseal(self.data.get(place), salt)
        prefix = self.add_prefix("")
        merged = concurrency.merge(fields, self.initial, seen, self.data, self.files, prefix)
        self.data[place] = concurrency.seal(merged.seen, salt, self.opened)
        self.conflicts, self.followed = merged.conflicts, merged.followed


class MergesRows:
    """For a formset: its rows are merged as the fields of a form are.

    A row that a colleague deleted is dropped where this editor left it alone; else it comes back as
    a new row, which asks. A row that this editor deletes and a colleague changed asks as well. Rows
    that a colleague added stay, and stand in the form if it is shown again. `followed` and `opened`
    are as a form's.
    """

    ORDER = "position"  # a colleague's sorting is no reason to keep a row

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.followed: list[str] = []
        self.opened = None
        self._conflicts: dict[int, dict[str, Conflict]] = {}
        self._untouched: set[int] = set()
        if self.is_bound and ManagementForm(self.data, prefix=self.prefix).is_valid():
            self.data = self.data.copy()
            self._merge()

    @cached_property
    def management_form(self):
        form = super().management_form
        form.fields[SEEN] = SeenField(required=False)
        if not self.is_bound:
            seen = {row.pk: self._seen(row) for row in self.get_queryset()}
            form.initial[SEEN] = concurrency.seal(seen, self._salt)
        return form

    def _construct_form(self, i, **kwargs):
        form = super()._construct_form(i, **kwargs)
        form.conflicts = self._conflicts.get(i, {})
        if i in self._untouched:
            # Nothing to check, and so nothing to ask the database row by row.
            form._errors, form.cleaned_data = {}, form.initial
        return form

    def _should_delete_form(self, form):
        """What asks whether it is to be deleted is not deleted yet."""
        return super()._should_delete_form(form) and "" not in form.conflicts

    @property
    def _pk_name(self):
        return self.model._meta.pk.name

    @property
    def _salt(self):
        parent = getattr(self, "instance", None)
        return f"{self.model._meta.label_lower} of {parent.pk if parent else ''}"

    @cached_property
    def _merged_fields(self):
        own = {self._pk_name, getattr(getattr(self, "fk", None), "name", None)}
        return {name: field for name, field in self.form.base_fields.items() if name not in own}

    def _values(self, row):
        return model_to_dict(row, fields=self._merged_fields)

    def _seen(self, row):
        return concurrency.seen_values(self._merged_fields, self._values(row))

    def _merge(self):
        """Rewrites the posted rows: first those that exist, in their order, then the new ones."""
        place = f"{self.prefix}-{SEEN}"
        self.opened, seen = concurrency.unseal(self.data.get(place), self._salt)
        posted, new = self._take_rows()
        seen_now = {}
        for number, row in enumerate(self.get_queryset()):
            values = posted.pop(str(row.pk), {self._pk_name: [str(row.pk)]})
            seen_now[row.pk] = self._merge_row(number, row, values, seen.get(str(row.pk), {}))
        self.data[f"{self.prefix}-{INITIAL_FORM_COUNT}"] = total = len(seen_now)
        for pk, values in posted.items():
            if self._is_kept_though_gone(values, seen.get(pk, {})):
                new.append(values | {self._pk_name: [""], GONE: ["1"]})
        for values in new:
            total += self._add_row(total, values)
        self.data[f"{self.prefix}-{TOTAL_FORM_COUNT}"] = total
        self.data[place] = concurrency.seal(seen_now, self._salt, self.opened)

    def _take_rows(self):
        """Takes the posted rows out of the data: those that existed, by id, and the new ones, each
        its lists of texts by field."""
        form = ManagementForm(self.data, prefix=self.prefix)
        form.full_clean()
        existed = form.cleaned_data[INITIAL_FORM_COUNT]
        total = min(form.cleaned_data[TOTAL_FORM_COUNT], self.absolute_max)
        rows: dict[int, dict[str, list[str]]] = {}
        pattern = re.compile(rf"{re.escape(self.prefix)}-([0-9]{{1,9}})-(.+)")
        for key in list(self.data):
            if found := pattern.fullmatch(key):
                rows.setdefault(int(found[1]), {})[found[2]] = self.data.pop(key)
        posted, new = {}, []
        for number in sorted(rows):
            if number < existed:
                posted[rows[number].get(self._pk_name, [""])[-1]] = rows[number]
            elif number < total:
                new.append(rows[number])
        return posted, new

    def _merge_row(self, number, row, posted, seen) -> dict:
        """What the row is to carry as seen from now on."""
        place = f"{self.prefix}-{number}"
        self._write(place, posted)
        if self.can_delete and _is_deleted(posted):
            now = self._seen(row)
            words, known = ([of.get(n) for n in now if n != self.ORDER] for of in (now, seen))
            shown = concurrency.digest(words)
            choice = concurrency.chosen(self.data, f"{place}-{CHOICE}", shown)
            if words == known or choice == MINE:
                return now
            if choice is None:
                self._conflicts[number] = {"": Conflict(row, shown)}
                return seen
            self.data.pop(f"{place}-{DELETION_FIELD_NAME}")
        fields, values = self._merged_fields, self._values(row)
        merged = concurrency.merge(fields, values, seen, self.data, self.files, f"{place}-")
        self._conflicts[number] = merged.conflicts
        if not merged.edited:
            self._untouched.add(number)
        self.followed += merged.followed
        return merged.seen

    def _is_kept_though_gone(self, posted, seen) -> bool:
        if _is_deleted(posted):
            return False
        return concurrency.is_touched(self._merged_fields, seen, MultiValueDict(posted))

    def _add_row(self, number, posted) -> int:
        """How many rows that made: none where the editor leaves a deleted one deleted."""
        place = f"{self.prefix}-{number}"
        if GONE in posted:
            choice = concurrency.chosen(MultiValueDict(posted), CHOICE, GONE)
            if choice == THEIRS:
                return 0
            if choice is None:
                self._conflicts[number] = {"": Conflict(None, GONE)}
            else:
                posted.pop(GONE)
        self._write(place, posted)
        return 1

    def _write(self, place, posted):
        for name, texts in posted.items():
            self.data.setlist(f"{place}-{name}", texts)


def _is_deleted(posted) -> bool:
    return forms.CheckboxInput().value_from_datadict(
        MultiValueDict(posted), {}, DELETION_FIELD_NAME
    )


class MergingFormSet(MergesRows, forms.BaseInlineFormSet):
    pass
