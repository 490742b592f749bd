"""Fetch what a resolver keeps off the chain, from the gateways it names (EIP-3668).

The URLs are a stranger's: only the guarded client opens them. The resolver checks the answer in its callback, so a
gateway can withhold a record, but not forge one.
"""

from __future__ import annotations

import json
import time

from nft.clients.transport.errors import FetchError
from nft.clients.web.fetch import FetchLimits, GuardedHttp
from nft.core.evm.abi.offchain import MAX_DATA_BYTES, OffchainLookup, fill_url
from nft.names.errors import OFF_CHAIN, NameLookupError, gateway_unavailable
from profiles.sentences import gettext as _
from profiles.text import parse_json

#: Twice the bytes for their digits, and some for the JSON around them.
MAX_ANSWER_BYTES = 2 * MAX_DATA_BYTES + 4096
SECONDS = 5.0


def fetch_offchain(lookup: OffchainLookup, http: GuardedHttp, ends_at: float) -> bytes:
    """Return the answer of the first gateway that has one. Raise NameLookupError.

    A gateway that refuses (status 400 to 499) ends it, as the EIP wants. After any other failure the next is asked.
    `ends_at` is a time.monotonic().
    """
    outages = 0
    for template in lookup.urls:
        seconds = min(SECONDS, ends_at - time.monotonic())
        if seconds <= 0:
            raise gateway_unavailable()
        try:
            return _fetch(template, lookup, http, FetchLimits(MAX_ANSWER_BYTES, seconds, accept="application/json"))
        except FetchError as error:
            if error.permanent:
                break
            outages += 1
        except ValueError:  # it answered with something else than the EIP's JSON
            outages += 1
    if outages:
        raise gateway_unavailable()
    raise NameLookupError(
        _("The service that keeps this name's records off the chain refuses to give them."), OFF_CHAIN
    )


def _fetch(template: str, lookup: OffchainLookup, http: GuardedHttp, limits: FetchLimits) -> bytes:
    """Raise FetchError or ValueError."""
    body = None
    if "{data}" not in template:
        body = json.dumps({"sender": f"0x{lookup.sender.hex()}", "data": f"0x{lookup.call_data.hex()}"}).encode()
    answer = parse_json(http.fetch(fill_url(template, lookup), limits, posted=body).content)
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, str) or not data.startswith("0x"):
        raise ValueError("no data")
    return bytes.fromhex(data[2:])
