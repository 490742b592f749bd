"""Sign-in: verifying the issued text and its signature, beside bare recovery and other libraries; then the whole POST
with and without verification, and the cost of hostile bodies.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct

from bench.harness import Contestant, Pace, Result, Round, contest
from bench.lanes import Lane, Peer, Workspace, node_peer, python_peer, run_peer, site_settings
from bench.setup import install_django_siwe_auth, install_npm_peers
from bench.tables import Goal, Table
from nft.core.evm.siwe import SignInRequest, build_sign_in_text
from tests.servers.postgres import start_postgres

LIMIT, OURS = "coincurve recovery and two keccaks", "ours: compare with the issued text, recover"
MAX_RATIO = 1.2
_NATIVE = "eth_keys.backends.NativeECCBackend"
_NOTE = (
    "Libraries parse the posted text and check domain, nonce and times. Ours compares it with the stored bytes. "
    "ethers only recovers. django-siwe-auth is its `SiweBackend.authenticate`, with its row of the nonce in SQLite."
)
VERIFIED, UNVERIFIED = "POST of a signed text: session, account, sign-in", "the same, every signature accepted"
MAX_POST, MAX_STATEMENTS, MAX_HOSTILE_MILLISECONDS = 1.1, 10.0, 10.0
_POST_NOTE = (
    "In one process, on PostgreSQL, with counters in memory. The database's CPU time is not included, and memory was "
    "not measured. None of {count:,} hostile bodies was accepted; the worst one took {worst:.1f} ms of CPU."
)


def run(workspace: Workspace) -> Iterator[Table]:
    install_npm_peers()
    case = workspace.folder / "case.json"
    _write_case(case)
    lanes: list[Contestant] = [Lane(peer, workspace) for peer in _peers(str(case), workspace.folder)]
    results = contest(lanes, Pace(0.3, 20 * workspace.haste))
    goal = Goal("our verification", results[OURS].times(results[LIMIT]), MAX_RATIO, " times")
    each_second = 1 / median(results[OURS].cpu)
    note = f"{_NOTE} Ours verifies {each_second:,.0f} a second on one core."
    yield Table("Verification of a sign-in", list(results.values()), LIMIT, "verification", [goal], [note])
    yield _whole_post(workspace)


def _whole_post(workspace: Workspace) -> Table:
    facts = _measure_posts(workspace)
    results = {name: _result(name, facts[key]) for name, key in ((UNVERIFIED, "unverified"), (VERIFIED, "verified"))}
    hostile = sorted(1000 * seconds for seconds in facts["hostile"])
    goals = [
        Goal("the whole POST", results[VERIFIED].times(results[UNVERIFIED]), MAX_POST, " times"),
        Goal("statements of a POST", facts["statements"], MAX_STATEMENTS),
        Goal("hostile bodies, p99", hostile[len(hostile) * 99 // 100], MAX_HOSTILE_MILLISECONDS, " ms of CPU"),
    ]
    note = _POST_NOTE.format(count=len(hostile), worst=hostile[-1])
    return Table("POST of a sign-in", list(results.values()), UNVERIFIED, "request", goals, [note])


def _measure_posts(workspace: Workspace) -> dict[str, Any]:
    database = start_postgres(workspace.folder / "pg", workspace.folder / "postgres.log")
    workspace.closing.callback(database.stop)
    url = f"postgresql://app@/avatarsite?host={workspace.folder / 'pg'}"
    settings = {"DJANGO_SETTINGS_MODULE": "bench.peers.sign_in_settings", "DATABASE_URL": url}
    environment = site_settings(workspace.folder) | settings
    bodies = max(500, round(10_000 * workspace.haste))
    return run_peer(python_peer("posting of signed texts", "sign_in_post", "15", str(bodies), environment=environment))


def _result(name: str, seconds: list[float]) -> Result:
    return Result(name, 0, [Round(each, each, 0.0) for each in seconds])


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
    yield node_peer("ethers", "ethers.mjs", case)
    python = install_django_siwe_auth()
    if python is not None:
        yield Peer("django-siwe-auth as pip brings it", [python, "-m", "bench.peers.django_siwe_auth"])


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
