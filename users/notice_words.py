"""The templates of a notice and what they know: pages and mails say the same."""

from __future__ import annotations

from profiles.models import Notice

#: The key of a notice's facts that names its templates where the kind alone does not.
TEMPLATE = "template"


def template_of(notice: Notice) -> str:
    return notice.facts.get(TEMPLATE) or f"mail/{notice.kind}"


def facts_of(notice: Notice) -> dict[str, object]:
    return {"name": "", **notice.facts, "subject": notice.subject, "sentence": notice.sentence, "at": notice.at}
