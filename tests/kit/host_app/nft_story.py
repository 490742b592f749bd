"""A host project with both apps under a prefix: its own names on the user stay its own, and every page is below."""

from __future__ import annotations

import sys
from typing import Any

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import NoReverseMatch, get_resolver, reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from nft.accounts.linking import Proof, link_account  # noqa: E402
from profiles.people.profiles import profile_of  # noqa: E402
from tests.kit.host_app.models import Linked_Account, Profile  # noqa: E402
from tests.kit.host_app.paths import find_strays  # noqa: E402

call_command("check", fail_level="ERROR")
call_command("migrate", run_syncdb=True, verbosity=0)
alice: Any = get_user_model().objects.create_superuser("alice@example.org")
Profile._default_manager.create(user=alice, about="of the host")
Linked_Account._default_manager.create(user=alice)
assert profile_of(alice).handle
assert alice.profile.about == "of the host"
link_account(alice, Proof(bytes(range(20)), 1, is_contract_account=False), timezone.now())
assert (alice.linked_accounts.count(), alice.nft_linked_accounts.count()) == (1, 1)

browser, walked = Client(), 0
browser.force_login(alice)
for app in ("nft", "profiles"):
    for name in [name for name in get_resolver(f"{app}.urls").reverse_dict if isinstance(name, str)]:
        try:
            path = reverse(f"{app}:{name}")
        except NoReverseMatch:
            continue
        answer = browser.get(path, follow=True)
        assert answer.status_code in {200, 404, 405}, (path, answer.status_code)
        if "text/html" in answer.headers.get("Content-Type", ""):
            strays = find_strays(answer.content.decode())
            assert not strays, (path, strays)
            walked += 1
for model in ("profiles/profile", "profiles/avatar", "nft/linkedaccount", "nft/tokenclaim"):
    assert browser.get(f"/admin/{model}/").status_code == 200, model
sys.stdout.write(f"walked {walked} pages\nwhole\n")
