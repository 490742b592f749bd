"""Both apps work with a user model whose people sign in by e-mail and have a UUID as key."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.redis import RedisServer

ROOT = Path(__file__).resolve().parents[2]

STORY = """
import django
django.setup()
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from profiles.models import AuditEntry
from profiles.people.email_names import sync_user
from profiles.people.profiles import profile_of
from profiles.pictures.rights import moderate_avatar
from profiles.testing.api_client import Program, a_secret
from profiles.testing.people import a_picture, an_upload
from tests.kit.token_pictures import a_token_picture

call_command("check", fail_level="ERROR")
call_command("migrate", run_syncdb=True, verbosity=0)
People = get_user_model()
alice = profile_of(People.objects.create_user("alice@example.org"))
assert alice.handle.startswith("user-"), "an address is no handle"
picture = an_upload(alice)
assert AuditEntry.objects.filter(actor=alice.user, action="avatar.set").exists()
sync_user(alice.user_id)
visitor = Client(headers={"host": "localhost"})
assert visitor.get(f"/avatar/{alice.handle}.json").json()["sha256"] == picture.image.sha256
assert visitor.get(f"/avatar/{alice.handle}").status_code == 200
program = Program(a_secret(alice))
program.headers["host"] = "localhost"
assert program.put(a_picture()).status_code == 200

team = Client(headers={"host": "localhost"})
root = People.objects.create_superuser("root@example.org")
team.force_login(root)
for model in ("profile", "avatar", "storedimage", "auditentry"):
    listed = team.get(f"/admin/profiles/{model}/", {"q": "alice@example.org"})
    assert listed.status_code == 200, model
assert "1 person" in team.get("/admin/profiles/profile/", {"q": "alice@example.org"}).content.decode()
found = team.get("/admin/profiles/profile/find/", {"q": "alice@example.org"}, follow=True)
assert alice.handle in found.content.decode(), "one hit is opened at once, on Django's page as the desk's is not there"
assert team.post(f"/admin/profiles/profile/{alice.pk}/do/lock/", {"reason": "Spam."}).status_code == 302
assert team.post(f"/admin/profiles/profile/{alice.pk}/do/unlock/", {"reason": "A mistake."}).status_code == 302
moderate_avatar(picture.pk, "Shows somebody else.", root)

if apps.is_installed("nft"):
    from nft.accounts import linking, listing, moving
    from nft.accounts.linking import Proof
    from nft.testing.genesis import CHAIN_ID
    from nft.testing.wallets import Wallet

    bob = People.objects.create_user("bob@example.org")
    proof = Proof(Wallet.create().address_bytes, CHAIN_ID, is_contract_account=False)
    linking.link_account(alice.user, proof, timezone.now())
    moving.move_account(bob, proof, timezone.now())
    assert len(listing.list_accounts(bob)) == 1
    for model in ("linkedaccount", "tokenclaim", "mintrequest", "signinchallenge", "collection"):
        assert team.get(f"/admin/nft/{model}/", {"q": "bob@example.org"}).status_code == 200, model
from tests.kit.email_users.pages import open_all

an_upload(alice)
open_all(alice)
print("whole")
"""


@pytest.mark.parametrize("nft", ["1", pytest.param("0", marks=pytest.mark.long)])
def test_people_without_a_username(nft: str, tmp_path: Path, redis_server: RedisServer) -> None:
    own = {"NFT_ENABLED": nft, "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}", "DATA_DIR": str(tmp_path)}
    own |= {"REDIS_URL": redis_server.url, "PYTHONPATH": str(ROOT), "DEBUG": "1"}
    own |= {"DJANGO_SETTINGS_MODULE": "tests.kit.email_users.settings"}
    done = subprocess.run(
        [sys.executable, "-c", STORY], check=False, env=os.environ | own, cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.strip().endswith("whole"), done.stdout + done.stderr


def test_profiles_imports_no_user_model() -> None:
    """Only the type checker may see Django's own: at run time it is whatever the project chose."""
    importing = []
    for path in (ROOT / "profiles").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for_types = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        importing += [
            str(path)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "django.contrib.auth.models"
            if id(node) not in for_types and "User" in {name.name for name in node.names}
        ]
    assert not importing
