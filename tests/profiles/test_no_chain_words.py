"""`profiles` knows nothing of chains: no setting of the other app and no word of its field stands in its code or pages.

So a project without `nft` reads nothing of them, on no page and in no mail, in any language: what is translated is what
stands here.
"""

from __future__ import annotations

import re
from pathlib import Path

PROFILES = Path(__file__).resolve().parents[2] / "profiles"
# The drawings in there are those that wallets have made known, and are named after them.
DRAWINGS = PROFILES / "images" / "fallback"
# Programs that people download to check a receipt of any source: the app serves them, and runs none.
DOWNLOADS = PROFILES / "static"
# The test kit, which makes pictures of the other app, too.
TESTING = PROFILES / "testing"
# Where texts for people stand: code, templates of pages and mails, and explanations of problems.
KINDS = ("*.py", "*.html", "*.txt", "*.toml")
WORDS = re.compile(
    r"(?i)\b(?:NFT_\w+|nfts?|(?:block)?chains?|on-chain|wallets?|ethereum|web3|siwe|solidity|ipfs|cids?"
    r"|(?:caip|erc|eip)[-_]?\d*|ens)\b"
)


def test_no_word_of_chains_stands_in_code_or_pages() -> None:
    found = [
        f"{path.relative_to(PROFILES)}:{number}: {line.strip()}"
        for kind in KINDS
        for path in sorted(PROFILES.rglob(kind))
        if not any(path.is_relative_to(each) for each in (DRAWINGS, DOWNLOADS, TESTING))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if WORDS.search(line)
    ]
    assert not found, "\n".join(found)


def test_the_search_finds_what_it_looks_for() -> None:
    assert [word for word in ("NFT_ON_LOSS", "a chain", "ERC-721", "wallets", "eip155") if not WORDS.search(word)] == []
    assert WORDS.search("chained, content, sends, ercole") is None
