"""The form that names a token to show."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from nft.core.tokens.paste import MAX_PASTED_CHARACTERS
from nft.settings.chains import chains, default_chain_id


class ClaimForm(forms.Form):
    """A pasted reference, and the chain of a bare contract and id: every other reference names its own."""

    reference = forms.CharField(
        label=_lazy("Which NFT?"),
        max_length=MAX_PASTED_CHARACTERS,
        help_text=_lazy("The address of its page on a marketplace, or the contract and the number."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    chain_id = forms.TypedChoiceField(label=_lazy("On which chain?"), coerce=int, required=False, empty_value=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(chain.id, chain.name) for chain in chains().values()]
        field = self.fields["chain_id"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  # tells the type checker
        field.choices = choices
        field.initial = default_chain_id()
        if len(choices) == 1:
            field.widget = forms.HiddenInput()
