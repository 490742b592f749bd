"""The form that names the receiver of a token."""

from __future__ import annotations

from typing import Any

from django import forms

from nft.core.evm.ens import MAX_NAME_CHARACTERS


class TransferForm(forms.Form):
    to = forms.CharField(
        label="To whom?",
        max_length=MAX_NAME_CHARACTERS,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, reads_names: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = " an ENS name," if reads_names else ""
        self.fields["to"].help_text = (
            f"An address (0x and 40 characters: copy it, never type it),{name} or the handle of somebody here who "
            "shows an account. You see the whole address before your wallet is asked."
        )
