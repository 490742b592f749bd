"""Fill an empty database with people who have pictures, sign one in, and count the queries of one avatar.

The rows are like those of as many uploads. The stored files are those of a few real uploads, which the rows share.
Prints one line of JSON.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from io import BytesIO

import django

django.setup()

from django.conf import settings  # noqa: E402 - after setup
from django.contrib.auth.models import User  # noqa: E402 - after setup
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402
from PIL import Image  # noqa: E402

from bench.pictures import make_square  # noqa: E402
from profiles.decoding import get_decoder  # noqa: E402
from profiles.models import Avatar, Profile, Rendition, StoredImage  # noqa: E402
from profiles.sources import UPLOAD  # noqa: E402
from profiles.store.images import keep_image  # noqa: E402

UPLOADS, PAGE = 8, 1000
_OWN = ("mime", "width", "height", "frames", "byte_count", "source_format")
_SQUARE = ("size", "format", "is_still", "sha256", "byte_count")


def main(people: int) -> dict[str, float | str]:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    uploads = [keep_image(_upload(number)).row for number in range(UPLOADS)]
    get_decoder().close()
    for first in range(0, people, PAGE):
        _add(range(first, min(first + PAGE, people)), uploads)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {"queries": _queries("/avatar/person-0?s=128"), "session": _session(User.objects.get(username="person-0"))}


def _upload(number: int) -> bytes:
    buffer = BytesIO()
    Image.open(BytesIO(make_square(600))).rotate(number * 40).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _add(numbers: Sequence[int], uploads: Sequence[StoredImage]) -> None:
    names = [f"person-{number}" for number in numbers]
    users = User.objects.bulk_create(User(username=name, password="!") for name in names)  # noqa: S106 - none
    people = Profile.objects.bulk_create(Profile(user=user, handle=user.username) for user in users)
    sources = [uploads[number % UPLOADS] for number in numbers]
    images = StoredImage.objects.bulk_create(
        _copy_of(source, name) for source, name in zip(sources, names, strict=True)
    )
    Rendition.objects.bulk_create(
        Rendition(image=image, **{field: getattr(square, field) for field in _SQUARE})
        for source, image in zip(sources, images, strict=True)
        for square in source.renditions.all()
    )
    _show(people, images)


def _copy_of(source: StoredImage, name: str) -> StoredImage:
    facts = {field: getattr(source, field) for field in _OWN}
    return StoredImage(sha256=hashlib.sha256(name.encode()).hexdigest(), touched_at=timezone.now(), **facts)


def _show(people: Sequence[Profile], images: Sequence[StoredImage]) -> None:
    avatars = Avatar.objects.bulk_create(
        Avatar(profile=person, image=image, source=UPLOAD, chosen_at=timezone.now())
        for person, image in zip(people, images, strict=True)
    )
    for person, avatar in zip(people, avatars, strict=True):
        person.avatar = avatar
    Profile.objects.bulk_update(people, ["avatar"], batch_size=200)


def _session(user: User) -> str:
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _queries(path: str) -> int:
    client = Client(HTTP_ACCEPT="image/webp", HTTP_HOST="127.0.0.1")
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
