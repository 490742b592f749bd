"""What an S3 server can do beyond Django's storage interface: posts by browsers, signed addresses, ordered listings.

Every function takes a django-storages S3 storage and keys without its `location`, and lets botocore's errors pass:
storage.py is the edge that turns them into ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.core.files.storage import Storage

from profiles import settings


@dataclass(frozen=True)
class StoredObject:
    key: str
    byte_count: int
    changed_at: datetime


@dataclass(frozen=True)
class PostForm:
    """What a browser sends as multipart/form-data: `fields` in this order, then the file as `file`."""

    url: str
    fields: dict[str, str]


def as_s3(store: Storage) -> Any | None:
    """The storage if it speaks S3. Told by what it has: importing its class would load boto3 into sites on files."""
    return store if hasattr(store, "bucket_name") and hasattr(store, "connection") else None


def read(store: Any, key: str, most: int | None = None) -> bytes:
    """The object, or its first `most` bytes, in one request where the storage's own files make three."""
    answer = store.connection.meta.client.get_object(Bucket=store.bucket_name, Key=full_key(store, key))
    with closing(answer["Body"]) as body:
        content: bytes = body.read(most)
    return content


def list_pages(store: Any, folder: str, after: str) -> Iterator[list[StoredObject]]:
    """Up to 1,000 objects at a time, in the order of their keys, beginning behind the key `after` ("" for all)."""
    root = full_key(store, "")
    behind = {"StartAfter": root + after} if after else {}
    paginator = store.connection.meta.client.get_paginator("list_objects_v2")
    for page in paginator.paginate(Bucket=store.bucket_name, Prefix=f"{root}{folder}/", **behind):
        entries = page.get("Contents", [])
        yield [StoredObject(each["Key"].removeprefix(root), each["Size"], each["LastModified"]) for each in entries]


def post_form(store: Any, key: str, content_type: str, byte_count: int, *, seconds: int) -> PostForm:
    """Leave to post exactly this key, type and number of bytes, for so many seconds. Asks no server."""
    exactly = [{"Content-Type": content_type}, ["content-length-range", byte_count, byte_count]]
    signed = _browsers_client(store).generate_presigned_post(
        store.bucket_name,
        full_key(store, key),
        Fields={"Content-Type": content_type},
        Conditions=exactly,
        ExpiresIn=seconds,
    )
    return PostForm(signed["url"], signed["fields"])


def signed_url(store: Any, key: str, *, seconds: int) -> str:
    what = {"Bucket": store.bucket_name, "Key": full_key(store, key)}
    url: str = _browsers_client(store).generate_presigned_url("get_object", Params=what, ExpiresIn=seconds)
    return url


def full_key(store: Any, key: str) -> str:
    location = str(store.location).strip("/")
    return f"{location}/{key}" if location else key


def _browsers_client(store: Any) -> Any:
    """Signs for the host that browsers reach, which a signature names."""
    endpoint = settings.current().browser_s3_endpoint
    is_ours = endpoint in {"", store.endpoint_url}
    return store.connection.meta.client if is_ours else _client_at(store, endpoint)


@lru_cache(maxsize=4)
def _client_at(store: Any, endpoint: str) -> Any:
    """Made once: it costs tens of milliseconds, and threads may share it."""
    session = store._create_session()  # noqa: SLF001 - where it keeps its credentials, whichever way they came
    return session.client("s3", endpoint_url=endpoint, region_name=store.region_name, config=store.client_config)
