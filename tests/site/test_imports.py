"""A process does not load libraries at its start that are slow to import and rarely used."""

from __future__ import annotations

import subprocess
import sys

START = {
    "web": "import avatarsite.wsgi; from django.urls import get_resolver; get_resolver().url_patterns",
    "beat": "from avatarsite.beat import app; app.loader.import_default_modules()",
    "worker": "import django; django.setup(); from avatarsite.celery import app; app.loader.import_default_modules()",
    "listener": "import avatarsite.listener",
    "chain reads": "import django; django.setup(); import nft.clients.bundle, nft.watching.watcher, nft.minting.steps",
}


SLOW = {"web3", "siwe", "eth_account", "eth_utils", "pydantic", "rlp", "pyvips", "boto3", "prometheus_client"}
SLOW |= {"ethereum"}


def test_the_listener_loads_no_models_and_no_pages() -> None:
    asked = "import sys; print(sorted({'django.db.models', 'django.http', 'allauth.account'} & set(sys.modules)))"
    command = [sys.executable, "-c", f"{START['listener']}; {asked}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_no_process_loads_slow_libraries_to_start() -> None:
    asked = f"import sys; print(sorted({SLOW} & set(sys.modules)))"
    for process, start in START.items():
        command = [sys.executable, "-W", "ignore", "-c", f"{start}; {asked}"]
        told = subprocess.run(command, capture_output=True, text=True, check=True)
        assert told.stdout.strip() == "[]", process
