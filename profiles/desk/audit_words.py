"""Audit entries as sentences. Each app registers its words by `profiles.desk.parts.register`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from profiles.desk.parts import AuditWords, get_audit_words
from profiles.models import AuditEntry

#: What is written for a fact that an entry has not.
UNKNOWN = "…"

#: Of this app's entries, and of those that any app's pages write.
WORDS: Mapping[str, AuditWords] = {
    "avatar.set": _("Set a new picture."),
    "avatar.import": _("The site’s operator imported a picture of theirs."),
    "avatar.choose": _("Chose an earlier picture."),
    "avatar.remove": _("Removed a picture of their own."),
    "avatar.restore": _("Brought a picture back that they had removed."),
    "avatar.alt": _("Changed what a picture is described as."),
    "avatar.hide": _("Hid a picture: %(reason)s"),
    "avatar.moderate": _("Removed a picture: %(reason)s"),
    "avatar.put_back": _("Put a removed picture back: %(reason)s"),
    "avatar.withdraw": _("A picture lost its mark: %(reason)s"),
    "avatar.reinstate": _("The right to show a picture is back."),
    "avatar.grace_over": _("A lost picture gave way to the one before it."),
    "avatar.erase": _("A removed picture was erased."),
    "avatar.lost": _("The object store has lost a picture; the one before it is shown."),
    "profile.update": _("Changed their profile: %(fields)s."),
    "profile.on_loss": _("Changed what is shown when the right to a picture is lost."),
    "profile.found_by_email": _("Changed whether they are found by e-mail."),
    "profile.notices": _("Changed which notices they get."),
    "data.export": _("Asked for a file of their data."),
    "account.delete": _("Asked to be deleted, due %(due_at)s."),
    "account.keep": _("Took back that they want to be deleted."),
    "token.create": _("Made the API token “%(name)s”."),
    "token.revoke": _("Revoked the API token “%(name)s”."),
    "webhook.create": _("Added a webhook to %(host)s."),
    "webhook.events": _("Chose what the webhook to %(host)s gets: %(events)s."),
    "webhook.address": _("Changed the address of a webhook from %(former)s to %(host)s."),
    "webhook.rotate": _("Made a new secret for the webhook to %(host)s."),
    "webhook.pause": _("Paused the webhook to %(host)s."),
    "webhook.resume": _("Resumed the webhook to %(host)s."),
    "webhook.stop": _("Stopped the webhook to %(host)s: %(reason)s"),
    "webhook.delete": _("Deleted the webhook to %(host)s."),
    "person.lock": _("Locked this person: %(reason)s"),
    "person.unlock": _("Unlocked this person: %(reason)s"),
    "person.change": _("Changed the user’s %(changed)s: %(reason)s"),
    "group.change": _("Changed the group %(of)s (%(changed)s): %(reason)s"),
    "job.retry": _("Had “%(what)s” tried again: %(reason)s"),
    "note.add": _("Wrote a note for other staff."),
}


def sentence_of(entry: AuditEntry) -> str:
    """Return what an entry says. One whose action nobody registered says the action itself, and its reason."""
    words = get_audit_words().get(entry.action)
    if callable(words):
        return str(words(entry))
    if words is None:
        reason = entry.detail.get("reason", "")
        return f"{entry.action}: {reason}" if reason else entry.action
    return str(words) % _facts(entry)


def describe_action(action: str) -> str:
    """Return what entries of this action say, without their facts: for a list of all actions."""
    words = get_audit_words()[action]
    if callable(words):
        return action
    return str(words) % defaultdict(lambda: UNKNOWN)


def _facts(entry: AuditEntry) -> Mapping[str, str]:
    facts: dict[str, str] = defaultdict(lambda: UNKNOWN)
    for name, value in entry.detail.items():
        facts[name] = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return facts
