"""Sign-in: is this the text we issued, and did this account sign it? Beside bare recovery and other libraries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from eth_account import Account
from eth_account.messages import encode_defunct

from bench.harness import Contestant, Pace, contest
from bench.lanes import Lane, Peer, Place, node_peer, python_peer, site_settings
from bench.report import Goal, Table
from nft.core.sign_in import SignInRequest, build_sign_in_text

LIMIT, OURS = "coincurve recovery and two keccaks", "ours: compare with the issued text, recover"
MOST = 1.5
_NATIVE = "eth_keys.backends.NativeECCBackend"
_NOTE = (
    "Libraries parse what was posted and check domain, nonce and times; ours compares it with the bytes it stored. "
    "The goals for the whole POST (at most 1.3 times one without verification, 7 queries) were not measured here."
)


def run(place: Place) -> Iterator[Table]:
    case = place.folder / "case.json"
    _write_case(case)
    lanes: list[Contestant] = [Lane(peer, place) for peer in _peers(str(case), place.folder)]
    results = contest(lanes, Pace(0.3, 20 * place.haste))
    goal = Goal("our verification", results[OURS].times(results[LIMIT]), MOST, " times")
    yield Table("Verification of a sign-in", list(results.values()), LIMIT, "verification", [goal], [_NOTE])


def _peers(case: str, folder: Path) -> Iterator[Peer]:
    settings = site_settings(folder)
    yield python_peer(LIMIT, "sign_in", "bare", case, environment=settings)
    yield python_peer(OURS, "sign_in", "ours", case, environment=settings)
    yield python_peer("eth-account with coincurve", "sign_in", "eth_account", case, environment=settings)
    native = settings | {"ECC_BACKEND_CLASS": _NATIVE}
    yield python_peer("eth-account as pip brings it", "sign_in", "eth_account", case, environment=native)
    yield python_peer(
        "siwe (signinwithethereum) with coincurve, abnf=False", "sign_in", "siwe_regex", case, environment=settings
    )
    yield python_peer(
        "siwe (signinwithethereum) with coincurve, its default", "sign_in", "siwe_abnf", case, environment=settings
    )
    yield node_peer("viem", "viem.mjs", case)


def _write_case(path: Path) -> None:
    wallet = Account.create()
    now = datetime.now(UTC).replace(microsecond=0)
    request = SignInRequest(
        domain="avatars.example",
        scheme="https",
        uri="https://avatars.example",
        chain_id=1,
        address=bytes.fromhex(wallet.address[2:]),
        nonce="0123456789abcdef" * 2,
        issued_at=now,
        expires_at=now + timedelta(minutes=30),
        statement="Sign in to avatarsite. This costs nothing and sends no transaction.",
        request_id="0123456789abcdef",
    )
    text = build_sign_in_text(request)
    signature = "0x" + bytes(wallet.sign_message(encode_defunct(text=text)).signature).hex()
    case = {"text": text, "signature": signature, "address": wallet.address, "domain": request.domain}
    path.write_text(json.dumps(case | {"nonce": request.nonce, "now": now.isoformat()}), encoding="utf-8")
