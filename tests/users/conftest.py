"""People and browsers for tests of what the site composes. Imports wait: this is read before Django is set up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.kit.wallets import Browser, Wallet


@pytest.fixture(autouse=True)
def _pages_without_collected_files_and_without_a_chain(settings: Any) -> None:
    from tests.kit.wallets import NOBODY, chains_at

    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where there is none
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
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
