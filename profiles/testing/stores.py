"""Where the pictures of a test are kept: a folder, or a bucket of an S3 server."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"


@dataclass(frozen=True)
class FileStore:
    """The object store of one test: a folder."""

    folder: Path

    @property
    def storage(self) -> dict[str, Any]:
        """The entry of STORAGES that keeps objects here."""
        return {
            "BACKEND": "profiles.store.files.AtomicFileSystemStorage",
            "OPTIONS": {"location": self.folder, "base_url": None},
        }

    def object_keys(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def path(self, key: str) -> Path:
        return self.folder / key


@dataclass(frozen=True)
class S3Server:
    """A running S3 server and the keys of its only user."""

    endpoint_url: str
    access_key: str = "tests"
    secret_key: str = "only for tests"

    def client(self, **changes: Any) -> S3Client:
        """Return a boto3 client; `changes` replace its arguments, e.g. a wrong `aws_secret_access_key`."""
        import boto3
        from botocore.config import Config

        path_style = Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 1})
        arguments: dict[str, Any] = {
            "endpoint_url": self.endpoint_url,
            "aws_access_key_id": self.access_key,
            "aws_secret_access_key": self.secret_key,
            "region_name": REGION,
            "config": path_style,
        }
        return boto3.client("s3", **(arguments | changes))


@dataclass(frozen=True)
class Bucket:
    """The bucket of one test, empty at the start."""

    server: S3Server
    name: str
    client: S3Client

    @property
    def storage(self) -> dict[str, Any]:
        """The entry of STORAGES that keeps objects here."""
        options = {
            "bucket_name": self.name,
            "endpoint_url": self.server.endpoint_url,
            "region_name": REGION,
            "access_key": self.server.access_key,
            "secret_key": self.server.secret_key,
            "addressing_style": "path",
            "signature_version": "s3v4",
            "default_acl": None,
            "querystring_auth": True,
        }
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}

    def object_keys(self) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def delete(self) -> bool:
        """Delete the objects, then the bucket. Return False if an object came between: a server may write late."""
        for key in self.object_keys():
            self.client.delete_object(Bucket=self.name, Key=key)
        try:
            self.client.delete_bucket(Bucket=self.name)
        except self.client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "BucketNotEmpty":
                raise
            return False
        return True


@contextmanager
def new_bucket(server: S3Server) -> Iterator[Bucket]:
    """Yield a new bucket. It is deleted afterwards with its objects, because they take memory."""
    client = server.client()
    bucket = Bucket(server, f"test-{secrets.token_hex(6)}", client)
    client.create_bucket(Bucket=bucket.name)
    try:
        yield bucket
    finally:
        while not bucket.delete():
            time.sleep(0.1)
        client.close()
