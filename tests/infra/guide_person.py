"""A person who comes to the finished site with a browser's bare means: signs up, uploads, and looks at the picture.

    python guide_person.py ORIGIN CA_FILE

Runs on the machine of the guide, with the site's own Python. Prints one line for each thing that worked.
"""

from __future__ import annotations

import io
import secrets
import sys

import requests
from PIL import Image

COLOR = (200, 40, 120)


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


main(*sys.argv[1:])
