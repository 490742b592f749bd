"""django-avatar in an environment of its own: an upload with four sizes, and a site with its picture URL.

Run as a module, it uploads. granian serves `application`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

from bench.serve import serve

USER = "alice"
FOLDER = Path(os.environ["BENCH_FOLDER"])

settings.configure(
    SECRET_KEY="only-for-the-bench",  # noqa: S106 - signs nothing of value
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MEDIA_ROOT=str(FOLDER),
    MEDIA_URL="/media/",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(FOLDER / "db"), "CONN_MAX_AGE": 60}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "avatar"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    AVATAR_AUTO_GENERATE_SIZES=(512, 256, 128, 64),
    AVATAR_THUMB_FORMAT="WEBP",
    AVATAR_THUMB_QUALITY=82,
    AVATAR_MAX_AVATARS_PER_USER=1,
)
django.setup()
urlpatterns = [path("avatar/", include("avatar.urls"))]


def upload(content: bytes, name: str) -> None:
    from avatar.models import Avatar
    from django.contrib.auth.models import User

    file = ContentFile(content, name)
    Avatar.objects.create(user=User.objects.get(username=USER), primary=True, avatar=file)


def _prepare() -> None:
    from django.contrib.auth.models import User

    call_command("migrate", verbosity=0)
    User.objects.get_or_create(username=USER)


def main(file: Path) -> None:
    content = file.read_bytes()
    _prepare()
    upload(content, file.name)
    serve(lambda: upload(content, file.name))


application: Any = get_wsgi_application()
if __name__ == "__main__":
    main(Path(sys.argv[1]))
