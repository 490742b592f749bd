"""What a process loads to start: libraries that are slow to import wait until they are used."""

from __future__ import annotations

import subprocess
import sys

START = {
    "web": "import avatarsite.wsgi; from django.urls import get_resolver; get_resolver().url_patterns",
    "beat": "import django; django.setup(); from avatarsite import celery_app; celery_app.finalize()",
    "worker": (
        "import django; django.setup(); from avatarsite import celery_app; celery_app.loader.import_default_modules()"
    ),
    "chain reads": "import django; django.setup(); import nft.clients.clients, nft.watching.watcher, nft.minting.steps",
}


def test_no_process_loads_web3_siwe_or_pyvips_to_start() -> None:
    asked = "import sys; print(sorted({'web3', 'siwe', 'eth_account', 'pyvips'} & set(sys.modules)))"
    for process, start in START.items():
        command = [sys.executable, "-W", "ignore", "-c", f"{start}; {asked}"]
        told = subprocess.run(command, capture_output=True, text=True, check=True)
        assert told.stdout.strip() == "[]", process
