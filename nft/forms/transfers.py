"""To whom a token goes."""

from __future__ import annotations

from django import forms


class TransferForm(forms.Form):
    to = forms.CharField(
        label="To which address?",
        max_length=42,
        help_text="0x and 40 characters. Copy it, never type it.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
