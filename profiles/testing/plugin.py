"""The fixtures of `profiles` for pytest: people, pictures, where they are kept, and jobs.

Nothing of the kit or of Django's models is imported before a test asks for a fixture, as pytest loads this module in
every project in which the package is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from profiles.models import Profile
    from profiles.testing.api_client import Program
    from profiles.testing.jobs import Jobs
    from profiles.testing.stores import Bucket, FileStore, S3Server


def need(fixture: str, *modules: str) -> None:
    """Fail the test, and say what to install, if one of the modules is missing."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        sentence = f"The fixture {fixture} needs {', '.join(missing)}, which the extra `test` installs"
        pytest.fail(f"{sentence}: pip install 'avatarsite[test]'", pytrace=False)


if find_spec("pytest_django") is None:

    @pytest.fixture
    def db() -> None:
        """The test database, which pytest-django provides."""
        need("db", "pytest_django")

    @pytest.fixture
    def settings() -> None:
        """The project's settings, changed for one test, which pytest-django provides."""
        need("settings", "pytest_django")


@pytest.fixture
def avatar_person(db: None) -> Profile:
    """Alice: the profile of a new user. `avatar_person.user` is the user; `profiles.testing.people` makes others."""
    from profiles.testing.people import a_person

    return a_person("alice")


@pytest.fixture
def avatar_client(avatar_person: Profile, settings: Any) -> Client:
    """Alice's browser, signed in: Django's test client."""
    from django.test import Client

    client = Client()
    client.force_login(avatar_person.user, settings.AUTHENTICATION_BACKENDS[0])
    return client


@pytest.fixture
def avatar_api(avatar_person: Profile) -> Program:
    """A program of Alice's that calls the API with a token of hers, which has every scope."""
    from profiles.testing.api_client import Program, a_secret

    return Program(a_secret(avatar_person))


@pytest.fixture
def avatar_picture() -> bytes:
    """A new picture, different from all others: a PNG. `profiles.testing.people` and `.pictures` draw others."""
    from profiles.testing.people import a_picture

    return a_picture()


@pytest.fixture
def avatar_store(settings: Any, tmp_path: Path) -> FileStore:
    """An empty folder in which the pictures of this test are kept (STORAGES["avatars"])."""
    from profiles.testing.stores import FileStore

    store = FileStore(tmp_path / "avatars")
    settings.STORAGES = settings.STORAGES | {"avatars": store.storage}
    return store


@pytest.fixture(scope="session")
def avatar_s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The S3 server that buckets are made on: moto's. Override it to use another."""
    need("avatar_s3_server", "moto", "flask", "flask_cors", "boto3")
    from profiles.testing.programs import Server
    from profiles.testing.stores import S3Server

    server = Server("profiles.testing.s3_server", log=tmp_path_factory.mktemp("s3") / "log")
    yield S3Server(server.url)
    server.kill()


@pytest.fixture
def avatar_bucket(avatar_s3_server: S3Server) -> Iterator[Bucket]:
    """A new bucket on a real S3 API. It is deleted after the test with all that is in it."""
    from profiles.testing.stores import new_bucket

    with new_bucket(avatar_s3_server) as bucket:
        yield bucket


@pytest.fixture
def avatar_s3(settings: Any, avatar_bucket: Bucket) -> Bucket:
    """A new bucket in which the pictures of this test are kept (STORAGES["avatars"])."""
    need("avatar_s3", "storages")
    settings.STORAGES = settings.STORAGES | {"avatars": avatar_bucket.storage}
    return avatar_bucket


@pytest.fixture
def avatar_jobs(db: None, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """The background jobs, which wait until the test runs them: `avatar_jobs.run()`, `avatar_jobs.later(hours=1)`."""
    from profiles.testing.jobs import Jobs

    jobs = Jobs()
    jobs.install(monkeypatch)
    return jobs
