"""What pages and mails say of notices about sign-ins and the ways to sign in."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from profiles.models import Notice, Profile
from profiles.notices.kinds import KindWords
from profiles.page_parts import Action
from profiles.sentences import gettext_noop
from users.devices import shown_device

Kind = Notice.Kind


def where(notice: Notice) -> str:
    """Return the device and the network from which it was done, or what the notice itself says."""
    facts = notice.facts
    if not facts.get("device"):
        return _("Our team did this.") if facts.get("by_staff") else str(notice.sentence)
    return _("With %(device)s, from %(ip)s.") % {"device": shown_device(facts["device"]), "ip": facts.get("ip", "")}


def sign_in_answers(notices: Sequence[Notice], profile: Profile) -> dict[UUID, Action]:
    url = reverse("usersessions_list")
    return {notice.pk: Action(_("Your devices"), url, style="small") for notice in notices}


KINDS = {
    Kind.SIGN_IN: KindWords(
        gettext_noop("You sign in on a new device"), templates="users/mail", text=where, answers=sign_in_answers
    ),
    Kind.ACCOUNT: KindWords(
        gettext_noop("A wallet, e-mail address, password or passkey changes"), templates="users/mail", text=where
    ),
}
