"""Prepare database, chain and static files before the site's programs start. Each step is done once.

The supervisor runs this with the stack's environment, and shows its last line.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from avatarsite.settings import receipt_keys
from localstack.binaries import ROOT
from localstack.chain import LocalChain

EARLIER_DATA = "The data in .local was made by an earlier, unreleased version. Run `make clean-data`, then `make run`."


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avatarsite.settings")
    django.setup()
    if has_earlier_data():
        sys.exit(EARLIER_DATA)
    call_command("migrate", interactive=False, verbosity=1)
    receipt_keys.make_local(settings.DATA_DIR)
    tokens = place_tokens() if settings.NFT_ENABLED else []
    collect_static()
    print(f"database, static files, {len(tokens)} demo tokens", flush=True)


def has_earlier_data() -> bool:
    """Return whether the database records migrations of our apps whose files are gone.

    They were merged into one per app before the first release, and nothing leads from them to today's tables.
    """
    loader = MigrationLoader(connection)
    ours = {config.label for config in apps.get_app_configs() if Path(config.path).parent == ROOT}
    return any(app in ours for app, _ in loader.applied_migrations.keys() - loader.disk_migrations.keys())


def place_tokens() -> list[dict[str, Any]]:
    from localstack import seed

    chain = LocalChain(f"http://127.0.0.1:{os.environ['AVATARSITE_CHAIN_PORT']}")
    placed = seed.place(chain, timezone.now())
    _write(settings.DATA_DIR / "chain.json", json.dumps(placed, indent=1))
    tokens: list[dict[str, Any]] = placed["demo_tokens"]
    return tokens


def collect_static() -> None:
    """Collect static files if a file, or a package that brings files, has changed: compressing takes a while."""
    stamp, key = settings.STATIC_ROOT / ".collected", _static_key()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != key:
        call_command("collectstatic", interactive=False, verbosity=0)
        _write(stamp, key)


def _static_key() -> str:
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    folders = [ROOT / "static", ROOT / "profiles" / "static", ROOT / "nft" / "static"]
    for path in sorted(file for folder in folders for file in folder.rglob("*") if file.is_file()):
        digest.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _write(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


if __name__ == "__main__":
    main()
