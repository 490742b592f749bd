"""Where other apps add what profiles can't know: sources of pictures, and identifiers by which people are found.

Register in `AppConfig.ready`. The hooks run while a page or picture is served: no network call, no write, at most one
query. Clients are the exception: that of pictures runs while a person waits for one, those of pages and posts in jobs.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.db.models import Q
from django.utils.module_loading import import_string

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop
from profiles.source_words import LossWords, SourceWords

if TYPE_CHECKING:
    from profiles.models import Avatar

logger = logging.getLogger(__name__)

NOT_THERE = Kind("not-there", gettext_noop("There is no such picture"), 422)
# The one source that needs no attestation: a person's own file.
UPLOAD = "upload"
MAX_NAME = 16

# Returns the provenance to show (`avatar.provenance` with more or fresher keys), or None for nothing.
ProvenanceProvider = Callable[["Avatar"], Mapping[str, object] | None]

# Returns what the mark of a picture says in words, from what is stored with it: pages show many, so it asks no query.
MarkDescriber = Callable[["Avatar"], str]

# Takes `Avatar.reference`; returns what it names, in words and links for staff. No query, no network.
ReferenceDescriber = Callable[[str], "Reference"]

# Returns a sentence for the person who uploaded a picture, or "". It may ask the database and the store.
UploadCheck = Callable[["Avatar"], str]

# Takes a web address that a person gave; returns the bytes of the picture there, at most AVATAR_MAX_BYTES, within
# seconds. Raises ExpectedError: of kind NOT_THERE if the host says that it has no such picture, and with `retry_after`
# if it says when to ask again. Whoever writes one answers for what a stranger's address may reach.
PictureFetcher = Callable[[str], bytes]

# Takes the web address of a page; returns it, within seconds. Raises ExpectedError where the page could not be read,
# which says nothing about it. Whoever writes one answers for what a stranger's address may reach.
PageFetcher = Callable[[str], "WebPage"]

# Takes an identifier from a URL; returns a filter over Profile, or None if it is not an identifier of its kind.
# A filter, not a profile, so that finding a person stays one query.
IdentifierResolver = Callable[[str], Q | None]


@dataclass(frozen=True)
class Reference:
    """What a reference names, as people read it, and where they can look at it: pairs of a name and an address."""

    words: str
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Source:
    """An origin of pictures.

    `name` is the value of `Avatar.source`, `label` what people read. `unchecked` is the sentence for a person whose
    picture was not attested for longer than AVATAR_IMAGE_MAX_AGE. Both are in English and marked by `gettext_noop`.
    `mark` says in words what the mark vouches for, `describe` what a reference names, `words` all else that pages say.
    """

    name: str
    label: str
    provenance: ProvenanceProvider | None = None
    unchecked: str = gettext_noop(
        "Whether you may still show this picture could not be checked for too long. We keep trying; try again later."
    )
    mark: MarkDescriber | None = None
    describe: ReferenceDescriber | None = None
    words: SourceWords = SourceWords()  # noqa: RUF009 - it has no state


@dataclass(frozen=True)
class WebPage:
    """A page of the web: where redirects ended, its type as the server claims it, without parameters, and its bytes."""

    url: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Posted:
    """The answer to a post: its status, and the seconds for which it asks us to wait, if it does."""

    status: int
    retry_after: int | None = None


class PostClient(Protocol):
    """Posts to web addresses that people gave. Whoever writes one answers for what a stranger's address may reach."""

    def check(self, address: str) -> None:
        """Raise ExpectedError unless the address may be posted to, judged by its text. No network call."""

    def post(
        self, address: str, content: bytes, headers: Mapping[str, str], seconds: float, *, is_paced: bool
    ) -> Posted | None:
        """Post JSON, and return what the server answered within `seconds`. Follow no redirect, read no body.

        Return None if nothing was sent, as others ask that host too often at the moment; never unless `is_paced`.
        Raise ExpectedError where no answer came. It is called by several threads at once.
        """


_sources: dict[str, Source] = {UPLOAD: Source(UPLOAD, gettext_noop("Upload"))}
_upload_checks: list[UploadCheck] = []
_resolvers: dict[str, IdentifierResolver] = {}
# The dotted paths of the last ones: their modules are loaded with the first picture, page and post.
_fetchers: list[str] = []
_fetch_refusals: list[Kind] = []
_page_fetchers: list[str] = []
_post_clients: list[str] = []
_post_refusals: list[Kind] = []


def register_source(source: Source) -> None:
    """Accept pictures of `source`, whose right to be shown must be attested. Replace an earlier one of its name.

    Raise ValueError for the name of uploads, and for a name that is not 1 to 16 small letters, digits and `_`.
    """
    if source.name == UPLOAD or not re.fullmatch(rf"[a-z0-9_]{{1,{MAX_NAME}}}", source.name):
        raise ValueError(f"{source.name!r} can't be the name of a source.")
    _sources[source.name] = source


def register_identifier_resolver(kind: str, resolver: IdentifierResolver) -> None:
    """Let `/avatar/<id>` know one more kind of identifier. Replace an earlier resolver of this kind."""
    _resolvers[kind] = resolver


def get_source(name: str) -> Source:
    """Return the registered source. Raise ValueError if no installed app registered it."""
    try:
        return _sources[name]
    except KeyError:
        raise ValueError(f"No source is registered as {name!r}: see profiles.sources.register_source.") from None


def source_choices() -> list[tuple[str, str]]:
    """Return name and label of every source, for forms and the admin."""
    return [(source.name, _(source.label)) for source in _sources.values()]


def provenance_of(avatar: Avatar) -> Mapping[str, object] | None:
    """Return what proves the right to show `avatar`, as its source tells it now, else as it was stored."""
    source = _sources.get(avatar.source)
    return avatar.provenance if source is None or source.provenance is None else source.provenance(avatar)


def register_upload_check(check: UploadCheck) -> None:
    """Have a person told what `check` says of a picture that they have just uploaded; "" for nothing."""
    if check not in _upload_checks:
        _upload_checks.append(check)


def check_upload(avatar: Avatar) -> list[str]:
    """Return what there is to tell a person about their upload. The picture is in use already: nothing is raised."""
    said = []
    for check in _upload_checks:
        try:
            said.append(check(avatar))
        except ExpectedError as error:
            logger.warning("An upload could not be checked: %s", error)
    return [sentence for sentence in said if sentence]


def register_picture_fetcher(path: str, *refusals: Kind) -> None:
    """Let people use a picture of the web, which the function at the dotted `path` fetches (a PictureFetcher).

    `refusals` are the kinds of errors that it raises, for the API's document.
    """
    _fetchers[:], _fetch_refusals[:] = [path], refusals


def fetch_refusals() -> tuple[Kind, ...]:
    return tuple(_fetch_refusals)


def can_fetch_pictures() -> bool:
    return bool(_fetchers)


def fetch_picture(address: str) -> bytes:
    """Return the bytes at a web address. Raise ExpectedError, or ValueError if no fetcher is registered."""
    if not _fetchers:
        raise ValueError("No fetcher is registered: see profiles.sources.register_picture_fetcher.")
    fetch: PictureFetcher = import_string(_fetchers[0])
    return fetch(address)


def register_page_fetcher(path: str) -> None:
    """Let people's links be verified: the function at the dotted `path` (a PageFetcher) reads the pages there."""
    _page_fetchers[:] = [path]


def can_fetch_pages() -> bool:
    return bool(_page_fetchers)


def fetch_page(address: str) -> WebPage:
    """Return the page at a web address. Raise ExpectedError, or ValueError if no fetcher is registered."""
    if not _page_fetchers:
        raise ValueError("No fetcher is registered: see profiles.sources.register_page_fetcher.")
    fetch: PageFetcher = import_string(_page_fetchers[0])
    return fetch(address)


def register_post_client(path: str, *refusals: Kind) -> None:
    """Let programs receive webhooks, which the PostClient that the function at the dotted `path` returns posts.

    `refusals` are the kinds of errors that its `check` raises, for the API's document.
    """
    _post_clients[:], _post_refusals[:] = [path], refusals


def post_refusals() -> tuple[Kind, ...]:
    return tuple(_post_refusals)


def can_post() -> bool:
    return bool(_post_clients)


def get_post_client() -> PostClient:
    """Return the client for posts. Raise ValueError if none is registered."""
    if not _post_clients:
        raise ValueError("No client is registered: see profiles.sources.register_post_client.")
    client: PostClient = import_string(_post_clients[0])()
    return client


def words_of(avatar: Avatar) -> SourceWords:
    """Return what pages say about `avatar`; the words for every source if its own is registered no more."""
    source = _sources.get(avatar.source)
    return SourceWords() if source is None else source.words


def words_of_loss() -> LossWords:
    """Return what is said of the end of a right: by the only source that needs one, else what fits all."""
    attested = [source.words for name, source in _sources.items() if name != UPLOAD]
    return (attested[0] if len(attested) == 1 else SourceWords()).loss()


def describe_mark(avatar: Avatar) -> str:
    """Return what the mark of `avatar` says in words. Whether it may be shown is for `Avatar.mark_holds` to say."""
    source = _sources.get(avatar.source)
    if source is None or source.mark is None:
        return _("Verified %(source)s picture", source=str(avatar.get_source_display()))
    return source.mark(avatar)


def describe_reference(source: str, reference: str) -> Reference:
    """Return what the reference of a picture names; the reference itself where its source says no more."""
    known = _sources.get(source)
    return (
        Reference(reference) if not reference or known is None or known.describe is None else known.describe(reference)
    )


def resolve_identifier(identifier: str) -> Q | None:
    """Return the first registered resolver's filter, or None if no resolver knows the form."""
    for resolve in _resolvers.values():
        if (answer := resolve(identifier)) is not None:
            return answer
    return None
