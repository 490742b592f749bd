"""The form that names the ENS name which is to show a token."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from nft.core.evm.ens import MAX_NAME_CHARACTERS


class EnsAvatarForm(forms.Form):
    name = forms.CharField(
        label=_("Your ENS name"),
        max_length=MAX_NAME_CHARACTERS,
        help_text=_("Such as alice.eth. Apps that read ENS then show this NFT as your picture."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
