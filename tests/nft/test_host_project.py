"""Another Django project installs nft and sets nothing of its own: it starts, checks, and signs people in by wallet."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from localstack.binaries import ROOT

PROJECT = """
import json
import sys
import types
from django.conf import settings
from django.urls import include, path

class Urls(types.ModuleType):
    @property
    def urlpatterns(self):
        return [path("", include("nft.urls")), path("", include("profiles.urls"))]

urls = "host_urls"
sys.modules[urls] = Urls(urls)
settings.configure(
    SECRET_KEY="x" * 50,
    SITE_ORIGIN="http://testserver",
    ALLOWED_HOSTS=["testserver"],
    ROOT_URLCONF=urls,
    INSTALLED_APPS=[
        "profiles", "nft", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "nft.middleware.WalletSessions", "nft.middleware.WalletWindows",
    ],
    AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend", "nft.backends.WalletBackend"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    **json.loads(%(more)r),
)
import django
django.setup()
from django.core.checks import run_checks
print(json.dumps(sorted({message.id for message in run_checks() if message.id.startswith("nft.")})))
"""
SIGN_IN = """
from django.core.management import call_command
from django.test import Client
from eth_account import Account
from eth_account.messages import encode_defunct
call_command("migrate", verbosity=0)
wallet, client = Account.create(), Client()
def post(name, **content):
    return client.post(f"/accounts/wallet/{name}/", json.dumps(content), content_type="application/json")
text = post("challenge", address=wallet.address, chain_id=1, purpose="sign_in").json()["text"]
signature = wallet.sign_message(encode_defunct(text=text)).signature.hex()
answer = post("verify", text=text, signature="0x" + signature.removeprefix("0x"))
print(json.dumps([answer.status_code, "_auth_user_id" in client.session]))
"""
CHAINS = {"1": {"name": "Ethereum", "rpc_urls": ["http://127.0.0.1:9"]}}


def run(code: str, **more: object) -> list[object]:
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    program = PROJECT % {"more": json.dumps(more)} + code
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_checks_tell_what_is_missing() -> None:
    assert run("") == [["nft.E005", "nft.W001"]]  # no chains, no gateways


def test_a_wallet_signs_in_with_nothing_set_but_a_chain() -> None:
    assert run(SIGN_IN, NFT_CHAINS=CHAINS, LOGIN_REDIRECT_URL="/") == [["nft.W001"], [200, True]]
