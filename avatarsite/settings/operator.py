"""Who runs the site: what only its operator can say on the pages about privacy, terms and contact."""

from __future__ import annotations

from dataclasses import dataclass

from avatarsite.settings import env


@dataclass(frozen=True)
class Operator:
    """All are shown as they are written; an empty one is left out.

    `law`: whose law the terms are under. `privacy_text`, `terms_text`: paragraphs of the operator's own, parted by
    empty lines. `source_url`, `status_url`: where the source and the state of this site are.
    """

    name: str = ""
    address: str = ""
    email: str = ""
    law: str = ""
    privacy_text: str = ""
    terms_text: str = ""
    source_url: str = ""
    status_url: str = ""

    @property
    def is_named(self) -> bool:
        """Whether people can tell who has their data, and reach them."""
        return bool(self.name and self.address and self.email)


OPERATOR = Operator(
    name=env.text("OPERATOR_NAME", ""),
    address=env.text("OPERATOR_ADDRESS", ""),
    email=env.text("OPERATOR_EMAIL", ""),
    law=env.text("OPERATOR_LAW", ""),
    privacy_text=env.text("PRIVACY_TEXT", ""),
    terms_text=env.text("TERMS_TEXT", ""),
    source_url=env.text("SOURCE_URL", ""),
    status_url=env.text("STATUS_URL", ""),
)
