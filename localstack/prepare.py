"""Makes database, chain and static files ready, before the site's programs start. Each step is done once.

Run by the supervisor, with the stack's environment; its last line says what there is.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from avatarsite.settings import receipt_keys
from localstack.binaries import ROOT
from localstack.chain import LocalChain


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avatarsite.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=1)
    receipt_keys.make_local(settings.DATA_DIR)
    tokens = place_tokens() if settings.NFT_ENABLED else []
    collect_static()
    print(f"database, static files, {len(tokens)} demo tokens", flush=True)


def place_tokens() -> list[dict[str, Any]]:
    from localstack import seed

    chain = LocalChain(f"http://127.0.0.1:{os.environ['AVATARSITE_CHAIN_PORT']}")
    placed = seed.place(chain, timezone.now())
    _write(settings.DATA_DIR / "chain.json", json.dumps(placed, indent=1))
    tokens: list[dict[str, Any]] = placed["demo_tokens"]
    return tokens


def collect_static() -> None:
    """Only where a file or a package that brings files has changed: hashing and compressing takes a while."""
    stamp, key = settings.STATIC_ROOT / ".collected", _static_key()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != key:
        call_command("collectstatic", interactive=False, verbosity=0)
        _write(stamp, key)


def _static_key() -> str:
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted(file for file in (ROOT / "static").rglob("*") if file.is_file()):
        digest.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


if __name__ == "__main__":
    main()
