"""Operations of the API: what an app says of each of its own, and the registry that `profiles.api` serves.

An app lists its operations in groups and calls `register_groups` with the list's dotted path when it is ready. Its
handlers call the use cases that its pages call. Token, scope, limits, parameters and body are checked before them, by
what the operation says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Literal

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from profiles.errors import Kind
from profiles.models import ApiToken, Profile
from profiles.positions import POSITION, Position
from profiles.programs.schemas import Schema, input_of
from profiles.scopes import Scope

DEFAULT_PAGE, MAX_PAGE = 20, 100
# Bytes of a JSON body, unless its operation says otherwise.
MAX_JSON = 4 * 1024

# What a handler returns: what becomes JSON, or a whole response.
Answer = Mapping[str, object] | HttpResponseBase
Handler = Callable[..., Answer]


@dataclass(frozen=True)
class Call:
    """A call that was admitted. `token` is None for public operations.

    `values` are the parameters of the query and the members of the body, as their schemas want them; `file` is the
    file of an upload. `key` is the call's Idempotency-Key, "" without one.
    """

    request: HttpRequest
    now: datetime
    token: ApiToken | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    file: bytes | None = None
    key: str = ""

    @property
    def owner(self) -> Profile:
        """Return the owner of the token, as read with it: their picture may have changed since."""
        if self.token is None:
            raise LookupError("a public operation speaks for nobody")
        return self.token.profile

    @property
    def actor(self) -> AbstractBaseUser:
        user: AbstractBaseUser = self.owner.user
        return user

    @property
    def after(self) -> Position | None:
        """Return where the page before ended; None for the first page."""
        text = self.values.get("after")
        return None if text is None else Position.parse(text)

    @property
    def limit(self) -> int:
        return int(self.values.get("limit", DEFAULT_PAGE))

    def owner_now(self) -> Profile:
        """Read the owner again, for answers after a change."""
        return Profile.objects.select_related("user", "avatar__image").get(pk=self.owner.pk)


@dataclass(frozen=True)
class Parameter:
    """A parameter of the path or the query. Its schema has a single type."""

    name: str
    place: Literal["path", "query"]
    schema: Schema
    about: str
    is_required: bool = False
    example: object = None


@dataclass(frozen=True)
class Json:
    """A JSON object as the body. It may be left out unless `is_required`."""

    schema: Schema
    max_bytes: int = MAX_JSON
    is_required: bool = True


@dataclass(frozen=True)
class Upload:
    """A file, as the part `file` of multipart/form-data beside `fields`.

    `types`: the media types under which it can also be sent as the body itself; its fields are query parameters then.
    """

    fields: Mapping[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    file: str = "content"
    types: tuple[str, ...] = ()
    is_required: bool = True

    @property
    def schema(self) -> Schema:
        """The schema of the fields without the file."""
        return input_of(self.fields, required=self.required)


@dataclass(frozen=True)
class Media:
    """An answer in bytes, not in JSON."""

    about: str
    types: tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    """`path` is an OpenAPI template below `/api/v1`; the handler takes its parameters by name.

    `scope` None: public, tokens are ignored. `answer` names a schema. `problems`: those besides the ones of every call.
    keeps_answer: a call with an Idempotency-Key that was answered before gets the same answer again. `elsewhere`: the
    operation is a page outside of the API, documented here, at the path from the root of these URLs.
    """

    name: str
    method: Literal["GET", "PUT", "POST", "PATCH", "DELETE"]
    path: str
    about: str
    handler: Handler | None
    scope: Scope | None
    answer: str | Media
    parameters: tuple[Parameter, ...] = ()
    body: Json | Upload | None = None
    problems: tuple[Kind, ...] = ()
    keeps_answer: bool = False
    elsewhere: bool = False

    @property
    def queries(self) -> list[Parameter]:
        return [parameter for parameter in self.parameters if parameter.place == "query"]

    @property
    def is_paged(self) -> bool:
        return any(parameter.name == "after" for parameter in self.parameters)


@dataclass(frozen=True)
class Group:
    """Operations on one subject, with the schemas of their answers by name."""

    name: str
    about: str
    operations: tuple[Operation, ...]
    schemas: Mapping[str, Schema] = field(default_factory=dict)


LIMIT = Parameter(
    "limit",
    "query",
    {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE},
    "How many entries a page has.",
)
AFTER = Parameter("after", "query", {"type": "string", "pattern": POSITION}, "The “next” of the page before.")
PAGED = (LIMIT, AFTER)

_paths: list[str] = []


def register_groups(path: str) -> None:
    """Add the operations of the groups that stand at a dotted path. Their modules are loaded with the first call."""
    if path not in _paths:
        _paths.append(path)


@cache
def get_groups() -> tuple[Group, ...]:
    return tuple(group for path in _paths for group in import_string(path))


def all_operations() -> Iterator[Operation]:
    return (operation for group in get_groups() for operation in group.operations)
