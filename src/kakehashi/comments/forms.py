"""Reading what was typed. Whether it may be posted, the actions decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict


class TypedField(forms.CharField):
    """The text exactly as typed, whatever signs are in it, so that it can always be given back."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, strip=False, **kwargs)
        self.validators.clear()


class CommentForm(forms.Form):
    """`text`, and the ids of the comments answered and quoted; None where there is none or no sensible one."""

    text = TypedField()
    parent = forms.IntegerField(required=False, min_value=1)
    quote = forms.IntegerField(required=False, min_value=1)

    @classmethod
    def read(cls, data: QueryDict) -> CommentForm:
        form = cls(data)
        form.is_valid()
        return form

    @property
    def typed(self) -> str:
        return str(self.cleaned_data.get("text", ""))

    @property
    def parent_id(self) -> int | None:
        return self.cleaned_data.get("parent")

    @property
    def quote_id(self) -> int | None:
        return self.cleaned_data.get("quote")

    @property
    def names_nothing(self) -> bool:
        """A comment to answer or quote was sent that cannot be one."""
        return bool({"parent", "quote"} & set(self.errors))
