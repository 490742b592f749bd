"""The OpenAPI document: valid, complete, and true of every answer to anything a client may send."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any
from wsgiref.types import StartResponse

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from hypothesis import HealthCheck, strategies
from hypothesis import settings as trying
from openapi_spec_validator import OpenAPIV31SpecValidator
from pytest_django import Settings
from schemathesis.config import SchemathesisConfig

from profiles.api.document import PICTURE_TYPES, document
from profiles.api.operations import OPERATIONS
from profiles.api.problems import PROBLEMS
from profiles.api.urls import urlpatterns
from profiles.models import Profile
from profiles.testing.api_client import a_secret
from profiles.testing.people import a_picture, an_upload

#: Pictures and other bytes; each kind may hold any, for only the bytes count.
BODIES = strategies.sampled_from([a_picture("PNG"), a_picture("JPEG"), a_picture("GIF"), b"\x89PNG", b"GIF89a" * 9])
for media_type in PICTURE_TYPES:
    schemathesis.openapi.media_type(media_type, BODIES | strategies.binary(max_size=200))

PATHS = {re.sub(r"\{\w+\}", "", operation.path) for operation in OPERATIONS}


def test_the_document_is_valid(client: Client) -> None:
    answer = client.get("/api/openapi.json")
    assert answer["Content-Type"] == "application/json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert [error.message for error in OpenAPIV31SpecValidator(answer.json()).iter_errors()] == []


def test_the_document_names_the_site(settings: Settings, client: Client) -> None:
    settings.SITE_ORIGIN = "https://pictures.example"
    assert document()["servers"] == [{"url": "https://pictures.example/api/v1"}]


def test_every_route_is_an_operation_and_every_operation_a_route() -> None:
    routes = {re.sub(r"<\w+:\w+>", "", str(each.pattern)) for each in urlpatterns}
    assert {"/" + route.removeprefix("api/v1/") for route in routes if route.startswith("api/v1/")} == PATHS


def test_every_problem_is_one_that_some_call_may_meet() -> None:
    met = {slug for operation in OPERATIONS for slug in operation.all_problems()}
    assert set(PROBLEMS) - met == {"method-not-allowed"}


CONFIG = {
    "generation": {"max-examples": 25, "deterministic": True, "database": "none"},
    "checks": {
        # A picture is judged by its bytes and what its owner may do by the history: no schema can say either.
        "positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "422"]},
        # The usual refusals, with the two of a body that is too long or does not say how long it is.
        "negative_data_rejection": {
            "expected-statuses": ["400", "401", "403", "404", "405", "411", "413", "415", "422"]
        },
    },
}


@pytest.fixture
def _leave(settings: Settings) -> None:
    """For a few thousand calls."""
    settings.AVATAR_API_CALLS_PER_HOUR = settings.AVATAR_API_GUEST_CALLS_PER_HOUR = 1_000_000
    settings.AVATAR_API_GUESSES_PER_HOUR = settings.AVATAR_UPLOADS_PER_HOUR = 1_000_000


@pytest.fixture
def secret(alice: Profile) -> str:
    """Of a person with pictures to find."""
    for _ in range(3):
        an_upload(alice)
    return a_secret(alice)


def site(environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
    return _handler()(environ, start)


@cache
def _handler() -> WSGIHandler:
    return WSGIHandler()


api = schemathesis.openapi.from_dict(document(), config=SchemathesisConfig.from_dict(CONFIG))
api.app = site


@pytest.mark.usefixtures("one_connection", "_leave")
@api.parametrize()
@trying(deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_documented(case: Any, secret: str) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {secret}"})
