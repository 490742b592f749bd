"""What must work before the site starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

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
        from nft.core.signatures import recover_address

        is_right = recover_address(_TEXT, _SIGNATURE) == _SIGNER
    except Exception as error:  # noqa: BLE001  # whatever a broken library raises
        return [_error(f"Signatures can't be checked: {error}")]
    return [] if is_right else [_error("A known signature was recovered to another address than its signer's.")]


@register()
def check_indexers(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """An adapter that is not there would only be missed when somebody first asks for it."""
    found: list[CheckMessage] = []
    for entry in settings.NFT_INDEXERS:
        try:
            import_string(entry["adapter"])
        except ImportError as error:
            hint = "It is the dotted path of a class such as nft.clients.indexers.Alchemy."
            found.append(Error(f"NFT_INDEXERS names an adapter that can't be used: {error}", hint=hint, id="nft.E002"))
    return found


def _error(message: str) -> CheckMessage:
    return Error(message, hint="Reinstall coincurve for this platform.", id="nft.E001")
