"""The OpenAPI document: valid, complete, and true of every answer to anything a client may send."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import UUID
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
from schemathesis.schemas import BaseSchema

from profiles.api.document import document
from profiles.api.pictures import PICTURE_TYPES
from profiles.api.urls import urlpatterns
from profiles.models import Profile
from profiles.programs.operations import all_operations
from profiles.testing.api_client import a_secret
from profiles.testing.people import a_person, a_picture, an_upload
from tests.kit.routes import belongings_of

#: Pictures and other bytes; each kind may hold any, for only the bytes count.
BODIES = strategies.sampled_from([a_picture("PNG"), a_picture("JPEG"), a_picture("GIF"), b"\x89PNG", b"GIF89a" * 9])
for media_type in PICTURE_TYPES:
    schemathesis.openapi.media_type(media_type, BODIES | strategies.binary(max_size=200))

OPERATIONS = tuple(all_operations())


def test_the_document_is_valid(client: Client) -> None:
    answer = client.get("/api/openapi.json")
    assert answer["Content-Type"] == "application/json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert [error.message for error in OpenAPIV31SpecValidator(answer.json()).iter_errors()] == []


def test_the_document_names_the_site(settings: Settings) -> None:
    settings.SITE_ORIGIN = "https://pictures.example"
    assert document()["servers"] == [{"url": "https://pictures.example"}]


def test_what_generators_of_clients_need_is_there(client: Client) -> None:
    said = client.get("/api/openapi.json").json()
    assert {"title", "version", "description", "license", "contact"} <= said["info"].keys()
    tags = {tag["name"] for tag in said["tags"]}
    each = [operation for path in said["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in each}) == len(each) == len(OPERATIONS)
    assert {tag for operation in each for tag in operation["tags"]} == tags
    bodies = [media for operation in each for media in operation.get("requestBody", {}).get("content", {}).values()]
    assert all(media["schema"].get("type") or "$ref" in media["schema"] for media in bodies)
    problems = [
        answer["content"]["application/problem+json"]["schema"]
        for operation in each
        for status, answer in operation["responses"].items()
        if status != "200"
    ]
    assert problems
    assert all(schema == {"$ref": "#/components/schemas/Problem"} for schema in problems)


def test_every_route_is_an_operation_and_every_operation_a_route() -> None:
    routes = {re.sub(r"<\w+:\w+>", "", str(each.pattern)) for each in urlpatterns}
    paths = {re.sub(r"\{\w+\}", "", each.path) for each in OPERATIONS if not each.elsewhere}
    assert {"/" + route.removeprefix("api/v1/") for route in routes if route.startswith("api/v1/")} == paths


def test_every_operation_elsewhere_is_a_page_of_ours(client: Client, db: None) -> None:
    elsewhere = [each for each in OPERATIONS if each.elsewhere]
    assert elsewhere
    for each in elsewhere:
        assert client.get(re.sub(r"\{\w+\}", "nobody", each.path) + "?d=404").status_code == 404


#: Hosts and chains that do not answer are no failure of ours.
OUTAGES = ["502", "503", "504"]
CHECKS = {
    "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", *OUTAGES]},
    # A picture is judged by its bytes and what its owner may do by what they have: no schema can say either.
    "positive_data_acceptance": {
        "expected-statuses": ["2xx", "400", "401", "403", "404", "409", "422", "429", *OUTAGES]
    },
    # The usual refusals, with the two of a body that is too long or does not say how long it is.
    "negative_data_rejection": {
        "expected-statuses": ["400", "401", "403", "404", "405", "409", "411", "413", "415", "422", "429", *OUTAGES]
    },
}


@pytest.fixture
def _leave(settings: Settings) -> None:
    """For a few thousand calls."""
    settings.AVATAR_API_CALLS_PER_HOUR = settings.AVATAR_API_GUEST_CALLS_PER_HOUR = 1_000_000
    settings.AVATAR_API_GUESSES_PER_HOUR = settings.AVATAR_UPLOADS_PER_HOUR = 1_000_000
    every = ("checks", "mints", "transactions", "searches", "names", "exports", "pictures", "challenge-session")
    settings.AVATAR_RATE_LIMITS = dict.fromkeys(every, (1_000_000, 3600))


@pytest.fixture(scope="module")
def alice(rows_of_the_module: None) -> Profile:
    """A person with something of each kind."""
    profile = a_person("alice")
    an_upload(profile)
    return profile


@pytest.fixture(scope="module")
def ids(alice: Profile) -> dict[str, UUID]:
    return belongings_of(alice.user)


@pytest.fixture(scope="module")
def secret(alice: Profile) -> str:
    return a_secret(alice)


def site(environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
    return _handler()(environ, start)


@cache
def _handler() -> WSGIHandler:
    return WSGIHandler()


def calls(examples: int, *, boundaries: bool) -> BaseSchema:
    """Return the operations with so many calls of each, and those at the boundaries of each schema."""
    config = {
        "generation": {"max-examples": examples, "deterministic": True, "database": "none"},
        "phases": {"coverage": {"enabled": boundaries}},
        "checks": CHECKS,
    }
    schema = schemathesis.openapi.from_dict(document(), config=SchemathesisConfig.from_dict(config))
    schema.app = site
    # Public pictures answer whatever is asked with the nearest one; tests/profiles/serving has their hostile input.
    return schema.exclude(path_regex="/avatar/")


quick = calls(4, boundaries=False)
thorough = calls(40, boundaries=True)


@pytest.mark.usefixtures("db", "no_chain", "one_connection", "_leave")
@quick.parametrize()
@trying(deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_are_as_documented(case: Any, secret: str, ids: dict[str, UUID]) -> None:
    check(case, secret, ids)


@pytest.mark.long
@pytest.mark.usefixtures("db", "no_chain", "one_connection", "_leave")
@thorough.parametrize()
@trying(deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_documented(case: Any, secret: str, ids: dict[str, UUID]) -> None:
    check(case, secret, ids)


def check(case: Any, secret: str, ids: dict[str, UUID]) -> None:
    """Let half of the calls that name anything name what is there. Whatever comes of it is documented, and no crash."""
    for name, value in (case.path_parameters or {}).items():
        if name in ids and re.fullmatch("[0-9a-f-]{35}[0-7]", str(value)):
            case.path_parameters[name] = str(ids[name])
    answer = case.call_and_validate(headers={"Authorization": f"Bearer {secret}"})
    if answer.status_code >= 400:
        documented = case.operation.definition.raw["responses"].get(str(answer.status_code), {})
        kinds = documented.get("x-problems", ["/problems/method-not-allowed"])
        assert answer.json()["type"] in {*kinds, "/problems/bad-request"}
