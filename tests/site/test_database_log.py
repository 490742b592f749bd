"""PostgreSQL's own log names no address, signature, mail address or text to sign, whatever fails (V7)."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from nft.models import LinkedAccount, SignInChallenge
from nft.testing.browser import Browser
from nft.testing.chain import Chain
from nft.testing.wallets import Wallet
from profiles.testing.people import a_person
from tests.servers.places import Places, on_sqlite

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(on_sqlite(), reason="SQLite has no log"),
]


class ServerLog:
    def __init__(self, places: Places) -> None:
        self._path = places.log("postgres")
        self._from = self._path.stat().st_size

    def text(self) -> str:
        with self._path.open("rb") as file:
            file.seek(self._from)
            return file.read().decode()


@pytest.fixture
def server_log(places: Places, transactional_db: None) -> ServerLog:
    return ServerLog(places)


@pytest.fixture
def terse(server_log: ServerLog) -> Any:
    """What docs/operate/deploy.md sets for the role: errors without the values of the row that was refused."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER ROLE app SET log_error_verbosity = terse")
    connection.close()
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER ROLE app RESET log_error_verbosity")
    connection.close()


def fail_to_link(user: User, wallet: Wallet) -> None:
    """Link the same account to two people, as a race does that no check before it sees."""
    now = timezone.now()
    for _ in range(2):
        LinkedAccount.objects.create(
            user=user, address=wallet.address_bytes, chain_id=1, linked_at=now, last_used_at=now
        )


def test_failing_statements_keep_their_values_to_themselves(terse: None, server_log: ServerLog) -> None:
    alice, wallet = a_person("alice").user, Wallet.create()
    text = f"example.org wants you to sign in with your Ethereum account:\n{wallet.address}"
    signature = wallet.sign(text)
    with pytest.raises(IntegrityError):
        fail_to_link(alice, wallet)
    challenge = {"address": wallet.address_bytes, "chain_id": 1, "text": text, "session_hash": "0" * 64}
    times = {"issued_at": timezone.now(), "expires_at": timezone.now()}
    for wrong in (
        {"purpose": "link"},
        {"purpose": "sign_in", "nonce": signature},
    ):  # no person; too long for its column
        with pytest.raises(DatabaseError):
            SignInChallenge.objects.create(**challenge, **times, **wrong)
    with pytest.raises(IntegrityError):
        User.objects.create(username="alice", email="mallory@example.org")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '50ms'")
    with connection.cursor() as cursor, pytest.raises(OperationalError):
        cursor.execute("SELECT pg_sleep(1), %s::text, %s::text", [wallet.address, signature])
    connection.close()
    check(server_log.text(), wallet, text, signature, at_least=4)


def test_a_deadlock_names_no_values_either(terse: None, server_log: ServerLog) -> None:
    wallets = [Wallet.create(), Wallet.create()]
    now = timezone.now()
    alice = a_person("alice").user
    for wallet in wallets:
        LinkedAccount.objects.create(
            user=alice, address=wallet.address_bytes, chain_id=1, linked_at=now, last_used_at=now
        )
    both, failures = threading.Barrier(2), []

    def lock(first: Wallet, second: Wallet) -> None:
        try:
            with transaction.atomic():
                LinkedAccount.objects.filter(address=first.address_bytes).update(last_used_at=now)
                both.wait()
                LinkedAccount.objects.filter(address=second.address_bytes).update(last_used_at=now)
        except OperationalError as error:
            failures.append(error)
        connection.close()

    threads = [threading.Thread(target=lock, args=pair) for pair in (wallets, wallets[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failures) == 1
    logged = server_log.text()
    assert "deadlock detected" in logged
    for wallet in wallets:
        check(logged, wallet, at_least=1)


def test_sign_ins_leave_no_trace(chain: Chain, terse: None, server_log: ServerLog) -> None:
    """Many at once, with the same text and signature: one is right, the others are refused."""
    wallet, browser = Wallet.create(), Browser()
    text = browser.text_for(wallet.address)
    signature = wallet.sign(text)
    statuses = []

    def verify() -> None:
        statuses.append(browser.verify(text, signature).status_code)
        connection.close()

    threads = [threading.Thread(target=verify) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses.count(200) == 1
    check(server_log.text(), wallet, text, signature)


def check(logged: str, wallet: Wallet, *secrets: str, at_least: int = 0) -> None:
    assert logged.count("STATEMENT:") >= at_least, "the server must log what fails"
    assert logged.count("$1") >= at_least
    for secret in (wallet.address, wallet.address[2:], *secrets, "wants you to sign", "mallory@example.org"):
        assert secret.lower() not in logged.lower()
