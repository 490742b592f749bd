"""Tags and filters of the site's pages: labels of allauth's forms, names of browsers, and next steps for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django import template
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import Exists
from django.forms import BoundField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from profiles.models import Profile
from profiles.serving.showing import ShownPicture
from users.devices import device_name
from users.proof import step_of

if TYPE_CHECKING:
    from nft.accounts.public import PublicAccount


register = template.Library()
register.filter(device_name)

# allauth's labels in this site's spelling. Our field template adds "(optional)".
_OUR_LABELS = {
    "Email": "E-mail",
    "Email (optional)": "E-mail",
    "Login": "Username or e-mail",
    "Current Password": "Current password",
    "New Password": "New password",
    "New Password (again)": "New password, once more",
    "Password (again)": "Password, once more",
    "Authenticator code": "Code from the app",
    "Passwordless": "Sign in with it alone",
}


@register.filter
def our_label(label: object) -> str:
    return _OUR_LABELS.get(str(label), str(label))


@register.filter
def control(field: BoundField) -> SafeString:
    """Render the widget without a placeholder, which would only repeat the label."""
    return field.as_widget(attrs={"placeholder": False})


@register.simple_tag
def max_picture_bytes() -> int:
    limit: int = settings.AVATAR_MAX_BYTES
    return limit


@register.simple_tag(takes_context=True)
def wanted_step(context: Mapping[str, HttpRequest]) -> str:
    """Return what a person is about to do on pages that ask for a proof first; "" if that is not known."""
    return step_of(context["request"].GET.get("next", "") or context["request"].POST.get("next", ""))


@register.simple_tag
def public_accounts(profile: Profile) -> list[PublicAccount]:
    """Return the accounts that this person shows, with their ENS names."""
    if not apps.is_installed("nft"):
        return []
    from nft.accounts import public

    return public.public_accounts(profile.user_id, timezone.now())


@register.simple_tag
def next_steps(profile: Profile, shown: ShownPicture) -> list[str]:
    """Return the keys of what this person has not done yet, most useful first (see components/home_mine.html)."""
    user = profile.user
    steps = [
        ("upload", shown.avatar is None),
        ("recover", bool(user.email == "" and user.has_usable_password())),
        *(_token_steps(user) if apps.is_installed("nft") else []),
        ("profile", not (profile.display_name and profile.bio)),
        ("describe", shown.avatar is not None and not shown.avatar.alt_text),
        ("elsewhere", shown.avatar is not None),
    ]
    return [key for key, is_open in steps if is_open]


def _token_steps(user: User) -> list[tuple[str, bool]]:
    questions = [
        user.linked_accounts.all(),
        user.token_claims.filter(state="owned"),
        user.mint_requests.filter(state="awaiting_signature"),
        user.mint_requests.all(),
    ]
    answers = get_user_model().objects.filter(pk=user.pk).values_list(*map(Exists, questions)).get()  # all in one query
    has_account, has_token, has_unsigned, has_minted = answers
    return [
        ("sign-mint", has_unsigned),
        ("link", not has_account),
        ("token", has_account and not has_token),
        ("mint", has_account and not has_minted),
    ]
