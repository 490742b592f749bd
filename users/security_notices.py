"""Notify people of changes to how they sign in, and of sign-ins on new devices. Nobody can switch these off."""

from __future__ import annotations

from collections.abc import Mapping

from allauth.core import context
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from profiles.jobs import enqueue
from profiles.limits import address_of_request
from profiles.models import AuditEntry, Notice, Profile
from profiles.notices.recording import NewNotice, record_notice
from profiles.notices.words import TEMPLATE
from profiles.people.profiles import profile_of
from users.devices import device_name

SIGN_IN = "sign_in"
# Sign-ins that are looked through for a device.
LOOKED_AT = 50


def record_change(
    user: User, template: str, facts: Mapping[str, str], *, mail_to: str = "", is_own_doing: bool = True
) -> None:
    """Notify of a change. `template` names the texts. What the site's team did names none of their machines."""
    request: HttpRequest | None = context.request
    where = _where(request) if request is not None and is_own_doing else {}
    _record(profile_of(user), Notice.Kind.ACCOUNT, template, {**facts, **where}, mail_to)


def record_new_device(profile: Profile, request: HttpRequest) -> bool:
    """Notify of a sign-in on a device that this person did not sign in on lately, except of their first sign-in.

    Return whether it is the first. Call it before the sign-in is recorded in the audit.
    """
    signed_in = AuditEntry.objects.filter(profile=profile, action=SIGN_IN)
    known = list(signed_in.values_list("detail__device", flat=True)[:LOOKED_AT])
    where = _where(request)
    if known and where["device"] not in known:
        _record(profile, Notice.Kind.SIGN_IN, "users/mail/sign_in", where)
    return not known


def _where(request: HttpRequest) -> dict[str, str]:
    device = device_name(request.META.get("HTTP_USER_AGENT", ""))
    return {"device": device, "ip": str(address_of_request(request) or "")}


def _record(profile: Profile, kind: Notice.Kind, template: str, facts: Mapping[str, str], mail_to: str = "") -> None:
    subject = template.rpartition("/")[2]
    new = NewNotice(kind, timezone.now(), subject, facts={**facts, TEMPLATE: template}, mail_to=mail_to)
    if record_notice(profile.pk, new) is not None:
        from users.notice_mails import send_due  # here, as a web process imports no job it does not send

        enqueue(send_due)
