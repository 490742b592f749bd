"""People and browsers for tests of sign-in. Imports are inside functions: this is read before Django is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from nft.testing.browser import Browser


@pytest.fixture(autouse=True)
def _without_a_chain(no_chain: None) -> None:
    """Let no test of this room reach a node."""


@pytest.fixture
def browser() -> Browser:
    from nft.testing.browser import Browser

    return Browser()


@pytest.fixture
def alice(db: None) -> User:
    from django.contrib.auth.models import User

    return User.objects.create_user("alice", "alice@example.org", "correct horse")
