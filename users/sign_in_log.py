"""What happened to a person's ways in: written down, told by mail, and shown where they see their sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.signals import user_logged_in, user_signed_up
from allauth.core import context
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.messages.storage import default_storage
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse

from profiles.audit import record
from profiles.jobs import job
from profiles.models import AuditEntry
from profiles.people.people import profile_of
from users.devices import device_name

SHOWN = 12
KEPT = timedelta(days=180)
SIGN_IN = "sign_in"
MOVED_AWAY = (
    "A wallet account{label} was moved from your profile to another one, by a signature of that account. The pictures "
    "of its tokens went with it. Was it not you? Then somebody else has its key."
)
WORDS = {
    SIGN_IN: "Signed in",
    "account.link": "A wallet account was linked",
    "account.unlink": "A wallet account was unlinked",
    "account.move": "A wallet account was moved to another profile",
    "session.end": "A session was ended, as the contract of its account no longer vouched for it",
    "token.create": "An API token was made",
    "token.revoke": "An API token was revoked",
}
METHODS = {"wallet": "with a wallet", "password": "with a password", "passkey": "with a passkey"}


@dataclass(frozen=True)
class Happening:
    """`how`: such as "with a wallet, Firefox on Linux"."""

    at: datetime
    what: str
    how: str


def watch() -> None:
    user_logged_in.connect(note_sign_in, dispatch_uid="avatarsite.note_sign_in")
    user_signed_up.connect(note_password, dispatch_uid="avatarsite.note_password")
    if apps.is_installed("nft"):
        from allauth.account.signals import authentication_step_completed

        from nft.signals import account_changed
        from users.wallet_login import forget_wallet

        authentication_step_completed.connect(forget_wallet, dispatch_uid="avatarsite.forget_wallet")
        account_changed.connect(tell_of_account, dispatch_uid="avatarsite.tell_of_account")


def note_password(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Receiver of `user_signed_up`: allauth notes how people sign in, and not how they signed up."""
    if user.has_usable_password():
        record_authentication(request, user, method="password")


def note_sign_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Receiver of `user_logged_in`. No address of any kind: neither the account's nor the network's."""
    device = device_name(request.META.get("HTTP_USER_AGENT", ""))
    record(profile_of(user), SIGN_IN, user, method=method_of(request.session, user), device=device)


def method_of(session: SessionBase | dict[str, Any], user: User) -> str:
    """By what this session, or one that holds this, began: a key of METHODS, "" if it does not say."""
    request = HttpRequest()
    request.session = session  # type: ignore[assignment]  # only read, by `get`
    firsts = [_first_factor(each) for each in get_authentication_records(request, user)]
    return next((method for method in firsts if method), "")


def has_second_factor(request: HttpRequest) -> bool:
    """Whether a code or a key was asked for, and given, in this session."""
    return any(each.get("method") == "mfa" for each in get_authentication_records(request, request.user))


def tell_of_account(sender: Any, user_id: int, action: str, label: str, actor_id: int, **kwargs: Any) -> None:
    """Receiver of `nft.signals.account_changed`: a mail, and for a move a word in every browser the person has open."""
    user = User.objects.get(pk=user_id)
    named = f" (“{label}”)" if label else ""
    if action == "move":
        tell(user, MOVED_AWAY.format(label=named))
    if context.request is not None:  # in no request there is nobody to name as its sender, nor a mail to build
        facts = {"label": label, "user": user, "is_own_doing": actor_id == user_id}
        get_adapter().send_notification_mail(f"account/email/wallet_{action}", user, facts)


def tell(user: User, sentence: str) -> None:
    """Shows a sentence at the next page in each of a person's sessions."""
    for known in UserSession.objects.filter(user=user):
        request = HttpRequest()
        request.session = store_of(known)
        if request.session.get("_auth_user_id") == str(user.pk):
            storage = default_storage(request)
            storage.add(messages.WARNING, sentence)
            storage.update(HttpResponse())
            request.session.save()


def store_of(known: UserSession) -> SessionBase:
    """What is kept in this session."""
    engine = import_module(settings.SESSION_ENGINE)
    store: SessionBase = engine.SessionStore(known.session_key)
    return store


def recent(user: User) -> list[Happening]:
    """The last of what happened to this person's ways in, newest first."""
    entries = AuditEntry.objects.filter(profile__user=user, action__in=WORDS)[:SHOWN]
    return [Happening(entry.at, WORDS[entry.action], _how(entry)) for entry in entries]


@job(every=timedelta(days=1), expires=None)
def forget_old(now: datetime) -> None:
    AuditEntry.objects.filter(action=SIGN_IN, at__lt=now - KEPT).delete()


def _first_factor(proof: dict[str, Any]) -> str:
    if proof.get("method") == "mfa":
        return "passkey" if proof.get("passwordless") else ""
    return str(proof.get("method", ""))


def _how(entry: AuditEntry) -> str:
    if entry.action != SIGN_IN:
        return str(entry.detail.get("name", ""))
    parts = [METHODS.get(entry.detail.get("method", ""), ""), entry.detail.get("device", "")]
    return ", ".join(part for part in parts if part)
