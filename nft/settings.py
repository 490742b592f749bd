"""What a picture's receipt says: which token, held at which block, and how its bytes are proved.

The dict is stored with the picture; only the holder's address is added when it is shown, and only while they let it be.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings


def describe_chain(chain_id: int) -> dict[str, Any]:
    """The chain's settings, or a name made of its number where it is no longer configured."""
    chain: dict[str, Any] = settings.NFT_CHAINS.get(chain_id, {"name": f"Chain {chain_id}", "explorer_url": ""})
    return chain
