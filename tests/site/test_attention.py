"""What waits for staff is one list, whatever kind of job gave it up: in the metrics and in the admin."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from localstack.binaries import ROOT
from nft.gallery import pictures
from nft.gallery.pictures import fetch_held_picture
from nft.models import HeldToken, LinkedAccount, TokenSearch, WatchedChain
from profiles.admin_base import LeasedAdmin, NeedsAttention
from profiles.leases import OUR_FAULT, Leased, fresh, get_attention, lease_row
from profiles.models import AuditEntry
from profiles.testing.jobs import queued_by_sweep
from profiles.testing.people import a_person
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.django_db
NOW = timezone.now()
CHAIN_ID = 31337


@pytest.fixture
def account() -> LinkedAccount:
    user = a_person("alice").user
    return LinkedAccount.objects.create(
        user=user, address=b"\1" * 20, chain_id=CHAIN_ID, linked_at=NOW, last_used_at=NOW
    )


@pytest.fixture
def held(account: LinkedAccount) -> HeldToken:
    token = {"chain_id": CHAIN_ID, "contract": b"\2" * 20, "token_id": 1, "standard": "erc721"}
    return HeldToken.objects.create(
        account=account, first_seen_at=NOW, may_ask_hosts=True, name="Odd", **token, **fresh(NOW)
    )


@pytest.fixture
def searching(account: LinkedAccount) -> TokenSearch:
    return TokenSearch.objects.create(account=account, chain_id=CHAIN_ID, started_at=NOW, **fresh(NOW))


@pytest.fixture(autouse=True)
def _hostile_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Metadata that no code of ours expects, as a lone surrogate once was."""

    def fail(*_: Any) -> None:
        raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")

    monkeypatch.setattr(pictures, "_fetch_picture", fail)


def until_it_ends(held: HeldToken) -> int:
    """Run the sweep and the worker for a year; return how often the worker was called."""
    runs = 0
    for hour in range(365 * 24):
        now = NOW + timedelta(hours=hour)
        for key in queued_by_sweep(fetch_held_picture, now):
            fetch_held_picture(key, now, None)  # type: ignore[arg-type]  # no client is reached
            runs += 1
        held.refresh_from_db()
        if held.due_at is None:
            break
    return runs


def test_a_picture_that_nobody_expected_ends_with_a_reason_its_person_sees(held: HeldToken) -> None:
    assert until_it_ends(held) == 3
    assert held.gave_up_at is not None
    assert held.last_error == OUR_FAULT % {"what": "UnicodeEncodeError"}


def test_all_kinds_of_jobs_are_in_one_list(
    held: HeldToken, searching: TokenSearch, admin_client: Client, client: Client, redis_server: RedisServer
) -> None:
    until_it_ends(held)
    TokenSearch.objects.filter(pk=searching.pk).update(crashes=2, attempt="0" * 32)
    search = lease_row(TokenSearch.objects.filter(pk=searching.pk), NOW)
    assert search is None
    searching.refresh_from_db()
    assert (searching.state, searching.due_at, searching.trouble) == (
        "failed",
        None,
        OUR_FAULT % {"what": "a worker crashed"},
    )
    WatchedChain.objects.create(chain_id=CHAIN_ID, next_block=1, gave_up_at=NOW)
    found = {each.kind: each for each in get_attention()}
    assert {kind for kind, each in found.items() if each.count} == {
        "nft.heldtoken",
        "nft.tokensearch",
        "nft.watchedchain",
    }
    assert 'avatarsite_needs_attention{kind="nft.heldtoken"} 1.0' in client.get("/metrics").content.decode()
    assert 'avatarsite_needs_attention{kind="nft.mintrequest"} 0.0' in client.get("/metrics").content.decode()
    page = admin_client.get(reverse("admin:index")).content.decode()
    for kind in ("nft.heldtoken", "nft.tokensearch", "nft.watchedchain"):
        assert f'href="{found[kind].url}"' in page
        assert len(admin_client.get(found[kind].url).context["cl"].result_list) == 1


def test_staff_retry_with_a_reason_that_the_audit_keeps(held: HeldToken, admin_client: Client) -> None:
    until_it_ends(held)
    url = reverse("admin:nft_heldtoken_changelist")
    asked = {"action": "retry", "_selected_action": [str(held.pk)]}
    page = admin_client.post(url, asked).content.decode()
    assert f'name="_selected_action" value="{held.pk}"' in page, "the selection is kept"
    held.refresh_from_db()
    assert held.gave_up_at is not None, "no reason was given"
    admin_client.post(url, {**asked, "reason": "The decoder is mended."})
    held.refresh_from_db()
    waiting = HeldToken.objects.get()
    assert (waiting.gave_up_at, waiting.tries, waiting.crashes, waiting.last_error) == (None, 0, 0, "")
    assert queued_by_sweep(fetch_held_picture, timezone.now()) == [held.pk]
    entry = AuditEntry.objects.get(action="job.retry")
    assert (entry.is_by_staff, entry.detail["reason"]) == (True, "The decoder is mended.")
    history = admin_client.get(reverse("admin:nft_heldtoken_history", args=[held.pk]), follow=True)
    assert "Had “Odd” tried again: The decoder is mended." in history.content.decode()


def test_every_kind_has_its_list_in_the_admin(admin_client: Client) -> None:
    kinds = [model for model in apps.get_models() if issubclass(model, Leased)]
    assert len(kinds) >= 6
    for model in kinds:
        page = admin.site._registry[model]
        assert isinstance(page, LeasedAdmin), model
        assert NeedsAttention in page.list_filter, model
        assert admin_client.get(model.get_attention().url).status_code == 200


def test_a_web_process_imports_no_job_that_only_workers_run() -> None:
    code = "import avatarsite.wsgi, avatarsite.urls, sys; print('users.notice_mails' in sys.modules)"
    environment = os.environ | {"LOCAL_STACK": "1"}
    found = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT, env=environment)
    assert found.strip() == "False"
