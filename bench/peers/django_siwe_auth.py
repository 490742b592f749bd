"""`SiweBackend.authenticate` of django-siwe-auth, in an environment of its own: one call is one sign-in.

The nonce is in the database (here SQLite in memory). ENS and groups, which need a chain, are off. Its own view passes
fields instead of a text, and so does this program; no parser of texts runs. Its pinned dependencies need
`inspect.getargspec`, which Python 3.11 does not have.
"""

from __future__ import annotations

import inspect
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
from django.conf import settings

from bench.serve import serve

inspect.getargspec = lambda function: inspect.getfullargspec(function)[:4]  # type: ignore[attr-defined]
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "siwe_auth"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    AUTH_USER_MODEL="siwe_auth.Wallet",
    CREATE_ENS_PROFILE_ON_AUTHN=False,
    PROVIDER="http://127.0.0.1:9",
    USE_TZ=True,
    SECRET_KEY=Path(__file__).name,
)
django.setup()

from django.core.management import call_command  # noqa: E402 - after setup
from eth_account import Account  # noqa: E402
from eth_account.messages import encode_defunct  # noqa: E402
from siwe.siwe import SiweMessage  # noqa: E402
from siwe_auth.backend import SiweBackend  # noqa: E402
from siwe_auth.models import Nonce  # noqa: E402


def main() -> None:
    call_command("migrate", verbosity=0, stdout=sys.stderr)
    wallet, backend = Account.create(), SiweBackend()
    now = datetime.now(UTC)
    fields = {
        "domain": "avatars.example",
        "address": wallet.address,
        "statement": "Sign in to avatarsite. This costs nothing and sends no transaction.",
        "uri": "https://avatars.example",
        "version": "1",
        "chain_id": 1,
        "nonce": "0123456789abcdef" * 2,
        "issued_at": now.isoformat(),
        "expiration_time": (now + timedelta(hours=1)).isoformat(),
    }
    text = encode_defunct(text=SiweMessage(message=fields).prepare_message())
    signature = "0x" + bytes(wallet.sign_message(text).signature).hex()

    def work() -> None:
        Nonce.objects.create(value=fields["nonce"], expiration=now + timedelta(hours=1))
        if backend.authenticate(None, signature, SiweMessage(message=fields)) is None:
            raise ValueError("The signature was not recognized.")

    serve(work)


if __name__ == "__main__":
    main()
