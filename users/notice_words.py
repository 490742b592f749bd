"""The templates of a notice and what they know: pages and mails say the same."""

from __future__ import annotations

from django.utils.functional import lazy

from profiles.models import Notice
from profiles.sentences import Sentence, load_sentence, translate
from users.devices import shown_device

#: The key of a notice's facts that names its templates where the kind alone does not.
TEMPLATE = "template"

# In the language of who reads it, which is known only when a page or mail is made.
_shown_later, _said_later = lazy(shown_device, str), lazy(translate, str)


def template_of(notice: Notice) -> str:
    return notice.facts.get(TEMPLATE) or f"mail/{notice.kind}"


def facts_of(notice: Notice) -> dict[str, object]:
    facts: dict[str, object] = {name: _later(load_sentence(text)) for name, text in notice.facts.items()}
    facts |= {"sentence": _later(notice.sentence), "subject": notice.subject, "at": notice.at}
    if device := notice.facts.get("device"):
        facts["device"] = _shown_later(device)
    return {"name": "", **facts}


def _later(text: str) -> str:
    return _said_later(text) if isinstance(text, Sentence) else text
