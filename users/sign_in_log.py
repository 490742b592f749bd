"""Record what happens to a person's ways in, notify them by mail, and list it beside their sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module

from allauth.account.authentication import get_authentication_records
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.models import User
from django.contrib.messages.storage import default_storage
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from profiles.audit import record
from profiles.jobs import job
from profiles.models import AuditEntry, Profile
from profiles.people.profiles import profile_of
from profiles.walks import walk
from users.allauth_internals import record_authentication
from users.devices import device_name, shown_device
from users.mails import language_of
from users.security_notices import SIGN_IN, record_change, record_new_device

SHOWN = 12
KEPT = timedelta(days=180)
# Entries that one step of the walk reads.
PAGE = 500
MOVED_AWAY = _(
    "A wallet account was moved from your profile to another one, by a signature of that account. The pictures of its "
    "tokens went with it. Was it not you? Then somebody else has its key."
)
MOVED_AWAY_NAMED = _(
    "The wallet account “%(label)s” was moved from your profile to another one, by a signature of that account. The "
    "pictures of its tokens went with it. Was it not you? Then somebody else has its key."
)
WORDS = {
    SIGN_IN: _("Signed in"),
    "account.link": _("A wallet account was linked"),
    "account.unlink": _("A wallet account was unlinked"),
    "account.move": _("A wallet account was moved to another profile"),
    "session.end": _("A session was ended, as the contract of its account no longer vouched for it"),
    "token.create": _("An API token was made"),
    "token.revoke": _("An API token was revoked"),
}
METHODS = {"wallet": _("with a wallet"), "password": _("with a password"), "passkey": _("with a passkey")}


@dataclass(frozen=True)
class AccessEvent:
    """An entry of the list. `how` is, for example, "with a wallet, Firefox on Linux"."""

    at: datetime
    what: str
    how: str


def record_password(sender: object, request: HttpRequest, user: User, **_: object) -> None:
    """Receive `user_signed_up`: allauth records how people sign in, but not how they signed up."""
    if user.has_usable_password():
        record_authentication(request, user, method="password")


def record_sign_in(sender: object, request: HttpRequest, user: User, **_: object) -> None:
    """Receive allauth's `user_logged_in`. The entry holds neither an account's nor a network's address.

    The language of the page at the first sign-in becomes that of the person, and so of their mails.
    """
    device = device_name(request.META.get("HTTP_USER_AGENT", ""))
    is_loaded = user._meta.get_field("avatar_profile").is_cached(user)  # noqa: SLF001 - as by a sign-in with a wallet
    profile: Profile = user.avatar_profile if is_loaded else profile_of(user)
    if record_new_device(profile, request) and not profile.language:
        Profile.objects.filter(pk=profile.pk).update(language=get_language() or "")
    record(profile, SIGN_IN, user, method=method_of(request.session, user), device=device)


def method_of(session: SessionBase | dict[str, object], user: User) -> str:
    """Return how the session began: a key of METHODS, "" if it does not say."""
    request = HttpRequest()
    request.session = session  # type: ignore[assignment]  # only read, by `get`
    firsts = [_first_factor(each) for each in get_authentication_records(request, user)]
    return next((method for method in firsts if method), "")


def has_second_factor(request: HttpRequest) -> bool:
    """Tell whether a code or a key was given as a second step in this session."""
    return any(each.get("method") == "mfa" for each in get_authentication_records(request, request.user))


def notify_account_change(
    sender: object, user: User, action: str, label: str, actor_id: int | None, **_: object
) -> None:
    """Receive `nft.signals.account_changing`: record a notice in the same transaction, except of a new person's."""
    if user.last_login is None and action == "link":
        return
    is_own_doing = actor_id == user.pk
    facts = {"label": label} | ({} if is_own_doing or action == "move" else {"by_staff": "yes"})
    record_change(user, f"account/email/wallet_{action}", facts, is_own_doing=is_own_doing)


def tell_of_move(sender: object, user_id: int, action: str, label: str, **_: object) -> None:
    """Receive `nft.signals.account_changed`: after a move, show a message in each session of the person."""
    if action == "move":
        user = get_user_model().objects.get(pk=user_id)
        with override(language_of(profile_of(user))):
            sentence = MOVED_AWAY_NAMED % {"label": label} if label else str(MOVED_AWAY)
        add_message_everywhere(user, sentence)


def add_message_everywhere(user: User, sentence: str) -> None:
    """Show a sentence on the next page in each of a person's sessions."""
    engine = import_module(settings.SESSION_ENGINE)
    for session_key in UserSession.objects.filter(user=user).values_list("session_key", flat=True):
        request = HttpRequest()
        request.session = engine.SessionStore(session_key)
        if request.session.get(SESSION_KEY) == str(user.pk):
            storage = default_storage(request)
            storage.add(messages.WARNING, sentence)
            storage.update(HttpResponse())
            request.session.save()


def get_recent_events(user: User) -> list[AccessEvent]:
    """Return the last SHOWN events of this person's ways in, newest first."""
    entries = AuditEntry.objects.filter(profile__user=user, action__in=WORDS)[:SHOWN]
    return [AccessEvent(entry.at, str(WORDS[entry.action]), _how(entry)) for entry in entries]


@job(every=timedelta(minutes=10))
def forget_old(now: datetime, *, seconds: float = 0.05) -> None:
    """Delete entries of sign-ins KEPT ago, in a walk from the oldest entry to the first that is younger."""
    walk("old-sign-ins", partial(_forget_page, now - KEPT), seconds=seconds)


def _forget_page(before: datetime, after: int | None) -> int | None:
    rows = AuditEntry.objects.filter(pk__gt=after or 0).order_by("pk")
    page = list(rows.values_list("pk", "at")[:PAGE])
    old = [pk for pk, at in page if at < before]
    AuditEntry.objects.filter(pk__in=old, action=SIGN_IN).delete()
    return old[-1] if len(old) == PAGE else None


def _first_factor(proof: dict[str, object]) -> str:
    if proof.get("method") == "mfa":
        return "passkey" if proof.get("passwordless") else ""
    return str(proof.get("method", ""))


def _how(entry: AuditEntry) -> str:
    if entry.action != SIGN_IN:
        return str(entry.detail.get("name", ""))
    method = METHODS.get(str(entry.detail.get("method", "")), "")
    parts = [str(method), shown_device(str(entry.detail.get("device", "")))]
    return ", ".join(part for part in parts if part)
