"""What a person says of a new token. The form reads; the service decides."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms

from profiles.services.api_tokens import Scope, TokenWish

_SCOPES = {
    Scope.READ: "See my picture and its history",
    Scope.WRITE: "Set, choose and describe my picture",
    Scope.DELETE: "Remove pictures",
}
_DAYS = {"30": "30 days", "90": "90 days", "365": "A year", "": "Until I revoke it"}


class TokenForm(forms.Form):
    name = forms.CharField(max_length=60, help_text="To tell it apart from others, such as “Backup script”.")
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[(scope.value, words) for scope, words in _SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ.value],
        error_messages={"required": "Choose at least one thing that it may do."},
    )
    days = forms.ChoiceField(label="It works for", choices=list(_DAYS.items()), required=False, initial="90")

    def wish(self, now: datetime) -> TokenWish:
        """Of a valid form."""
        days = self.cleaned_data["days"]
        scopes = frozenset(map(Scope, self.cleaned_data["scopes"]))
        return TokenWish(self.cleaned_data["name"], scopes, now + timedelta(days=int(days)) if days else None)


def words_of(scopes: frozenset[Scope]) -> list[str]:
    return [words for scope, words in _SCOPES.items() if scope in scopes]
