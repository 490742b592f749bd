"""What the staff's desk (`profiles.desk`) shows of people's ways in, and lets staff do. Nobody can sign in as others.

Staff end sessions and remove a lost second factor. They set no password, address or second factor, which would let them
in as that person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from profiles.audit import record_as_staff
from profiles.desk import parts
from profiles.desk.own_finders import person_hit
from profiles.desk.parts import Hit, PersonAction, PersonSection, SearchFinder
from profiles.errors import ExpectedError
from profiles.models import AuditEntry, Profile
from profiles.people.profiles import profile_of
from users.devices import device_name
from users.login_methods import has_wallet
from users.security_notices import SIGN_IN, record_change
from users.sessions import SessionsAdapter, get_active_sessions
from users.sign_in_log import METHODS

SECURE = "profiles.secure_profile"
#: Sessions and addresses that the page of a person lists.
LISTED = 20
RESET = "account/email/second_factor_reset"


def find_addresses(text: str, staff: User) -> Iterator[Hit]:
    """Find people by a whole e-mail address, confirmed or not."""
    del staff
    if "@" in text.strip("@"):
        rows = EmailAddress.objects.filter(email=text.lower()).select_related("user__avatar_profile")
        yield from (person_hit(profile_of(row.user), _("e-mail address")) for row in rows[:LISTED])


def build_ways_in(profile: Profile, staff: User) -> Mapping[str, object]:
    del staff
    user = profile.user
    return {
        "username": user.get_username(),
        "has_password": user.has_usable_password(),
        "has_wallet": has_wallet(user),
        "last_login": user.last_login,
        "addresses": list(EmailAddress.objects.filter(user=user).order_by("-primary", "email")[:LISTED]),
        "factors": list(Authenticator.objects.filter(user=user).defer("data").order_by("created_at")[:LISTED]),
        "user_url": reverse("admin:auth_user_change", args=[user.pk]),
    }


def build_sessions(profile: Profile, staff: User) -> Mapping[str, object] | None:
    """Return where they are signed in. Networks are for the person alone: staff see the device and the time."""
    del staff
    active = get_active_sessions(profile.user, timezone.now())
    rows = [(device_name(each.row.user_agent), each.row.last_seen_at) for each in active[:LISTED]]
    return {"sessions": rows} if rows else None


def end_sessions(profile: Profile, staff: User, reason: str) -> str:
    with transaction.atomic():
        count = _end_all(profile.user)
        record_as_staff(profile, "session.end_all", staff, count=count, reason=reason)
    return ngettext("%(count)s session is ended.", "%(count)s sessions are ended.", count) % {"count": count}


def reset_second_factor(profile: Profile, staff: User, reason: str) -> str:
    """Remove every second factor, end all sessions, and tell the person by mail at once.

    Raise ExpectedError where they would have no way in left, and for staff unless an owner asks: with a second factor
    less, whoever has their password is in the admin.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=profile.user_id)
        factors = Authenticator.objects.filter(user=user)
        if not factors.exists():
            raise ExpectedError(_("They have no second factor."))
        if (user.is_staff or user.is_superuser) and not staff.is_superuser:
            raise ExpectedError(_("Only an owner can reset the second factor of staff."))
        if not _has_way_in(user):
            raise ExpectedError(_("They would have no way in left: no password, wallet or confirmed e-mail address."))
        kinds = sorted(factors.values_list("type", flat=True))
        factors.delete()
        count = _end_all(user)
        record_as_staff(profile, "factor.reset", staff, kinds=kinds, sessions=count, reason=reason)
        record_change(user, RESET, {"by_staff": "yes", "reason": reason}, is_own_doing=False)
    return _("Their second factor is removed, their sessions are ended, and a mail tells them.")


def _end_all(user: User) -> int:
    rows = list(UserSession.objects.filter(user=user))
    SessionsAdapter().end_sessions(rows)
    return len(rows)


def _has_way_in(user: User) -> bool:
    confirmed = EmailAddress.objects.filter(user=user, verified=True)
    return user.has_usable_password() or has_wallet(user) or confirmed.exists()


def say_sign_in(entry: AuditEntry) -> str:
    method = str(METHODS.get(str(entry.detail.get("method", "")), ""))
    device = str(entry.detail.get("device", ""))
    return _("Signed in %(how)s.") % {"how": ", ".join(filter(None, [method, device]))}


PERSON_SECTIONS = (
    PersonSection("ways-in", gettext_lazy("Ways in"), "users/desk/ways_in.html", build_ways_in, "auth.view_user", 45),
    PersonSection(
        "sessions",
        gettext_lazy("Signed in"),
        "users/desk/sessions.html",
        build_sessions,
        "auth.view_user",
        50,
    ),
)
PERSON_ACTIONS = (
    PersonAction(
        "end-sessions",
        gettext_lazy("End their sessions"),
        SECURE,
        gettext_lazy("They are signed out everywhere, and can sign in again."),
        end_sessions,
        position=20,
    ),
    PersonAction(
        "reset-second-factor",
        gettext_lazy("Reset a lost second factor"),
        SECURE,
        gettext_lazy(
            "Codes, recovery codes and passkeys are removed, and all sessions end. A mail tells them at once, with "
            "your reason. Be sure that it is really them."
        ),
        reset_second_factor,
        is_danger=True,
        position=30,
    ),
)
WORDS: Mapping[str, parts.AuditWords] = {
    SIGN_IN: say_sign_in,
    "session.end_all": gettext_lazy("Ended their %(count)s sessions: %(reason)s"),
    "factor.reset": gettext_lazy("Reset their second factor (%(kinds)s): %(reason)s"),
}


def register() -> None:
    parts.register(
        finders=[SearchFinder("addresses", find_addresses, "profiles.view_profile", gettext_lazy("an e-mail address"))],
        person_sections=PERSON_SECTIONS,
        person_actions=PERSON_ACTIONS,
        audit_words=WORDS,
    )
