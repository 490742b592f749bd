"""Sign-in: is this the text we issued, and did this account sign it? Beside bare recovery and other libraries; then
the whole POST with and without that, and what a stranger's bodies cost.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct

from bench.harness import Contestant, Pace, Result, Round, contest
from bench.lanes import HERE, BenchError, Lane, Peer, Place, node_peer, plain_environment, python_peer, site_settings
from bench.report import Goal, Table
from bench.setup import install_django_siwe_auth
from localstack import binaries
from nft.core.evm.siwe import SignInRequest, build_sign_in_text
from tests.servers.postgres import start_postgres

LIMIT, OURS = "coincurve recovery and two keccaks", "ours: compare with the issued text, recover"
MOST = 1.5
_NATIVE = "eth_keys.backends.NativeECCBackend"
_NOTE = (
    "Libraries parse what was posted and check domain, nonce and times; ours compares it with the bytes it stored; "
    "ethers only recovers. django-siwe-auth is its `SiweBackend.authenticate`, with its nonce's row in SQLite."
)
VERIFIED, UNVERIFIED = "POST of a reply: session, account, log-in", "the same, every signature taken as good"
MOST_POST, MOST_STATEMENTS, MOST_SECONDS = 1.3, 7.0, 50.0
_POST_NOTE = (
    "In one process, on PostgreSQL, counters in memory; what the database does is not in it, and memory was not "
    "measured. Of {count:,} bodies that strangers might send none was accepted; at worst one took {worst:.1f} ms of "
    "processor."
)


def run(place: Place) -> Iterator[Table]:
    case = place.folder / "case.json"
    _write_case(case)
    lanes: list[Contestant] = [Lane(peer, place) for peer in _peers(str(case), place.folder)]
    results = contest(lanes, Pace(0.3, 20 * place.haste))
    goal = Goal("our verification", results[OURS].times(results[LIMIT]), MOST, " times")
    each_second = 1 / median(results[OURS].processor)
    note = f"{_NOTE} Ours are {each_second:,.0f} a second on one core."
    yield Table("Verification of a sign-in", list(results.values()), LIMIT, "verification", [goal], [note])
    yield _whole_post(place)


def _whole_post(place: Place) -> Table:
    facts = _measure_posts(place)
    results = {name: _result(name, facts[key]) for name, key in ((UNVERIFIED, "unverified"), (VERIFIED, "verified"))}
    hostile = sorted(1000 * seconds for seconds in facts["hostile"])
    goals = [
        Goal("the whole POST", results[VERIFIED].times(results[UNVERIFIED]), MOST_POST, " times"),
        Goal("statements of a POST", facts["statements"], MOST_STATEMENTS),
        Goal("99 of 100 bodies of strangers", hostile[len(hostile) * 99 // 100], MOST_SECONDS, " ms of processor"),
    ]
    note = _POST_NOTE.format(count=len(hostile), worst=hostile[-1])
    return Table("POST of a sign-in", list(results.values()), UNVERIFIED, "request", goals, [note])


def _measure_posts(place: Place) -> dict[str, Any]:
    database = start_postgres(place.folder / "pg", place.folder / "postgres.log")
    place.closing.callback(database.stop)
    url = f"postgresql://app@/avatarsite?host={place.folder / 'pg'}"
    settings = {"DJANGO_SETTINGS_MODULE": "bench.peers.sign_in_settings", "DATABASE_URL": url}
    done = subprocess.run(
        [binaries.python(), "-m", "bench.peers.sign_in_post", "15", str(max(500, round(10_000 * place.haste)))],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE.parent,
        env=plain_environment(**site_settings(place.folder) | settings),
    )
    if done.returncode:
        raise BenchError(f"The replies could not be posted: {done.stderr[-600:]}")
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


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
