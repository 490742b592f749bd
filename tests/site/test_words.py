"""The site's templates name browsers and label forms."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from users.devices import device_name
from users.templatetags.users import our_label

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (f"{MAC} Version/18.1 Safari/605.1.15", "Safari on Mac"),
        (f"{WINDOWS} Gecko/20100101 Firefox/143.0".replace("x64)", "x64; rv:143.0)"), "Firefox on Windows"),
        (f"{WINDOWS} {CHROME} Safari/537.36 Edg/140.0.0.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36", "Chrome on Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.5.0", "curl"),
        ("Mozilla/5.0 (Windows NT 10.0)", "Windows"),
        ("", "An unnamed program"),
        ("<script>alert(1)</script>", "An unnamed program"),
    ],
)
def test_a_browser_is_called_by_its_name(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name


def test_labels_of_others_are_spelled_as_ours_and_unknown_ones_are_kept() -> None:
    assert our_label("Email (optional)") == "E-mail"
    assert our_label("Display name") == "Display name"


@pytest.mark.django_db
def test_they_are_so_in_german_too(client: Client) -> None:
    for path in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"):
        page = client.get(path, headers={"accept-language": "de"}).content.decode()
        assert not re.search(r">\s*(?:Anmeldename|Anmeldung|E-Mail \(optional\))\s*<", page), path
