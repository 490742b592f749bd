"""People and browsers for tests of sign-in. Imports are inside functions: this is read before Django is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.kit.wallets import Browser, Wallet


@pytest.fixture(autouse=True)
def _without_a_chain(settings: Any) -> None:
    from tests.kit.wallets import NOBODY, chains_at

    settings.NFT_CHAINS = chains_at(NOBODY)


@pytest.fixture
def wallet() -> Wallet:
    from tests.kit.wallets import Wallet

    return Wallet.create()


@pytest.fixture
def browser() -> Browser:
    from tests.kit.wallets import Browser

    return Browser()


@pytest.fixture
def alice(db: None) -> User:
    from django.contrib.auth.models import User

    return User.objects.create_user("alice", "alice@example.org", "correct horse")
