"""Decide what the page that proves a picture says."""

from __future__ import annotations

from dataclasses import dataclass

from nft.claims.proofs import Fixity, Proof, Source
from profiles.page_parts import Pill
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop
from profiles.serving.showing import ShownPicture

PILLS = {
    Fixity.FIXED: Pill(gettext_noop("Fixed by its CID"), "good"),
    Fixity.INLINE: Pill(gettext_noop("Written in the token"), "good"),
    Fixity.MUTABLE: Pill(gettext_noop("May change: read from a place its owner controls"), "wait"),
}


@dataclass(frozen=True)
class Unproved:
    """What is said of a picture that no token names, or of none."""

    headline: str
    text: str


def unproved(name: str, shown: ShownPicture) -> Unproved:
    """Return what is said of the picture of the person called `name`."""
    if shown.avatar is None:
        return Unproved(
            _("There is no picture to prove"),
            _("%(name)s shows none at the moment; what you see is drawn from the name.", name=name),
        )
    text = _(
        "%(name)s chose it; nothing on a chain or on IPFS names it. So it has no CID, and "
        "there is nothing to check it against.",
        name=name,
    )
    return Unproved(_("This picture is an upload"), text)


def source_pill(source: Source) -> Pill:
    return PILLS[source.fixity]


def unhashable(proof: Proof) -> str:
    """Return why no file of the proof can be hashed on the page."""
    picture = proof.picture
    if picture.fixity == Fixity.INLINE:
        return _(
            "The picture is written in the token itself, so no file has to be fetched and proved: the answer to the "
            "question above holds its bytes, and their SHA-256 must be the one above."
        )
    if picture.fixity == Fixity.MUTABLE:
        return _(
            "The picture was read from a web address. There is no CID to hash against; all we can offer is the SHA-256 "
            "of what we saw."
        )
    return _("We no longer keep the blocks of this file. Any IPFS gateway that has it can send them:")
