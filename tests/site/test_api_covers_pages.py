"""What a person can do on a page, a program can do by the API, but for what docs/use/api.md lists with its reason."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import get_resolver

from localstack.binaries import ROOT
from profiles.programs.operations import all_operations
from profiles.testing.people import a_person, an_upload
from tests.kit.routes import belongings_of, patterns, routes

# The names of addresses that take a POST, and the operations that do the same.
BY_PROGRAMS = {
    "edit": "updateOwnProfile",
    "loss": "updateOwnProfile",
    "welcome": "updateOwnProfile",
    "picture": "putPicture",
    "picture_fetch": "fetchPicture",
    "direct": "putPicture",
    "direct_done": "putPicture",
    "picture_use": "usePicture",
    "picture_remove": "removePicture",
    "picture_restore": "restorePicture",
    "picture_alt": "describePicture",
    "picture_crop": "cropPicture",
    "notices_read": "readNotices",
    "notice_dismiss": "readNotices",
    "notice_settings": "setNoticeChoices",
    "unsubscribe": "setNoticeChoices",
    "webhooks": "createWebhook",
    "webhook": "changeWebhook",
    "webhook_address": "changeWebhook",
    "webhook_pause": "changeWebhook",
    "webhook_resume": "changeWebhook",
    "webhook_rotate": "rotateWebhookSecret",
    "webhook_delete": "deleteWebhook",
    "webhook_test": "sendTestEvent",
    "webhook_again": "sendDeliveryAgain",
    "data_export": "startExport",
    "wallet_primary": "updateAccount",
    "wallet_update": "updateAccount",
    "wallet_unlink": "unlinkAccount",
    "held_search": "searchTokens",
    "held_pictures": "fetchTokenPictures",
    "held_shelf": "moveToken",
    "claim_create": "createClaim",
    "claim_recheck": "checkClaim",
    "claim_remove": "dismissClaim",
    "claim_new_picture_look": "lookForNewPicture",
    "claim_new_picture_use": "useNewPicture",
    "claim_new_picture_keep": "keepOldPicture",
    "transfer": "startTransfer",
    "transfer_sent": "recordTransfer",
    "ens_avatar": "startEnsAvatar",
    "ens_avatar_sent": "getEnsAvatar",
    "received_use": "acceptReceived",
    "received_decline": "declineReceived",
    "mint": "createMint",
    "mint_publish": "publishMint",
    "mint_cancel": "cancelMint",
    "mint_sent": "recordMint",
    "mint_use": "useMint",
}
# Those that only a person does, and the words of the row of the guide that says why.
ONLY_ON_PAGES = {
    "api_tokens": "make and revoke tokens",
    "api_token_revoke": "make and revoke tokens",
    "challenge": "link and move wallets",
    "verify": "link and move wallets",
    "data_delete": "delete the account",
    "keep": "delete the account",
    "report": "report and appeal",
    "published_report": "report and appeal",
    "appeal": "report and appeal",
    "picture_appeal": "report and appeal",
    "account_signup": "ways to sign in",
    "account_email": "ways to sign in",
    "account_confirm_email": "ways to sign in",
    "account_reauthenticate_wallet": "ways to sign in",
    "mfa_remove_webauthn": "ways to sign in",
    "usersessions_list": "ways to sign in",
    "session_end": "ways to sign in",
    "sessions_end": "ways to sign in",
    "language": "language of the pages",
}
OURS = ("avatarsite", "users", "profiles", "nft")
GUIDE = (ROOT / "docs/use/api.md").read_text("utf-8")
SECTION = GUIDE.partition("## On the pages only")[2].partition("\n## ")[0]


def takes_posts(client: Client, path: str) -> bool:
    """Ask by a method that nothing carries out: the answer lists the methods, or leads elsewhere."""
    answer = client.options(path)
    return "POST" in answer.headers.get("Allow", "") or answer.status_code == 302


@pytest.mark.django_db
@pytest.mark.usefixtures("no_chain")
def test_each_action_of_a_page_has_an_operation_or_a_reason() -> None:
    alice = a_person("alice")
    an_upload(alice)
    client = Client()
    client.force_login(alice.user)
    modules = [pattern.callback.__module__ for _, pattern in patterns(get_resolver())]
    actions = {
        route.name
        for module, route in zip(modules, routes(belongings_of(alice.user)), strict=True)
        if module.partition(".")[0] in OURS and module != "profiles.api.dispatch" and takes_posts(client, route.path)
    }
    assert actions == BY_PROGRAMS.keys() | ONLY_ON_PAGES.keys()
    assert set(BY_PROGRAMS.values()) <= {operation.name for operation in all_operations()}


def test_the_guide_says_why_the_rest_has_none() -> None:
    rows = re.findall(r"^\| ([a-z ]+) \| [A-Z].+\. \|$", SECTION, re.MULTILINE)
    assert set(rows) == set(ONLY_ON_PAGES.values())
