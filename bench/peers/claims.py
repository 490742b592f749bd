"""The site's own sweep and watcher, with claims in SQLite.

`sweep <case> <claims>`: one call of the work is one page. `watch <case>`: catch up once, with the time it took in the
facts; one call of the work is then to read the same logs again.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
import requests
from django.core.management import call_command
from django.utils import timezone

from bench.serve import serve
from nft.clients.evm.chain import ChainClient
from nft.testing.genesis import CHAIN_ID

Case = dict[str, Any]
Work = tuple[Callable[[], object], dict[str, Any]]
BULK, LOOKS = 5000, 40


def sweep(case: Case, count: int) -> Work:
    from nft.claims import sweeping
    from nft.models import TokenClaim

    _fill(case["everything"], count, case["owner"])
    clients, moment = _clients(case), timezone.now()

    def work() -> None:
        nonlocal moment
        before = moment
        if not TokenClaim.objects.filter(due_at__lte=moment).exists():
            moment = before + timedelta(hours=1)
        sweeping.sweep_page(CHAIN_ID, moment, clients, alone=False)

    work()
    renewed = TokenClaim.objects.filter(state="owned", checked_at__gte=moment).count()
    _check(case["page"] == sweeping.PAGE and renewed == min(count, sweeping.PAGE))
    return work, {}


def watch(case: Case) -> Work:
    from nft.core.evm.abi.transfer_events import TRANSFER_TOPICS
    from nft.models import TokenClaim, WatchedChain
    from nft.watching.transfers_seen import record_logs
    from nft.watching.watcher import watch_chain

    _fill(case["busy"], 10, case["owner"])
    WatchedChain.objects.create(chain_id=CHAIN_ID, next_block=case["first"])
    clients, blocks, began = _clients(case), 0, time.perf_counter()
    while (look := watch_chain(CHAIN_ID, timezone.now(), clients)) is not None and look.blocks:
        blocks += look.blocks
    seconds = time.perf_counter() - began
    _check(blocks >= case["blocks"])
    _check(not TokenClaim.objects.filter(moved_at_block=None).exists())
    view = ChainClient(CHAIN_ID, [case["url"]], "finalized")
    contract = bytes.fromhex(case["busy"][2:])
    logs = view.logs([contract], TRANSFER_TOPICS, case["first"], case["first"] + 99)
    _check(len(logs) == 100 * case["moves"])
    looks = sorted(_time_run(case, lambda: watch_chain(CHAIN_ID, timezone.now(), clients)) for _ in range(LOOKS))
    facts = {"seconds": seconds, "blocks": blocks, "logs": len(logs), "look_p95": looks[int(LOOKS * 0.95)]}
    return lambda: record_logs(CHAIN_ID, logs), facts


def _time_run(case: Case, run: Callable[[], object]) -> float:
    """Return the seconds from the start of the watcher's run that finds a transfer until the mark is off."""
    from nft.models import TokenClaim

    sent = {"from": case["owner"], "to": case["busy"], "gas": hex(100_000)}
    question = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction", "params": [sent]}
    before = TokenClaim.objects.order_by("-moved_at_block").values_list("moved_at_block", flat=True)[0]
    requests.post(case["url"], json=question, timeout=20).raise_for_status()
    # The node needs a moment to mine it.
    time.sleep(0.05)
    began = time.perf_counter()
    run()
    seconds = time.perf_counter() - began
    _check(not TokenClaim.objects.filter(moved_at_block__lte=before).exists())
    return seconds


def _fill(contract: str, count: int, owner: str) -> None:
    """Create a person with that many claims on tokens of a contract, all due for a check."""
    from django.contrib.auth.models import User

    from nft.models import LinkedAccount, TokenClaim

    call_command("migrate", verbosity=0)
    now = timezone.now()
    user = User.objects.create(username=f"bench-{uuid.uuid4().hex[:8]}")
    LinkedAccount.objects.all().delete()
    address = bytes.fromhex(owner[2:])
    account = LinkedAccount.objects.create(
        user=user, address=address, chain_id=CHAIN_ID, linked_at=now, last_used_at=now
    )
    for first in range(0, count, BULK):
        TokenClaim.objects.bulk_create(
            TokenClaim(
                user=user,
                account=account,
                chain_id=CHAIN_ID,
                contract=bytes.fromhex(contract[2:]),
                token_id=token_id,
                standard="erc721",
                state="owned",
                is_checked_alone=False,
                checked_at=now - timedelta(hours=1),
                checked_block_number=1,
                due_at=now - timedelta(minutes=1),
            )
            for token_id in range(first, min(first + BULK, count))
        )


def _clients(case: Case) -> Any:
    from nft.clients.bundle import Clients
    from nft.clients.ipfs.gateways import Gateways
    from nft.clients.web.fetch import guarded_http

    client = ChainClient(CHAIN_ID, [case["url"]], "finalized")
    return Clients(lambda _: client, Gateways([]), guarded_http())


def _check(is_good: bool) -> None:
    if not is_good:
        raise ValueError("The database is not in the expected state.")


if __name__ == "__main__":
    django.setup()
    given = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    serve(*(sweep(given, int(sys.argv[3])) if sys.argv[1] == "sweep" else watch(given)))
