"""The table of all operations. The routes and the document are made from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from profiles.api import views
from profiles.api.calls import Handler
from profiles.api.problems import PICTURE_REASONS
from profiles.api.schemas import ALT_TEXT, CROP, IDENTIFIER, Schema
from profiles.models import HANDLE_PATTERN
from profiles.people.api_tokens import Scope
from profiles.positions import POSITION

# Problems of every call, and of every call with a token.
_ALWAYS = (
    "method-not-allowed",
    "bad-parameter",
    "rate-limited",
    "internal-error",
    "database-unavailable",
    "temporarily-unavailable",
)
_WITH_TOKEN = ("token-missing", "token-unknown", "token-expired", "token-revoked", "scope-missing")
# 405 answers methods that are not operations, so no operation lists it.
_UNLISTED = {"method-not-allowed"}


@dataclass(frozen=True)
class Parameter:
    name: str
    place: Literal["path", "query"]
    schema: Schema
    about: str


@dataclass(frozen=True)
class Operation:
    """`path` is an OpenAPI template below `/api/v1`; the handler takes its parameters by name.

    `scope` None: public, tokens are ignored. `answer` names a schema. `problems`: besides those of every call.
    """

    name: str
    method: Literal["GET", "PUT", "POST", "PATCH", "DELETE"]
    path: str
    about: str
    handler: Handler
    scope: Scope | None
    answer: str
    parameters: tuple[Parameter, ...] = ()
    body: Literal["picture", "description"] | None = None
    problems: tuple[str, ...] = ()

    def queries(self) -> set[str]:
        """Return the names of the query parameters."""
        return {parameter.name for parameter in self.parameters if parameter.place == "query"}

    def all_problems(self) -> Iterator[str]:
        """Yield the slugs in the table's order. A malformed parameter of the path is no-such-address."""
        odd_path = ("no-such-address",) if "{" in self.path else ()
        every = (*_ALWAYS, *(_WITH_TOKEN if self.scope else ()), *odd_path, *self.problems)
        return (slug for slug in every if slug not in _UNLISTED)


_ID = Parameter("picture_id", "path", IDENTIFIER, "Of a picture in your history.")
_HANDLE = Parameter("handle", "path", {"type": "string", "pattern": HANDLE_PATTERN}, "As in /u/<handle>/.")
_ALT = Parameter("alt_text", "query", ALT_TEXT, "What the picture shows, for people who can't see it.")
_CROP = Parameter(
    "crop",
    "query",
    CROP,
    "The square to show, as x,y,size: the point in its middle as fractions of width and height, and its side as a "
    "fraction of the shorter side. It is moved inside where it would reach over an edge. Without it: 0.5,0.5,1.",
)
_LIMIT_SCHEMA: Schema = {"type": "integer", "minimum": 1, "maximum": views.MAX_PAGE, "default": views.DEFAULT_PAGE}
_LIMIT = Parameter("limit", "query", _LIMIT_SCHEMA, "Pictures in a page.")
_AFTER = Parameter("after", "query", {"type": "string", "pattern": POSITION}, "The “next” of an earlier answer.")
_BODY = ("length-required", "malformed-body", "too-many-bytes", "unsupported-media-type", "body-invalid")
_BLOCKED = "picture-blocked"
_UPLOAD = (*_BODY, *PICTURE_REASONS, "picture-refused", "picture-not-showable", _BLOCKED)
_NOT_SHOWN = ("no-such-picture", "picture-not-showable", _BLOCKED)
_STORE = ("decoder-unavailable", "storage-unavailable")
_CURRENT, _ALL = "/me/picture", "/me/pictures"
_ONE = f"{_ALL}/{{picture_id}}"

OPERATIONS = (
    Operation(
        "getPicture", "GET", _CURRENT, "Your picture as others see it now, and the ids of your history.",
        views.get_picture, Scope.READ, "CurrentPicture",
    ),
    Operation(
        "putPicture", "PUT", _CURRENT,
        "Makes the body your picture. The same bytes again choose the same picture again. Nothing of what you send is "
        "kept but what we encode of it. With a crop, the whole picture is kept, too, for you alone.",
        views.put_picture, Scope.WRITE, "Picture", (_ALT, _CROP), "picture", (*_UPLOAD, *_STORE),
    ),
    Operation(
        "deletePicture", "DELETE", _CURRENT, "Removes your current picture; the one you chose before it comes back.",
        views.delete_picture, Scope.DELETE, "Removal", problems=("no-picture", "no-such-picture"),
    ),
    Operation(
        "listPictures", "GET", _ALL, "Your history, chosen last first, in pages.",
        views.list_pictures, Scope.READ, "Pictures", (_LIMIT, _AFTER),
    ),
    Operation(
        "describePicture", "PATCH", _ONE, "Sets what the picture shows, for people who can't see it.",
        views.describe_picture, Scope.WRITE, "Picture", (_ID,), "description", ("no-such-picture", *_BODY),
    ),
    Operation(
        "removePicture", "DELETE", _ONE, "Removes a picture from your history. It can be restored for a while.",
        views.remove_picture, Scope.DELETE, "Removal", (_ID,), problems=("no-such-picture",),
    ),
    Operation(
        "usePicture", "POST", f"{_ONE}/use", "Makes a picture of your history the current one again.",
        views.use_picture, Scope.WRITE, "Picture", (_ID,), problems=_NOT_SHOWN,
    ),
    Operation(
        "restorePicture", "POST", f"{_ONE}/restore", "Undoes a removal.",
        views.restore_picture, Scope.WRITE, "Picture", (_ID,), problems=_NOT_SHOWN,
    ),
    Operation(
        "getProfile", "GET", "/profiles/{handle}", "Anybody's public profile, with the receipt of their picture.",
        views.get_profile, None, "Profile", (_HANDLE,), problems=("no-such-profile",),
    ),
)  # fmt: skip
