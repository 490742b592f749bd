"""To whom a token goes, as somebody wrote it: an address, a name (ENS), or the handle of a person here."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User

from nft.core.address import to_checksum
from nft.core.ens import looks_like_name
from nft.services.doors import Doors
from nft.services.mint_errors import NamesDown, ReceiverRefused, TooManyNames
from nft.services.name_records import NameProblem, NamesUnreachable
from nft.services.names import find_address
from nft.services.provenance import describe_chain
from nft.services.verification import accounts_on
from profiles.models import Profile
from profiles.services.limits import TooMany, spend

NAMES_PER_HOUR = 60


@dataclass(frozen=True)
class Receiver:
    """`address` is what counts, and the text of an address as it was typed (its checksum is not yet checked). `name`
    and `handle` are what it was found by, else "": for people to read."""

    address: str
    name: str = ""
    handle: str = ""


def find_receiver(text: str, chain_id: int, sender: User, doors: Doors) -> Receiver:
    """Names are looked up on their chain, now. Raises ReceiverRefused, NamesDown, TooManyNames."""
    text = text.strip()
    if looks_like_name(text):
        return _by_name(text, chain_id, sender, doors)
    if text.lower().startswith("0x"):
        return Receiver(text)
    return _by_handle(text.removeprefix("@").lower(), chain_id)


def _by_name(text: str, chain_id: int, sender: User, doors: Doors) -> Receiver:
    try:
        spend("names", sender.pk, NAMES_PER_HOUR)
        found = find_address(text, chain_id, doors)
    except TooMany as error:
        raise TooManyNames(error.sentence) from error
    except NamesUnreachable as error:
        raise NamesDown(error.sentence) from error
    except NameProblem as error:
        raise ReceiverRefused(error.sentence) from error
    return Receiver(to_checksum(found.address), name=found.name)


def _by_handle(handle: str, chain_id: int) -> Receiver:
    """The public account they linked first, of those that exist on the chain. Whoever hides theirs is not told apart
    from whoever has none."""
    profile = Profile.objects.filter(handle=handle).first()
    account = accounts_on(profile.user_id, chain_id).filter(is_public=True).first() if profile else None
    if account is None:
        chain_name = describe_chain(chain_id)["name"]
        raise ReceiverRefused(
            f"“{handle[:60]}” is no address, no ENS name, and nobody here with that handle shows an account on "
            f"{chain_name}. Ask them for their address."
        )
    return Receiver(to_checksum(account.address), handle=handle)
