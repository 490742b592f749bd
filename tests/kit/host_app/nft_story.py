"""A host project with both apps under a prefix, and its own names: on the user, and the labels `profiles` and `nft`.

From an empty database to the first picture, a sign-in by wallet, every page below the prefix and in the admin, and the
work of a moderator.
"""

from __future__ import annotations

import html
import json
import re
import sys
from typing import Any

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib import admin  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.models import Group  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import NoReverseMatch, get_resolver, resolve, reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from nft.accounts.linking import Proof, link_account  # noqa: E402
from nft.app_labels import NFT  # noqa: E402
from nft.models import ClaimPicture, LinkedAccount, MintRequest, TokenClaim, WatchedContract  # noqa: E402
from nft.testing.wallets import Wallet  # noqa: E402
from nft.watching.contracts import repair_watched_contracts  # noqa: E402
from profiles.app_labels import PROFILES  # noqa: E402
from profiles.desk.roles import make_groups  # noqa: E402
from profiles.desk.search import search  # noqa: E402
from profiles.desk.start import build_start  # noqa: E402
from profiles.models import Avatar, Profile, WebhookEndpoint  # noqa: E402
from profiles.reports.reporting import Complaint, Reporter, take_report  # noqa: E402
from profiles.testing.people import a_picture, a_user, an_upload  # noqa: E402
from tests.kit.host_app.models import Linked_Account  # noqa: E402
from tests.kit.host_app.models import Profile as HostProfile  # noqa: E402
from tests.kit.host_app.paths import find_strays  # noqa: E402
from tests.kit.token_pictures import a_token_picture  # noqa: E402

OURS = {PROFILES, NFT}
ADMIN = re.compile(rf'href="(/admin/(?:{"|".join(OURS)})/[^"#]*)"')
NOW = timezone.now()


def make_tables() -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)
    call_command("check", databases=["default"], fail_level="ERROR")
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    assert {apps.get_app_config(label).name for label in OURS} == {"profiles", "nft"}
    assert not OURS & {"profiles", "nft"}
    theirs = {f"{label}_{model}" for label, model in (("profiles", "profile"), ("nft", "tokenclaim"))}
    ours = {model._meta.db_table for label in OURS for model in apps.get_app_config(label).get_models()}
    assert theirs | ours <= set(connection.introspection.table_names())
    assert all(table.partition("_")[0] in OURS for table in ours)


def set_a_picture() -> Profile:
    """Upload it on our page, and see it at its address."""
    alice = a_user("alice")
    content = SimpleUploadedFile("a.png", a_picture(), "image/png")
    sent = signed_in(alice).post(reverse("profiles:picture"), {"content": content, "alt_text": "Me"})
    assert sent.status_code == 302, sent.content.decode()
    person = Profile.objects.get(user=alice)
    assert Client().get(f"/pictures/avatar/{person.handle}?d=404").status_code == 200
    return person


def sign_in_by_wallet() -> None:
    wallet, browser = Wallet.create(), Client(headers={"host": "localhost"})

    def post(name: str, **content: object) -> Any:
        return browser.post(reverse(f"nft:{name}"), json.dumps(content), content_type="application/json")

    text = post("challenge", address=wallet.address, chain_id=1, purpose="sign_in").json()["text"]
    answer = post("verify", text=text, signature=wallet.sign(text))
    assert (answer.status_code, "_auth_user_id" in browser.session) == (200, True), answer.content
    assert LinkedAccount.objects.filter(address=wallet.address_bytes).exists()


def fill_pages(person: Profile) -> Avatar:
    """Make rows whose pages lead to each other. Return a picture to moderate."""
    token, upload, facts = a_token_picture(person, NOW), an_upload(person), {"chain_id": 1, "contract": bytes(20)}
    link_account(person.user, Proof(bytes(range(20)), 1, is_contract_account=False), NOW)
    claim = TokenClaim.objects.create(user=person.user, token_id=7, avatar=token, **facts)
    ClaimPicture.objects.create(claim=claim, name="Dawn")
    MintRequest.objects.create(user=person.user, idempotency_key="1", owner=bytes(20), name="Dusk", **facts)
    WebhookEndpoint.objects.create(profile=person, url="https://club.example/", created_at=NOW)
    WatchedContract.objects.all().delete()
    repair_watched_contracts(1, NOW)
    assert WatchedContract.objects.exists(), "found in the table of claims, by its name"
    take_report(person, Complaint("picture", "nudity"), Reporter(None, ("192.0.2.1/32",), "", "en"), NOW)
    return upload


def keep_their_names(user: Any) -> None:
    HostProfile._default_manager.create(user=user, about="of the host")
    Linked_Account._default_manager.create(user=user)
    assert (user.profile.about, user.linked_accounts.count()) == ("of the host", 1)
    assert (user.avatar_profile, user.nft_linked_accounts.count()) == (Profile.objects.get(user=user), 1)


def open_our_pages(browser: Client) -> None:
    """Open what has an address without a parameter. Its links stay below the prefix."""
    for app in ("nft", "profiles"):
        for name in [name for name in get_resolver(f"{app}.urls").reverse_dict if isinstance(name, str)]:
            try:
                path = reverse(f"{app}:{name}")
            except NoReverseMatch:
                continue
            answer = browser.get(path, follow=True)
            assert answer.status_code in {200, 404, 405}, (path, answer.status_code)
            if "text/html" in answer.headers.get("Content-Type", ""):
                assert not find_strays(answer.content.decode()), (path, find_strays(answer.content.decode()))


def open_the_admin(root: Any, person: Profile) -> int:
    """Open every list of our models, and each kind of page that they, the desk and its search lead to. Count them."""
    browser, waiting, opened = signed_in(root), [line.waiting.url for line in build_start(root).lines], set[str]()
    for text in (person.handle, "Dawn", "0x" + bytes(range(20)).hex()):
        waiting += [hit.url for hit in search(text, root)]
    for model in admin.site._registry:
        if model._meta.app_label in OURS:
            waiting.append(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
    while waiting:
        url = html.unescape(waiting.pop())
        name = resolve(url.partition("?")[0]).view_name
        if name in opened:
            continue
        opened.add(name)
        answer = browser.get(url, follow=True)
        assert answer.status_code == 200, (url, answer.status_code)
        if "text/html" in answer.headers["Content-Type"]:
            waiting += ADMIN.findall(answer.content.decode())
    return len(opened)


def signed_in(user: Any) -> Client:
    browser = Client()
    browser.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
    return browser


def moderate(picture: Avatar) -> None:
    """Only who is in the group may do it, by the permissions that the label is in."""
    make_groups()
    moderator, other = a_user("mod"), a_user("other")
    type(moderator).objects.filter(pk__in=[moderator.pk, other.pk]).update(is_staff=True)
    moderator.groups.set(Group.objects.filter(name="moderate"))
    assert [moderator.has_perm(f"{label}.lock_profile") for label in (PROFILES, "profiles")] == [True, False]
    address = reverse(f"admin:{PROFILES}_avatar_act", args=[picture.pk, "hide"])
    reason = {"reason": "It shows somebody else."}
    answers = [signed_in(user).post(address, reason).status_code for user in (other, moderator)]
    assert answers == [403, 302], answers
    picture.refresh_from_db()
    assert (picture.state, picture.is_locked) == (Avatar.State.REMOVED, True), picture.state


make_tables()
alice = set_a_picture()
sign_in_by_wallet()
shown = fill_pages(alice)
keep_their_names(alice.user)
root = get_user_model().objects.create_superuser("root@example.org")
open_our_pages(signed_in(root))
count = open_the_admin(root, alice)
moderate(shown)
call_command("run_jobs", once=True, verbosity=0)
sys.stdout.write(f"{count} pages of the admin\nwhole\n")
