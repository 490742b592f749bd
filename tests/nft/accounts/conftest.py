"""People who sign in and link accounts. Imports wait: this file is read before Django is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from nft.testing.browser import Browser
    from nft.testing.wallets import Wallet


@pytest.fixture
def owner() -> Wallet:
    """The key that owns a contract account."""
    from nft.testing.wallets import Wallet

    return Wallet.create()


@pytest.fixture
def alice(db: None) -> User:
    """Alice, with a password and no account yet."""
    from django.contrib.auth.models import User

    return User.objects.create_user("alice", password="correct horse")


@pytest.fixture
def browser(alice: User) -> Browser:
    """Alice's browser, signed in just now."""
    from nft.testing.browser import Browser

    browser = Browser()
    browser.enter(alice)
    return browser
