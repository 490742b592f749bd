"""A system check of the keys that sign receipts."""

from __future__ import annotations

from django.core.checks import CheckMessage, Error

from profiles.checks import check_settings
from profiles.serving import signing


@check_settings
def check_keys() -> list[CheckMessage]:
    try:
        signing.public_keys()
    except signing.BadSigningKey as error:
        return [Error(str(error), hint="Make one: openssl genpkey -algorithm ed25519", id="profiles.E017")]
    return []
