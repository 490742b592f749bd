"""No module of the site opens a connection except the ones listed here. The test kit is no part of the site."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NETWORK = {"aiohttp", "boto3", "ftplib", "http.client", "httpx", "requests", "smtplib", "socket", "urllib.request"}
NETWORK |= {"urllib3", "web3", "xmlrpc"}
CLIENTS = {
    "avatarsite/settings/object_store.py": "the configured object store",
    "profiles/store/s3.py": "the types of the configured object store",
    "nft/clients/transport/connections.py": "every HTTP request",
    "nft/clients/transport/deadline.py": "its time limit",
    "nft/clients/transport/guard.py": "the errors of those",
    "nft/clients/web/fetch.py": "untrusted URLs, through that",
    "nft/clients/ipfs/pinners.py": "the configured pinners, through that",
    "nft/clients/evm/node.py": "the configured nodes, through that",
    "nft/management/operator_account.py": "the operator's own transactions",
    "nft/management/commands/deploy_contract.py": "the types of those",
    "nft/management/commands/grant_minter.py": "their errors",
    "nft/management/commands/verify_contract.py": "the Sourcify server that the operator names",
    "avatarsite/ops/deployment/web.py": "the site itself, for the operator",
    "avatarsite/ops/deployment/mail.py": "the errors of Django's mail client",
    "users/mail_refusals.py": "the same",
    "avatarsite/ops/healthcheck.py": "its own web process",
    "avatarsite/restart.py": "the web processes of its machine",
    "profiles/static/verify_web.py": "what a stranger downloads to verify a receipt",
}


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_the_clients_reach_the_network() -> None:
    found = set()
    for path in (path for app in ("nft", "profiles", "users", "avatarsite") for path in (ROOT / app).rglob("*.py")):
        if "testing" in path.relative_to(ROOT).parts:
            continue
        names = set(imports_of(path))
        if any(name == wire or name.startswith(f"{wire}.") for name in names for wire in NETWORK):
            found.add(path.relative_to(ROOT).as_posix())
    assert found == set(CLIENTS)
