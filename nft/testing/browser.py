"""Browsers of visitors, who sign in by wallet and claim tokens by the host project's URLs."""

from __future__ import annotations

import random
import time
from ipaddress import IPv6Address
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import resolve, reverse

from nft.models import TokenClaim
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import ContractWallet, Wallet
from profiles.models import Profile
from profiles.people.profiles import profile_of


class Browser:
    """A visitor with their own cookies and network, so that tests don't share rate limits."""

    def __init__(self, *, csrf: bool = False) -> None:
        self.client = Client(enforce_csrf_checks=csrf, REMOTE_ADDR=str(IPv6Address(random.getrandbits(125) | 1 << 125)))

    def enter(self, user: User, *, ago: float = 0) -> None:
        """Sign in as a person who entered their password `ago` seconds ago."""
        self.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        session = self.client.session
        session["signed_in_at"] = time.time() - ago
        session["account_authentication_methods"] = [{"method": "password", "at": time.time() - ago}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()

    def ask_challenge(self, address: str, *, purpose: str = "sign_in", chain_id: int = CHAIN_ID, **more: object) -> Any:
        content = {"address": address, "chain_id": chain_id, "purpose": purpose, **more}
        return self.client.post(reverse("nft:challenge"), content, content_type="application/json")

    def text_for(self, address: str, **more: Any) -> str:
        response = self.ask_challenge(address, **more)
        assert response.status_code == 200, response.content
        return str(response.json()["text"])

    def verify(self, text: str, signature: str) -> Any:
        content = {"text": text, "signature": signature}
        return self.client.post(reverse("nft:verify"), content, content_type="application/json")

    def sign_in(self, wallet: Wallet | ContractWallet, **more: Any) -> Any:
        """Sign in by the two calls of a page: ask for the text (EIP-4361), and send it back with its signature."""
        text = self.text_for(wallet.address, **more)
        return self.verify(text, wallet.sign(text))

    def link(self, wallet: Wallet | ContractWallet) -> Any:
        return self.sign_in(wallet, purpose="link")

    @property
    def user(self) -> User | None:
        """The person who is signed in."""
        user = get_user(self.client)  # only needs the session, which the client has
        return user if user.is_authenticated else None

    @property
    def profile(self) -> Profile:
        """The profile of the person who is signed in."""
        user = self.user
        assert user is not None, "Nobody is signed in."
        return profile_of(user)

    def upload(self, picture: bytes) -> Any:
        """Send a picture as the upload form does."""
        file = SimpleUploadedFile("picture.png", picture, "image/png")
        return self.client.post(reverse("profiles:picture"), {"content": file})

    def claim(self, reference: str) -> TokenClaim:
        """Ask to show a token as one's picture, by its reference, as the page of tokens does. Return the claim."""
        answer = self.client.post(reverse("nft:claim_create"), {"reference": reference})
        assert answer.status_code == 302, f"The claim was refused: {answer.status_code} {answer.content[:2000]!r}"
        return TokenClaim.objects.get(pk=resolve(urlsplit(answer["Location"]).path).kwargs["claim_id"])
