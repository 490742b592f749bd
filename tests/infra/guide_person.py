"""A person who comes to the finished site with a browser's bare means: signs up, uploads, and looks at the picture.

    python guide_person.py ORIGIN CA_FILE

Run again, the same person comes back.

Runs on the machine of the guide, with the site's own Python. Prints one line for each thing that worked.
"""

from __future__ import annotations

import io
import json
import secrets
import sys
from pathlib import Path

import requests
from PIL import Image

COLOR = (200, 40, 120)


STATE = Path("/root/person.json")


def come_back(origin: str, authorities: str) -> None:
    """Do as the person who signed up before, with the same session."""
    state = json.loads(STATE.read_text("utf-8"))
    session = requests.Session()
    session.verify = authorities
    session.cookies.update(state["cookies"])
    page = session.get(f"{origin}/settings/picture/", timeout=30, allow_redirects=False)
    assert page.status_code == 200, f"signed out: {page.status_code}"
    # After a change of SECRET_KEY the site gives the session a new name.
    STATE.write_text(json.dumps({**state, "cookies": session.cookies.get_dict()}), "utf-8")
    answer = requests.get(f"{origin}/avatar/{state['name']}.png?s=64", timeout=30, verify=authorities)
    answer.raise_for_status()
    shown = Image.open(io.BytesIO(answer.content)).convert("RGB").getpixel((32, 32))
    assert isinstance(shown, tuple)
    assert all(abs(one - other) <= 6 for one, other in zip(shown, COLOR, strict=True)), shown
    print("still signed in, and the picture still shows")  # noqa: T201


def main(origin: str, authorities: str) -> None:
    name = f"ada{secrets.token_hex(3)}"
    session = requests.Session()
    session.verify = authorities

    def post(path: str, **content: object) -> requests.Response:
        session.get(origin + path, timeout=30).raise_for_status()
        headers = {"Referer": origin + path, "X-CSRFToken": session.cookies["__Host-csrf"]}
        answer = session.post(origin + path, headers=headers, timeout=60, **content)  # type: ignore[arg-type]
        answer.raise_for_status()
        return answer

    post(
        "/accounts/signup/",
        data={"username": name, "email": f"{name}@avatars.example", "password1": "long and odd 4711"},
    )
    post("/settings/welcome/", data={"handle": name})
    print(f"{name} signed up")  # noqa: T201
    picture = io.BytesIO()
    Image.new("RGB", (640, 640), COLOR).save(picture, "PNG")
    post("/settings/picture/", files={"content": ("picture.png", picture.getvalue(), "image/png")})
    answer = requests.get(f"{origin}/avatar/{name}.png?s=128", timeout=30, verify=authorities)
    answer.raise_for_status()
    shown = Image.open(io.BytesIO(answer.content)).convert("RGB")
    middle = shown.getpixel((64, 64))
    assert isinstance(middle, tuple)
    assert all(abs(one - other) <= 6 for one, other in zip(middle, COLOR, strict=True)), middle
    print(f"the picture shows, {shown.width} pixels wide")  # noqa: T201
    page = requests.get(f"{origin}/u/{name}/", timeout=30, verify=authorities)
    page.raise_for_status()
    assert name in page.text
    print("the public page shows")  # noqa: T201
    STATE.write_text(json.dumps({"name": name, "cookies": session.cookies.get_dict()}), "utf-8")


if __name__ == "__main__":
    (come_back if STATE.exists() else main)(*sys.argv[1:])
