"""Whatever is sent to whatever address, by whomever: the answer is never a failure of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from random import Random
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.signals import got_request_exception
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client

from profiles.testing.people import a_person, an_upload
from tests.kit.hostile_requests import Shape, known_shapes, random_shape
from tests.kit.routes import belongings_of, routes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_connection")]
CSRF = "a" * 32


@pytest.fixture
def cookies(db: None) -> dict[str, str]:
    """Return the cookies of a guest, of a person who owns what the routes name, and of staff."""
    alice = a_person("alice").user
    staff = User.objects.create_superuser("root", password=None)
    csrf = f"{settings.CSRF_COOKIE_NAME}={CSRF}"
    return {"guest": csrf, "person": f"{csrf}; {_session(alice)}", "staff": f"{csrf}; {_session(staff)}"}


def _session(user: User) -> str:
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


class Failures:
    """What the site answered with 500 or more, and the exceptions behind it."""

    def __init__(self) -> None:
        self.application = get_wsgi_application()
        self.found: dict[str, list[str]] = {}
        self.asked: Counter[int] = Counter()
        self._raised = ""

    def note(self, sender: object, **_: object) -> None:
        import sys

        error = sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1]
        trace = error.__traceback__ if error else None
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename.split('site-packages/')[-1]}:{trace.tb_lineno}" if trace else ""
        self._raised = f"{type(error).__name__} at {where}: {str(error)[:80]}"

    def ask(self, route: str, path: str, role: str, cookie: str, shape: Shape) -> None:
        self._raised = ""
        cache.clear()  # of tries that were counted: a 429 would hide what is behind it
        status: list[str] = []
        environ = shape.environ(path, cookie)
        environ.setdefault("HTTP_X_CSRFTOKEN", CSRF)

        def start_response(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
            status.append(line)
            return lambda data: None

        sid = connection.savepoint()
        assert sid is not None, "a transaction is open"
        try:
            answer: Any = self.application(environ, start_response)
            list(answer)
            answer.close()
        except Exception as error:  # noqa: BLE001 - the server would answer 500
            status.append("599")
            self._raised = self._raised or f"{type(error).__name__} through the handler: {str(error)[:80]}"
        if connection.needs_rollback:
            connection.set_rollback(False)
        connection.savepoint_rollback(sid)
        connection.savepoint_commit(sid)  # or it stays, and the database runs out of locks
        code = int(status[-1][:3])
        self.asked[code] += 1
        if code >= 500:
            self.found.setdefault(self._raised or status[-1], []).append(f"{route} as {role}: {shape.name}")


@pytest.fixture
def failures(db: None) -> Iterator[Failures]:
    found = Failures()
    got_request_exception.connect(found.note)
    yield found
    got_request_exception.disconnect(found.note)


def _ask(failures: Failures, cookies: dict[str, str], shapes: list[Shape], random: Random, count: int) -> None:
    """Make so many different requests: a route, a shape and a role each."""
    alice = User.objects.get(username="alice")
    an_upload(alice.avatar_profile)
    every = list(product(routes(belongings_of(alice)), shapes, cookies.items()))
    for route, shape, (role, cookie) in random.sample(every, count):
        failures.ask(route.name, route.path, role, cookie, shape)
    listed = "\n".join(
        f"{len(where)} times {error}\n    {where[0]}\n    {where[-1]}" for error, where in failures.found.items()
    )
    assert not failures.found, f"{sum(failures.asked.values())} requests, {dict(failures.asked)}\n{listed}"
    assert failures.asked[429] == 0, "what is behind a limit was not asked"


def test_no_malformed_request_ends_in_a_failure_of_ours(failures: Failures, cookies: dict[str, str]) -> None:
    random = Random(20261129)
    shapes = [*known_shapes(), *(random_shape(random) for _ in range(40))]
    _ask(failures, cookies, shapes, random, 600)


@pytest.mark.long
def test_no_malformed_request_of_many_ends_in_a_failure_of_ours(failures: Failures, cookies: dict[str, str]) -> None:
    random = Random(7)
    shapes = [*known_shapes(), *(random_shape(random) for _ in range(300))]
    _ask(failures, cookies, shapes, random, 90_000)
