"""Use an S3 server beyond Django's storage interface: posts by browsers, presigned URLs, ordered listings.

Every function takes a django-storages S3 storage and keys without its `location`, and lets botocore's errors pass:
profiles.store.objects translates them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, cast

from django.core.files.storage import Storage

from profiles import settings

if TYPE_CHECKING:  # sites on files don't load boto3
    from boto3 import Session
    from botocore.config import Config
    from mypy_boto3_s3 import S3Client, S3ServiceResource
    from mypy_boto3_s3.type_defs import ListObjectsV2RequestPaginateTypeDef


class S3Store(Protocol):
    """The attributes used of django-storages' S3Storage; importing it would load boto3 into sites on files."""

    bucket_name: str
    location: str
    endpoint_url: str | None
    region_name: str | None
    client_config: Config | None

    @property
    def connection(self) -> S3ServiceResource: ...

    def _create_session(self) -> Session: ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class StoredObject:
    key: str
    byte_count: int
    changed_at: datetime


@dataclass(frozen=True)
class PostForm:
    """The form that a browser sends as multipart/form-data: `fields` in this order, then the file as `file`."""

    url: str
    fields: dict[str, str]


def as_s3(store: Storage) -> S3Store | None:
    """Return the storage if it speaks S3, else None."""
    return cast("S3Store", store) if hasattr(store, "bucket_name") and hasattr(store, "connection") else None


def read(store: S3Store, key: str, most: int | None = None) -> bytes:
    """Return an object, or its first `most` bytes, in one request; the storage's own files need three."""
    answer = store.connection.meta.client.get_object(Bucket=store.bucket_name, Key=full_key(store, key))
    with closing(answer["Body"]) as body:
        content: bytes = body.read(most)
    return content


def stream(store: S3Store, key: str, chunk: int) -> Iterator[bytes]:
    """Yield an object in pieces, in one request."""
    answer = store.connection.meta.client.get_object(Bucket=store.bucket_name, Key=full_key(store, key))
    with closing(answer["Body"]) as body:
        yield from body.iter_chunks(chunk)


def list_pages(store: S3Store, prefix: str, after: str) -> Iterator[list[StoredObject]]:
    """Yield up to 1,000 objects whose keys begin with `prefix` at a time, in the order of keys, after the key `after`.

    `after` is "" for all.
    """
    root = full_key(store, "")
    query: ListObjectsV2RequestPaginateTypeDef = {"Bucket": store.bucket_name, "Prefix": f"{root}{prefix}"}
    if after:
        query["StartAfter"] = root + after
    paginator = store.connection.meta.client.get_paginator("list_objects_v2")
    for page in paginator.paginate(**query):
        entries = page.get("Contents", [])
        yield [StoredObject(each["Key"].removeprefix(root), each["Size"], each["LastModified"]) for each in entries]


def post_form(store: S3Store, key: str, content_type: str, byte_count: int, *, seconds: int) -> PostForm:
    """Presign a POST for exactly this key, content type and size. No network call."""
    conditions = [{"Content-Type": content_type}, ["content-length-range", byte_count, byte_count]]
    signed = _browsers_client(store).generate_presigned_post(
        store.bucket_name,
        full_key(store, key),
        Fields={"Content-Type": content_type},
        Conditions=conditions,
        ExpiresIn=seconds,
    )
    return PostForm(signed["url"], signed["fields"])


def signed_url(store: S3Store, key: str, *, seconds: int, saved_as: str = "") -> str:
    """Presign a GET of this key. No network call. `saved_as`: the name under which browsers save it."""
    what = {"Bucket": store.bucket_name, "Key": full_key(store, key)}
    if saved_as:
        what["ResponseContentDisposition"] = f'attachment; filename="{saved_as}"'
    url: str = _browsers_client(store).generate_presigned_url("get_object", Params=what, ExpiresIn=seconds)
    return url


def full_key(store: S3Store, key: str) -> str:
    """Return the key with the storage's `location`."""
    location = store.location.strip("/")
    return f"{location}/{key}" if location else key


def _browsers_client(store: S3Store) -> S3Client:
    """Return a client for the host that browsers reach, because a signature names the host."""
    endpoint = settings.current().browser_s3_endpoint
    is_ours = endpoint in {"", store.endpoint_url}
    return store.connection.meta.client if is_ours else _client_at(store, endpoint)


@lru_cache(maxsize=4)
def _client_at(store: S3Store, endpoint: str) -> S3Client:
    """Return a cached client: creating one takes tens of milliseconds, and threads may share it."""
    session = store._create_session()  # noqa: SLF001 - it holds the credentials, whatever their source
    return session.client("s3", endpoint_url=endpoint, region_name=store.region_name, config=store.client_config)
