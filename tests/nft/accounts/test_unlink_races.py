"""Unlinking while something else goes on with the same person's pictures: on real connections, in the worst order."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from nft.accounts import linking
from nft.accounts.linking import Proof
from nft.claims import checking, claiming
from nft.core.evm.token import TokenStandard
from nft.core.tokens.verdict import BlockRef, Decision, Reason, Verdict
from nft.models import LinkedAccount, TokenClaim
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import Wallet
from nft.tokens.facts import Check
from profiles.models import Avatar, Profile
from profiles.people.profiles import profile_of
from profiles.pictures import history
from profiles.testing.people import an_upload
from tests.kit.token_pictures import a_token_picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_chain")]


@pytest.fixture
def alice() -> Profile:
    return profile_of(User.objects.create_user("alice", password="correct horse"))


@pytest.fixture
def account(alice: Profile) -> LinkedAccount:
    return linking.link_account(alice.user, Proof(Wallet.create().address_bytes, CHAIN_ID, False), timezone.now())


def a_claim(alice: Profile, account: LinkedAccount | None, **columns: Any) -> TokenClaim:
    now = timezone.now()
    picture = a_token_picture(alice, now)
    held: dict[str, Any] = {"state": "owned", "checked_at": now, "checked_block_number": 5} if account else {}
    return TokenClaim.objects.create(
        user=alice.user,
        account=account,
        avatar=picture,
        chain_id=CHAIN_ID,
        contract=b"\xa1" * 20,
        token_id=1,
        standard="erc721",
        due_at=now,
        **(held | columns),
    )


def held_by(account: LinkedAccount) -> Check:
    decision = Decision(Verdict.OWNED, Reason.HELD, "The account holds it.")
    return Check(decision, BlockRef(6, b"\6" * 32), TokenStandard.ERC721, account.address)


class Aside:
    """Something done on a connection of its own, which the caller waits for only as long as nothing blocks it."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1)
        self.done: Future[Any] | None = None

    def begin(self, act: Callable[[], Any]) -> None:
        def run() -> Any:
            try:
                return act()
            finally:
                connection.close()

        self.done = self.pool.submit(run)

    def go_as_far_as_possible(self) -> None:
        """To its end, or to a lock of ours."""
        assert self.done is not None
        with suppress(TimeoutError):
            self.done.result(1)

    def end(self) -> Any:
        assert self.done is not None
        return self.done.result(30)


def test_a_check_that_ends_meanwhile_leaves_no_mark_without_an_account(
    alice: Profile, account: LinkedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account's claims were taken down; then a check finds one more of them held, just before the row goes."""
    claim = a_claim(alice, None, state="unknown", attempt=uuid.uuid4())
    aside, check = Aside(), held_by(account)
    withdraw = claiming.withdraw_claims_of_account

    def then_a_check_ends(*args: Any) -> None:
        withdraw(*args)
        aside.begin(lambda: checking.record_check(claim, check, timezone.now()))
        aside.go_as_far_as_possible()

    monkeypatch.setattr(linking, "withdraw_claims_of_account", then_a_check_ends)
    linking.unlink_account(alice.user, account.pk, timezone.now())
    aside.end()
    claim.refresh_from_db()
    assert (claim.state, claim.account) == ("not_owned", None)
    assert Avatar.objects.get().state == Avatar.State.WITHDRAWN


def test_a_picture_uploaded_at_the_same_moment_waits_its_turn(
    alice: Profile, account: LinkedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever uploads holds the profile and then names the person as who did it; whoever unlinks holds the person and
    then needs the profile. Neither may be ended as a deadlock."""
    claim, aside, is_held = a_claim(alice, account), Aside(), threading.Event()
    withdraw, enter = claiming.withdraw_claims_of_account, history._create_or_reuse

    def enter_slowly(*args: Any) -> Avatar:
        is_held.set()
        threading.Event().wait(0.5)  # meanwhile the other one comes to wait for the profile
        return enter(*args)

    def once_the_upload_holds_the_profile(*args: Any) -> None:
        aside.begin(lambda: an_upload(alice))
        assert is_held.wait(30)
        withdraw(*args)

    monkeypatch.setattr(history, "_create_or_reuse", enter_slowly)
    monkeypatch.setattr(linking, "withdraw_claims_of_account", once_the_upload_holds_the_profile)
    linking.unlink_account(alice.user, account.pk, timezone.now())
    assert aside.end().state == Avatar.State.ACTIVE
    claim.refresh_from_db()
    assert claim.state == "not_owned"
