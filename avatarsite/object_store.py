"""Where objects lie: one django-storages interface, S3 wherever S3_BUCKET is set, else files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from botocore.config import Config
from django.core.exceptions import ImproperlyConfigured

from avatarsite import env

CONNECT_SECONDS, READ_SECONDS = 3, 20


def storage(folder: Path, prefix: str) -> dict[str, Any]:
    """A STORAGES entry for objects below `prefix`."""
    bucket = env.text("S3_BUCKET", "")
    if not bucket:
        return {
            "BACKEND": "profiles.file_storage.AtomicFileSystemStorage",
            "OPTIONS": {"location": folder / prefix, "base_url": None},
        }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _s3_options(bucket, prefix)}


def _s3_options(bucket: str, prefix: str) -> dict[str, Any]:
    return {
        "bucket_name": bucket,
        "location": prefix,
        "endpoint_url": env.text("S3_ENDPOINT_URL", "") or None,
        "region_name": env.text("S3_REGION", "us-east-1"),
        "access_key": env.text("S3_ACCESS_KEY_ID", "") or None,
        "secret_key": env.text("S3_SECRET_ACCESS_KEY", "") or None,
        "client_config": Config(
            signature_version="s3v4",
            s3={"addressing_style": _addressing_style()},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 3},
        ),
        "default_acl": None,
        "file_overwrite": True,  # keys are content hashes: the same key is the same bytes
        "querystring_auth": True,
        "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
    }


def _addressing_style() -> Literal["path", "virtual"]:
    style = env.text("S3_ADDRESSING_STYLE", "path")
    if style == "virtual":
        return "virtual"
    if style == "path":
        return "path"
    raise ImproperlyConfigured(f"S3_ADDRESSING_STYLE is {style!r}: write path or virtual.")
