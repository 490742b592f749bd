"""The templates of a notice and what they know: pages and mails say the same."""

from __future__ import annotations

from profiles.models import Notice
from profiles.sentences import load_sentence, translate

#: The key of a notice's facts that names its templates where the kind alone does not.
TEMPLATE = "template"


def template_of(notice: Notice) -> str:
    return notice.facts.get(TEMPLATE) or f"mail/{notice.kind}"


def facts_of(notice: Notice) -> dict[str, object]:
    """Return them in the language of now, which a mail's person may have chosen since the notice was read."""
    facts = {name: load_sentence(text) for name, text in notice.facts.items()}
    return {"name": "", **facts, "subject": notice.subject, "sentence": translate(notice.sentence), "at": notice.at}
