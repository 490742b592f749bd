"""Register what this app shows on the desk, and what its roles may do."""

from __future__ import annotations

from profiles.desk import parts
from profiles.desk.audit_words import WORDS
from profiles.desk.own_actions import PERSON_ACTIONS, PICTURE_ACTIONS
from profiles.desk.own_attention import FIGURES, SOURCES
from profiles.desk.own_finders import find_people, find_pictures
from profiles.desk.own_sections import PERSON_SECTIONS, PICTURE_SECTIONS
from profiles.desk.roles import Role, give

FINDERS = (
    parts.SearchFinder("people", find_people, "profiles.view_profile"),
    parts.SearchFinder("pictures", find_pictures, "profiles.view_avatar"),
)


def register() -> None:
    for source in SOURCES:
        parts.register_attention(source)
    for figure in FIGURES:
        parts.register_figure(figure)
    for finder in FINDERS:
        parts.register_finder(finder)
    for person_section in PERSON_SECTIONS:
        parts.register_person_section(person_section)
    for picture_section in PICTURE_SECTIONS:
        parts.register_picture_section(picture_section)
    for person_action in PERSON_ACTIONS:
        parts.register_person_action(person_action)
    for picture_action in PICTURE_ACTIONS:
        parts.register_picture_action(picture_action)
    parts.register_audit_words(WORDS)
    give(Role.MODERATE, "profiles.change_avatar", "profiles.see_removed_avatar", "profiles.lock_profile")
    give(Role.MODERATE, "profiles.secure_profile", "profiles.add_staffnote")
    give(Role.OPERATE, "profiles.retry_jobs", "profiles.add_staffnote")
