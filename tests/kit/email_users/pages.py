"""Open every page of the two apps in the host project, with their own templates and with the host's."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.test import Client, override_settings
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from profiles.models import ApiToken, Avatar, Notice, Profile
from profiles.notices.choices import build_unsubscribe_token

HERE = Path(__file__).parent
OF_PROFILES = "api api_tokens data data_delete edit history loss notice_settings notices picture picture_appeal"
OF_PROFILES += " picture_crop problem problems public receipt report unsubscribe use webhooks welcome"
OF_NFT = "choose claim_detail collections mint mint_detail made prove tokens transfer wallet_move wallets"
OWN_FRAME, HOST_FRAME = "profiles/css/profiles.css", "The host’s own frame"


def open_all(profile: Profile) -> None:
    """Raise AssertionError for a page that is missing, or in another frame than it should be."""
    expected = {f"profiles:{name}" for name in OF_PROFILES.split()}
    if apps.is_installed("nft"):
        expected |= {f"nft:{name}" for name in OF_NFT.split()}
    for folder, mark, language in (([], OWN_FRAME, "de"), ([HERE / "templates"], HOST_FRAME, "en")):
        with override_settings(TEMPLATES=_templates(folder)):
            opened = _open(profile, language)
        assert expected <= opened.keys(), expected - opened.keys()
        assert all(mark in page for page in opened.values()), [name for name in opened if mark not in opened[name]]
        assert ("Dein Bild" in opened["profiles:picture"]) == (language == "de"), "the apps bring their translations"


def _templates(folders: list[Path]) -> list[dict[str, Any]]:
    changed: list[dict[str, Any]] = copy.deepcopy(settings.TEMPLATES)
    changed[0]["DIRS"] = folders
    return changed


def _open(profile: Profile, language: str) -> dict[str, str]:
    """Return the HTML of every address that answers with a page."""
    client = Client(headers={"host": "localhost", "accept-language": language})
    client.force_login(profile.user)
    values, opened = _values(profile), {}
    for name, keys in _routes(get_resolver(), ""):
        ids = values | (SPECIAL[name](profile) if name in SPECIAL else {})
        answer = client.get(reverse(name, kwargs={key: ids[key] for key in keys}))
        assert answer.status_code < 500 or name in NEED_A_NODE, (name, answer.status_code)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html") and name not in PARTS:
            opened[name] = answer.content.decode()
    return opened


def _routes(resolver: URLResolver, namespace: str) -> Iterator[tuple[str, list[str]]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            if each.app_name in {"profiles", "nft", None}:
                yield from _routes(each, f"{each.namespace}:" if each.namespace else namespace)
        elif each.name and namespace and not str(each.pattern).startswith("^"):
            yield f"{namespace}{each.name}", list(each.pattern.converters)


def _values(profile: Profile) -> dict[str, Any]:
    """Return a value for each name in a route: of something that belongs to the person where there is such a thing."""
    tokens = _tokens(profile) if apps.is_installed("nft") else {}
    avatar = Avatar.objects.filter(profile=profile, state="active").latest("created_at")
    now = timezone.now()
    notice = Notice.objects.filter(profile=profile).first() or Notice.objects.create(
        profile=profile, avatar=avatar, kind="lost", at=now, facts={"name": "Lake"}
    )
    token, _ = ApiToken.objects.get_or_create(profile=profile, name="Mine", digest="0" * 64, scopes="read")
    values: dict[str, Any] = {"handle": profile.handle, "identifier": profile.handle, "avatar_id": avatar.pk}
    values |= {"picture_id": avatar.pk, "notice_id": notice.pk, "token_id": token.pk, "ticket_id": UUID(int=1)}
    values |= {"token": build_unsubscribe_token(profile, Notice.Kind.REPORT_DECIDED), "path": "a", "received_id": 1}
    values |= {"slug": "bad-crop", "endpoint_id": UUID(int=1), "delivery_id": UUID(int=1)}
    return values | tokens


def _tokens(profile: Profile) -> dict[str, Any]:
    """Make an account, a claim and a mint, unless they are there."""
    from nft.models import HeldToken, MintRequest, TokenClaim
    from tests.kit.routes import VALUES, belongings_of

    mint = MintRequest.objects.filter(user=profile.user).first()
    ids = {"cid": VALUES["cid"]}
    if mint is None:
        made = belongings_of(profile.user)
        return ids | {key: made[key] for key in ("account_id", "claim_id", "mint_id", "held_id")}
    claim, held = TokenClaim.objects.get(user=profile.user), HeldToken.objects.get()
    return ids | {"account_id": mint.account_id, "claim_id": claim.pk, "mint_id": mint.pk, "held_id": held.pk}


def _removed(profile: Profile) -> dict[str, Any]:
    return {"avatar_id": Avatar.objects.filter(profile=profile, state="removed").latest("created_at").pk}


#: Routes that need something else than the others.
SPECIAL = {"profiles:picture_appeal": _removed}
#: They answer with a part of a page, for scripts.
PARTS = {"nft:held"}
#: No node runs here.
NEED_A_NODE = {"nft:proof_document"}
