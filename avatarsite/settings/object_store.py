"""Where objects are stored: in S3 if S3_BUCKET is set, else in files."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypedDict
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from avatarsite.settings import env

# A call to a slow or absent server ends within about 3 x (3 + 8) s: somebody may be waiting for it.
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 3, 8, 3
Checksums = Literal["when_supported", "when_required"]


class Storage(TypedDict):
    """An entry of STORAGES."""

    BACKEND: str
    OPTIONS: dict[str, object]


def storage(folder: Path, prefix: str) -> Storage:
    """Return a STORAGES entry for objects below `prefix`."""
    bucket = env.text("S3_BUCKET", "")
    if not bucket:
        return {
            "BACKEND": "profiles.store.files.AtomicFileSystemStorage",
            "OPTIONS": {"location": folder / prefix, "base_url": None},
        }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _s3_options(bucket, prefix)}


def browser_endpoint() -> str:
    """Return where browsers reach the S3 server; "" for files."""
    return env.text("S3_BROWSER_ENDPOINT_URL", "") or (_endpoint() if env.text("S3_BUCKET", "") else "")


def browser_bucket() -> str:
    """Return the URL that browsers post to and load pictures below, for the Content-Security-Policy."""
    place = urlsplit(browser_endpoint())
    bucket = env.text("S3_BUCKET", "")
    if not (place.netloc and bucket):
        return ""
    if _addressing_style() == "virtual":
        return f"{place.scheme}://{bucket}.{place.netloc}/"
    return f"{place.scheme}://{place.netloc}/{bucket}"


def origin(url: str) -> str:
    place = urlsplit(url)
    return f"{place.scheme}://{place.netloc}"


def _endpoint() -> str:
    """Return the endpoint, Amazon's too: the policy of pages must name it."""
    return env.text("S3_ENDPOINT_URL", "") or f"https://s3.{_region()}.amazonaws.com"


def _region() -> str:
    return env.text("S3_REGION", "us-east-1")


def _s3_options(bucket: str, prefix: str) -> dict[str, object]:
    # A site on files starts without these.
    from boto3.s3.transfer import TransferConfig
    from botocore.config import Config

    checksums = _checksums()
    return {
        "bucket_name": bucket,
        "location": prefix,
        "endpoint_url": _endpoint(),
        "region_name": _region(),
        "access_key": env.text("S3_ACCESS_KEY_ID", "") or None,
        "secret_key": env.text("S3_SECRET_ACCESS_KEY", "") or None,
        "client_config": Config(
            signature_version="s3v4",
            s3={"addressing_style": _addressing_style()},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            request_checksum_calculation=checksums,
            response_checksum_validation=checksums,
        ),
        # Our objects are small: threads would cost more than they help.
        "transfer_config": TransferConfig(use_threads=False),
        "default_acl": None,
        "file_overwrite": True,  # keys are content hashes: the same key is the same bytes
        "querystring_auth": True,
        "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
    }


def _checksums() -> Checksums:
    rule = env.text("S3_CHECKSUMS", "when_supported")
    if rule == "when_supported":
        return "when_supported"
    if rule == "when_required":
        return "when_required"
    raise ImproperlyConfigured(f"S3_CHECKSUMS is {rule!r}: write when_supported or when_required.")


def _addressing_style() -> Literal["path", "virtual"]:
    style = env.text("S3_ADDRESSING_STYLE", "path")
    if style == "virtual":
        return "virtual"
    if style == "path":
        return "path"
    raise ImproperlyConfigured(f"S3_ADDRESSING_STYLE is {style!r}: write path or virtual.")
