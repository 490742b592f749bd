"""Secrets of endpoints: made, kept encrypted, and used to sign.

A signature needs the secret itself, so a hash would not do. It is encrypted by a key made from SECRET_KEY: a dump of
the database alone signs nothing. Earlier keys count while SECRET_KEY_FALLBACKS has them.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from contextlib import suppress
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from standardwebhooks import Webhook

from profiles.errors import ExpectedError, Kind
from profiles.models import WebhookEndpoint
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

PREFIX = "whsec_"
#: Random bytes of a secret: the specification wants 24 to 64.
LENGTH = 32


class SecretLost(ExpectedError):
    """The secret was encrypted by a SECRET_KEY that is not known any more."""

    kind = Kind("webhook-secret-lost", gettext_noop("The secret can't be read"), 500)


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(LENGTH)).decode()


def encrypt(secret: str) -> str:
    return _keys().encrypt(secret.encode()).decode()


def secrets_of(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """Return the secrets that sign for an endpoint: its own, and the former one while it is valid.

    Raise SecretLost if its own can't be read.
    """
    found = [_decrypt(endpoint.secret)]
    if endpoint.former_secret and endpoint.former_until is not None and now < endpoint.former_until:
        with suppress(SecretLost):  # it is to end anyway
            found.append(_decrypt(endpoint.former_secret))
    return found


def sign(keys: list[str], message_id: str, at: datetime, content: bytes) -> dict[str, str]:
    """Return the headers of a message that is sent at `at`, with one signature for each secret. `at` is in UTC."""
    text = content.decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(message_id, at, text) for key in keys),
    }


def _decrypt(encrypted: str) -> str:
    try:
        return _keys().decrypt(encrypted.encode()).decode()
    except InvalidToken as error:
        raise SecretLost(_("The secret of this webhook can’t be read any more. Make a new one.")) from error


def _keys() -> MultiFernet:
    texts = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"profiles.webhooks:" + str(text).encode()).digest() for text in texts]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
