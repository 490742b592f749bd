"""Register what this app shows on the desk, and what the roles of staff may do here."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from nft.app_labels import NFT
from nft.desk.actions import PERSON_ACTIONS, PICTURE_ACTIONS
from nft.desk.attention import FIGURES, SOURCES
from nft.desk.finders import FINDERS
from nft.desk.sections import PERSON_SECTIONS, PICTURE_SECTIONS
from profiles.app_labels import PROFILES
from profiles.desk import parts
from profiles.desk.roles import Role, give

WORDS: Mapping[str, parts.AuditWords] = {
    "claim.create": _("Asked to show an NFT."),
    "claim.recheck": _("Had an NFT checked again: %(reason)s"),
    "claim.refetch": _("Had the picture of an NFT fetched again: %(reason)s"),
    "claim.remove": _("Took an NFT off their list."),
    "claim.expire": _("An NFT that was never theirs was taken off their list."),
    "claim.keep_picture": _("Kept the old picture of an NFT."),
    "claim.transfer": _("Sent an NFT: transaction %(tx_hash)s."),
    "collection.decide": _("Decided about the collection %(contract)s on chain %(chain)s (%(standing)s): %(reason)s"),
    "mint.start": _("Began a mint."),
    "mint.publish": _("Published a mint."),
    "mint.sent": _("Sent a mint: transaction %(tx_hash)s."),
    "mint.cancel": _("Canceled a mint."),
    "account.link": _("Linked a wallet."),
    "account.unlink": _("Unlinked a wallet."),
    "account.move": _("A wallet moved to another person."),
    "account.remove": _("Unlinked a wallet of theirs: %(reason)s"),
    "account.find": _("Looked for the person of a hidden wallet, by its address."),
    "session.end": _("A session ended, as the contract of its wallet no longer vouched for it."),
}


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
    give(Role.MODERATE, f"{NFT}.add_collection", f"{NFT}.delete_linkedaccount", f"{PROFILES}.retry_jobs")
