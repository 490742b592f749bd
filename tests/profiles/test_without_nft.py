"""The site lives without the other app: with `nft` out of INSTALLED_APPS a person still has a picture."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.servers.redis import RedisServer

STORY = """
import re
import sys
import django
django.setup()
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from profiles.testing.people import a_picture

call_command("check", fail_level="ERROR")
call_command("migrate", verbosity=0)
call_command("makemigrations", "profiles", check=True, dry_run=True, verbosity=0)
assert not apps.is_installed("nft")
her = Client(headers={"host": "localhost"})
her.force_login(get_user_model().objects.create_superuser("alice"))
file = SimpleUploadedFile("me.png", a_picture(), "image/png")
assert her.post("/settings/picture/", {"content": file}).status_code == 302
for path in ("/", "/settings/picture/", "/settings/profile/", "/u/alice/", "/admin/", "/admin/profiles/avatar/"):
    assert her.get(path).status_code == 200, path
for path in ("/", "/accounts/login/", "/accounts/signup/"):
    page = Client(headers={"host": "localhost"}).get(path).content.decode().lower()
    assert not re.search(r"\\b(nft|wallet)s?\\b", page), path  # as words: a random token may hold any letters
assert her.get("/avatar/alice.json").json()["source"] == "upload"
chains = {"nft", "web3", "siwe", "eth_account", "websockets"}  # of chains only
assert not chains & {name.partition(".")[0] for name in sys.modules}, "a library of chains was imported"
print("whole")
"""


def test_the_upload_story_without_the_nft_app(tmp_path: Path, redis_server: RedisServer) -> None:
    root = Path(__file__).resolve().parents[2]
    own = {"NFT_ENABLED": "0", "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}", "DATA_DIR": str(tmp_path)}
    own |= {"REDIS_URL": redis_server.url, "PYTHONPATH": str(root), "DEBUG": "1"}
    done = subprocess.run(
        [sys.executable, "-c", STORY], check=False, env=os.environ | own, cwd=root, capture_output=True, text=True
    )
    assert done.stdout.strip().endswith("whole"), done.stdout + done.stderr
