"""Why a token can't be sent: kinds that only transfers raise. `nft.errors` has those shared with minting."""

from __future__ import annotations

from profiles.errors import Kind

RECEIVER_REFUSED = Kind("receiver-refused", "This can't be done")
NAMES_UNAVAILABLE = Kind("names-unavailable", "This can't be done", 503, permanent=False)
CHAIN_UNAVAILABLE = Kind("chain-unavailable", "This can't be done", 503, permanent=False)
