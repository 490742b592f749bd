"""Call the API as a person's program does."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from profiles.models import Profile
from profiles.people.api_tokens import TokenRequest, create_token
from profiles.scopes import SENSITIVE_LASTS, Scope, get_scopes

CURRENT = "/me/picture"
ALL = "/me/pictures"


def a_secret(profile: Profile, *scopes: Scope) -> str:
    """Return the secret of a new token with these scopes, or with all of them."""
    now = timezone.now()
    wish = TokenRequest("A program", frozenset(scopes or get_scopes()), now + SENSITIVE_LASTS)
    return create_token(profile, wish, now=now, actor=profile.user).secret


def address_of(path: str) -> str:
    """Return where the host project answers this path of the API."""
    return f"{reverse('profiles:api')}v1{path}"


class Program:
    """A program that sends `secret` with each call, unless it is empty."""

    def __init__(self, secret: str = "") -> None:
        self.headers = {"authorization": f"Bearer {secret}"} if secret else {}
        self.client = Client()

    def call(self, method: str, path: str, body: bytes = b"", kind: str = "", **headers: str) -> Any:
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(method, address_of(path), body, content_type=kind, headers=sent)

    def put(self, content: bytes, *, query: str = "", kind: str = "image/png") -> Any:
        return self.call("PUT", CURRENT + query, content, kind)

    def patch(self, picture_id: object, body: bytes, kind: str = "application/json") -> Any:
        return self.call("PATCH", f"{ALL}/{picture_id}", body, kind)

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str) -> Any:
        return self.call("POST", path)

    def delete(self, path: str) -> Any:
        return self.call("DELETE", path)


def problem_of(answer: Any) -> tuple[int, str]:
    """Return status and slug of an answer that must be a problem document (RFC 9457)."""
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    assert problem["title"]
    return answer.status_code, problem["type"].removeprefix("/problems/")
