"""A person on one host who shows a token: `python -m tests.infra.claimant SITE KEY CONTRACT TOKEN SECONDS`.

Ends with 0 if others see the token with the mark within the seconds, else with 3.
"""

from __future__ import annotations

import sys
import time

from eth_account import Account

from bench.visitor import Visitor


def main(site: str, key: str, contract: str, token: str, seconds: str) -> int:
    visitor = Visitor(site, Account.from_key(key), handle="claimant")
    visitor.sign_in()
    if token == "1":
        visitor.choose_handle()
    visitor.claim(contract, int(token))
    ends_at = time.monotonic() + float(seconds)
    while time.monotonic() < ends_at:
        if visitor.shows(int(token)):
            return 0
        time.sleep(0.5)
    return 3


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
