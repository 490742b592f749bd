"""Settings of the environment that operators choose, read by a site of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

ASK = """
import json, django
django.setup()
from django.conf import settings
from django.test import RequestFactory
from django.urls import Resolver404, resolve, reverse
from django.middleware.security import SecurityMiddleware
from django.http import HttpResponse

def is_there(path):
    try:
        return bool(resolve(path))
    except Resolver404:
        return False

request = RequestFactory().get("/", secure=True)
answer = SecurityMiddleware(lambda request: HttpResponse())(request)
print(json.dumps({
    "hsts": answer.headers.get("Strict-Transport-Security", ""),
    "admin": reverse("admin:index"),
    "usual": is_there("/admin/"),
    "second": settings.STAFF_NEED_SECOND_FACTOR,
}))
"""
PRODUCTION = {"LOCAL_STACK": "0", "SECRET_KEY": "x" * 50, "SITE_ORIGIN": "https://a.example", "NFT_ENABLED": "0"}


def ask(**settings: str) -> dict[str, object]:
    environment = os.environ | PRODUCTION | settings
    told = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(told.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, {"hsts": "max-age=31536000", "admin": "/admin/", "usual": True, "second": True}),
        (
            {"HSTS_INCLUDE_SUBDOMAINS": "1", "HSTS_PRELOAD": "1", "ADMIN_PATH": "/staff/door/"},
            {"hsts": "max-age=31536000; includeSubDomains; preload", "admin": "/staff/door/", "usual": False},
        ),
        ({"HSTS_SECONDS": "0", "STAFF_NEED_SECOND_FACTOR": "0"}, {"hsts": "", "second": False}),
        ({"SITE_ORIGIN": "http://localhost:8000", "LOCAL_STACK": "1"}, {"hsts": "", "second": False}),
    ],
)
def test_they_have_these_effects(settings: dict[str, str], found: dict[str, object]) -> None:
    told = ask(**settings)
    assert {name: told[name] for name in found} == found
