"""Why a token can't be sent: kinds that only transfers raise. `nft.errors` has those shared with minting."""

from __future__ import annotations

from profiles.errors import Kind
from profiles.sentences import gettext_noop

RECEIVER_REFUSED = Kind("receiver-refused", gettext_noop("This receiver is refused"))
NAMES_UNAVAILABLE = Kind("names-unavailable", gettext_noop("Names can't be looked up now"), 503, permanent=False)
CHAIN_UNAVAILABLE = Kind("chain-unavailable", gettext_noop("The chain does not answer"), 503, permanent=False)
