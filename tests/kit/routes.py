"""Every address of the site, read from the URLconf, so that a new one is tested without being listed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import UUIDConverter
from django.utils import timezone

from nft.models import HeldToken, LinkedAccount, MintRequest, TokenClaim
from profiles.models import ApiToken, Avatar, Notice, UploadTicket, WebhookDelivery, WebhookEndpoint, WebhookEvent

CHAIN_ID = 31337
ADDRESS = "0x" + "12" * 20
VALUES = {
    "handle": "alice",
    "identifier": "alice",
    "cid": "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",
    "path": "a",
    "key": "1",
    "token": "1",
}
JSON_ROUTES = {"challenge", "verify", "mint_sent", "transfer_sent", "ens_avatar_sent"}
FORM = {"label": "taken over", "alt_text": "taken over", "to": ADDRESS, "reference": f"{ADDRESS} 1"}
FORM |= {"is_public": "on", "put": "hidden"}


@dataclass(frozen=True)
class Route:
    name: str
    path: str
    is_owned: bool
    """Tell whether the address names something that belongs to one person."""

    @property
    def content(self) -> dict[str, Any]:
        if self.name in JSON_ROUTES:
            return {"data": {"tx_hash": "0x" + "ab" * 32}, "content_type": "application/json"}
        return {"data": FORM}


def belongings_of(user: User) -> dict[str, UUID]:
    """Make something of each kind that routes name, and return the ids by the names that the routes use."""
    now = timezone.now()
    account = LinkedAccount.objects.create(
        user=user, address=b"\1" * 20, chain_id=CHAIN_ID, linked_at=now, last_used_at=now
    )
    claim = TokenClaim.objects.create(
        user=user, chain_id=CHAIN_ID, contract=b"\2" * 20, token_id=1, due_at=now, account=account
    )
    mint = MintRequest.objects.create(
        user=user,
        account=account,
        idempotency_key="1",
        chain_id=CHAIN_ID,
        contract=b"\3" * 20,
        owner=b"\1" * 20,
        name="Mine",
        state=MintRequest.State.AWAITING_SIGNATURE,
    )
    avatar = Avatar.objects.filter(profile__user=user).latest("created_at")
    ticket = UploadTicket.objects.create(
        profile=avatar.profile, key="a", byte_count=9, content_type="image/png", expires_at=now + timedelta(hours=1)
    )
    notice = Notice.objects.create(profile=avatar.profile, avatar=avatar, kind="lost", at=now)
    token = ApiToken.objects.create(profile=avatar.profile, name="Mine", digest="0" * 64, scopes="read")
    held = HeldToken.objects.create(
        account=account, chain_id=CHAIN_ID, contract=b"\2" * 20, token_id=1, standard="erc721", first_seen_at=now
    )
    hook = {"profile": avatar.profile, "url": "https://hooks.example/", "events": ["avatar.changed"]}
    endpoint = WebhookEndpoint.objects.create(created_at=now, stopped_at=now, **hook)
    event = WebhookEvent.objects.create(profile=avatar.profile, type="avatar.changed", at=now)
    delivery = WebhookDelivery.objects.create(event=event, endpoint=endpoint, created_at=now, state="canceled")
    accounts = {"account_id": account.pk, "claim_id": claim.pk, "mint_id": mint.pk, "held_id": held.pk}
    return (
        accounts
        | dict.fromkeys(["avatar_id", "picture_id"], avatar.pk)
        | {"ticket_id": ticket.pk, "token_id": token.pk, "notice_id": notice.pk}
        | {"endpoint_id": endpoint.pk, "webhook_id": endpoint.pk, "delivery_id": delivery.pk}
    )


def patterns(resolver: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            if each.app_name != "admin":  # Django's own, for staff only
                yield from patterns(each, prefix + str(each.pattern))
        else:
            yield prefix, each


def routes(ids: dict[str, UUID]) -> list[Route]:
    return [_route(prefix, pattern, ids) for prefix, pattern in patterns(get_resolver())]


def _route(prefix: str, pattern: URLPattern, ids: dict[str, UUID]) -> Route:
    converters = pattern.pattern.converters
    owned = [name for name, converter in converters.items() if isinstance(converter, UUIDConverter)]
    unknown = set(owned) - ids.keys()
    assert not unknown, f"{pattern.name}: teach this test whose {unknown} is"
    text = str(pattern.pattern)
    path = prefix + (_of_expression(text) if text.startswith("^") else text)
    values = VALUES | ids
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values.get(match[1], "1")), path)
    return Route(str(pattern.name), f"/{path}", bool(owned))


def _of_expression(text: str) -> str:
    known = {
        r"^api/v1(?:/[\s\S]*)?\Z": "api/v1/nothing",
        r"^pictures/([0-9a-f]{64})\.(webp|png|jpg|avif)$": f"pictures/{'0' * 64}.webp",
        r"^confirm-email/(?P<key>[-:\w]+)/$": "confirm-email/1/",
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/1-1/",
    }
    assert text in known, f"teach this test an address for {text}"
    return known[text]
