"""The templates of a notice and what they know: pages and mails say the same."""

from __future__ import annotations

from django.utils.functional import lazy

from profiles.models import Notice
from users.devices import shown_device

#: The key of a notice's facts that names its templates where the kind alone does not.
TEMPLATE = "template"

# In the language of who reads it, which is known only when a page or mail is made.
_shown_later = lazy(shown_device, str)


def template_of(notice: Notice) -> str:
    return notice.facts.get(TEMPLATE) or f"mail/{notice.kind}"


def facts_of(notice: Notice) -> dict[str, object]:
    facts = {"name": "", **notice.facts, "subject": notice.subject, "sentence": notice.sentence, "at": notice.at}
    if device := notice.facts.get("device"):
        facts["device"] = _shown_later(device)
    return facts
