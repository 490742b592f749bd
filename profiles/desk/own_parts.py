"""Register what this app shows on the desk, and what its roles may do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from profiles.desk import parts
from profiles.desk.audit_words import WORDS
from profiles.desk.own_actions import PERSON_ACTIONS, PICTURE_ACTIONS
from profiles.desk.own_attention import FIGURES, SOURCES
from profiles.desk.own_finders import find_people, find_pictures, find_webhooks
from profiles.desk.own_sections import PERSON_SECTIONS, PICTURE_SECTIONS
from profiles.desk.roles import Role, give

FINDERS = (
    parts.SearchFinder("people", find_people, "profiles.view_profile", _("a handle (also a former one), or a name")),
    parts.SearchFinder("pictures", find_pictures, "profiles.view_avatar", _("the id of a picture, or a sha256")),
    parts.SearchFinder("webhooks", find_webhooks, "profiles.view_webhookdelivery"),
)


def register() -> None:
    parts.register(
        attention=SOURCES,
        figures=FIGURES,
        finders=FINDERS,
        person_sections=PERSON_SECTIONS,
        picture_sections=PICTURE_SECTIONS,
        person_actions=PERSON_ACTIONS,
        picture_actions=PICTURE_ACTIONS,
        audit_words=WORDS,
    )
    give(Role.MODERATE, "profiles.change_avatar", "profiles.see_removed_avatar", "profiles.lock_profile")
    give(Role.MODERATE, "profiles.secure_profile", "profiles.add_staffnote")
    give(Role.OPERATE, "profiles.retry_jobs", "profiles.add_staffnote")
    give(Role.OPERATE, "profiles.add_webhookendpoint", "profiles.change_webhookendpoint")
