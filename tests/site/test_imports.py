"""A process does not load libraries at its start that are slow to import and rarely used."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest

from avatarsite.queues import QUEUES
from profiles import jobs
from profiles.celery import schedule

# As each starts: Celery's loader imports what the app of beat or a worker needs before it reads the schedule.
START = {
    "web": "import avatarsite.wsgi; from django.urls import get_resolver; get_resolver().url_patterns",
    "beat": "from avatarsite.beat import app; app.loader.import_default_modules(); print(len(app.conf.beat_schedule))",
    "worker": "import django; django.setup(); from avatarsite.celery import app; app.loader.import_default_modules()",
    "listener": "import avatarsite.listener",
    "chain reads": "import django; django.setup(); import nft.clients.bundle, nft.watching.watcher, nft.minting.steps",
}
SLOW = {"web3", "siwe", "eth_account", "eth_utils", "pydantic", "rlp", "pyvips", "boto3", "prometheus_client"}
SLOW |= {"ethereum"}
MODELS_AND_PAGES = {"django.db.models", "django.http", "allauth.account"}


@cache
def start(process: str) -> tuple[str, frozenset[str]]:
    """Start it. Return what it printed, and the modules that it loaded."""
    command = [sys.executable, "-W", "ignore", "-c", f"{START[process]}; import sys; print(*sys.modules)"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    *printed, modules = told.splitlines()
    return "\n".join(printed), frozenset(modules.split())


@pytest.mark.parametrize("process", START)
def test_no_process_loads_slow_libraries_to_start(process: str) -> None:
    _, loaded = start(process)
    assert "avatarsite" in loaded
    assert not SLOW & loaded


def test_the_listener_loads_no_models_and_no_pages() -> None:
    _, loaded = start("listener")
    assert not MODELS_AND_PAGES & loaded


def test_beat_knows_all_jobs_and_loads_no_models_and_no_pages() -> None:
    jobs.discover()
    printed, loaded = start("beat")
    assert int(printed) == len(schedule(QUEUES))
    assert not (MODELS_AND_PAGES | {"profiles.models", "nft.models"}) & loaded
