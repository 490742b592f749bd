"""What must work before the site starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.module_loading import import_string

from nft.clients.evm.signers import KeySigner
from nft.core.evm.address import to_checksum

# https://eips.ethereum.org/EIPS/eip-2098, the first test case
_TEXT = "Hello World"
_SIGNATURE = bytes.fromhex(
    "68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90"
    "7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064"
)
_SIGNER = bytes.fromhex("2e988a386a799f506693793c6a5af6b54dfaabfb")


@register()
def check_recovery(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """The native secp256k1 library must be there and right: nothing slower stands in for it, and a wrong one would let
    the wrong people in."""
    try:
        from nft.core.evm.signatures import recover_address

        is_right = recover_address(_TEXT, _SIGNATURE) == _SIGNER
    except Exception as error:  # noqa: BLE001  # whatever a broken library raises
        return [_error(f"Signatures can't be checked: {error}")]
    return [] if is_right else [_error("A known signature was recovered to another address than its signer's.")]


#: Of the phrase "test test … junk", which every local chain unlocks and every thief watches.
KNOWN_TO_ALL = {
    "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
    "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
    "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
    "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
    "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
    "0x976EA74026E726554dB657fA54763abd0C3a0aa9",
    "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955",
    "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f",
    "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
}


@register()
def check_sponsoring(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Whoever pays for strangers needs a key of its own, on a chain we read, and one way of signing."""
    if settings.NFT_SPONSOR_SIGNER and settings.NFT_SPONSOR_KEYS and not settings.LOCAL_STACK:
        return [_sponsor_error("Both NFT_SPONSOR_KEY and NFT_SPONSOR_SIGNER are set.", "Keep the one that shall sign.")]
    return [message for chain_id in settings.NFT_SPONSOR_CHAINS for message in _check_sponsored_chain(chain_id)]


def _check_sponsored_chain(chain_id: int) -> list[CheckMessage]:
    chain = settings.NFT_CHAINS.get(chain_id)
    if chain is None:
        return [_sponsor_error(f"NFT_SPONSOR_CHAINS names chain {chain_id}.", "Name chains of NFT_CHAINS only.")]
    found: list[CheckMessage] = []
    if not chain.get("avatar_contract") and not settings.LOCAL_STACK:
        found.append(
            Warning(
                f"The site shall pay for tokens on chain {chain_id}, where it has no contract.",
                hint="Give the chain an avatar_contract in NFT_CHAINS; manage.py deploy_contract makes one.",
                id="nft.W002",
            )
        )
    return found if settings.NFT_SPONSOR_SIGNER else [*found, *_check_key(chain_id)]


def _check_key(chain_id: int) -> list[CheckMessage]:
    key = settings.NFT_SPONSOR_KEYS.get(chain_id)
    if not key:
        hint = "Set NFT_SPONSOR_KEY_FILE or NFT_SPONSOR_SIGNER, or take the chain off NFT_SPONSOR_CHAINS."
        return [_sponsor_error(f"Nothing signs for the site on chain {chain_id}.", hint)]
    try:
        address = to_checksum(KeySigner(key).address)
    except ValueError:
        return [_sponsor_error(f"NFT_SPONSOR_KEY is no private key for chain {chain_id}.", "64 hexadecimal digits.")]
    if address in KNOWN_TO_ALL and not settings.LOCAL_STACK:
        hint = "Its money is gone within seconds. Make a key that nobody else has."
        return [_sponsor_error(f"The key that pays on chain {chain_id} is one that everybody knows.", hint)]
    return []


def _sponsor_error(message: str, hint: str) -> CheckMessage:
    return Error(message, hint=hint, id="nft.E002")


@register()
def check_indexers(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """An adapter that is not there would only be missed when somebody first asks for it."""
    found: list[CheckMessage] = []
    for entry in settings.NFT_INDEXERS:
        try:
            import_string(entry["adapter"])
        except ImportError as error:
            hint = "It is the dotted path of a class such as nft.clients.indexers.Alchemy."
            found.append(Error(f"NFT_INDEXERS names an adapter that can't be used: {error}", hint=hint, id="nft.E003"))
    return found


def _error(message: str) -> CheckMessage:
    return Error(message, hint="Reinstall coincurve for this platform.", id="nft.E001")
