"""The sentences of decisions, in the language that is active: templates of reasons, and what was done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import check_for_language, gettext, override
from django.utils.translation import gettext_lazy as _

from profiles.models import Profile, Reason, ReportCase, Verdict

#: The reason that both sides read where staff write none of their own.
BECAUSE: dict[str, Promise] = {
    Reason.NUDITY: _("It shows nudity or sexual content."),
    Reason.HATE: _("It attacks people for who they are."),
    Reason.VIOLENCE: _("It shows or calls for violence."),
    Reason.IMPERSONATION: _("It pretends to be somebody else."),
    Reason.COPYRIGHT: _("It shows somebody’s work without their permission."),
    Reason.SPAM: _("It is spam, or meant to mislead people."),
    Reason.OTHER: _("It is against the terms of this site."),
}
NOTHING_FOUND = _("We found nothing against the terms of this site.")
#: What the reporter reads.
DONE: dict[str, Promise] = {
    Verdict.KEEP: _("We looked at it and left it as it is."),
    Verdict.WARN: _("We warned the person."),
    Verdict.REMOVE: _("We removed the picture."),
    Verdict.HIDE: _("We hid the page."),
    Verdict.LOCK: _("We locked the account."),
    Verdict.BLOCK: _("We removed the picture. It can’t come back here."),
}
UPHELD = _("Somebody else of our team looked at it again. The decision stays.")
REVERTED = _("Somebody else of our team looked at it again. The decision was taken back.")


def reason_of(case: ReportCase) -> str:
    """Return the reason of the decision: staff's own words, else the template."""
    if case.words:
        return case.words
    return str(NOTHING_FOUND if case.verdict == Verdict.KEEP else BECAUSE[case.why or Reason.OTHER])


def answer_of(case: ReportCase) -> str:
    """Return what the reporter reads: what was done, and why."""
    if case.is_upheld is not None:
        return " ".join(filter(None, [str(UPHELD if case.is_upheld else REVERTED), case.appeal_answer]))
    if case.state == ReportCase.State.CLOSED:
        return gettext("What you reported is no longer there.")
    return gettext("%(done)s The reason: %(reason)s") % {"done": DONE[case.verdict], "reason": reason_of(case)}


@contextmanager
def language_of(reader: Profile | str) -> Iterator[None]:
    """Use the language of a person, or of this code, for sentences that are stored for them; else the site's."""
    code = reader if isinstance(reader, str) else reader.language
    is_known = code in dict(settings.LANGUAGES) and check_for_language(code)
    with override(code if is_known else settings.LANGUAGE_CODE):
        yield
