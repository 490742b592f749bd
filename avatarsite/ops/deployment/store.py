"""Check where pictures are stored: the bucket, or the folder of a site without one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from avatarsite.ops.deployment.findings import Finding, ok, unknown, wrong
from avatarsite.settings import env, object_store
from profiles.store import s3

PART = "store"


def check_store() -> Iterator[Finding]:
    store = s3.as_s3(storages["avatars"])
    if store is None:
        yield _check_folder()
        return
    yield _check_browser_endpoint()
    try:
        _try_object(store)
    except (ClientError, BotoCoreError) as error:
        yield _describe_refusal(error, store.bucket_name)
        return
    yield ok(PART, f"An object was stored in {store.bucket_name}, read and removed.")
    yield _check_versioning(store)
    if settings.AVATAR_DIRECT_UPLOAD:
        yield _check_cors(store)


def _check_folder() -> Finding:
    folder = Path(settings.DATA_DIR)
    name = f"check_deploy-{uuid.uuid4()}"
    try:
        storages["avatars"].delete(storages["avatars"].save(name, ContentFile(b"1")))
    except OSError as error:
        mend = f"install -d -o avatarsite -g avatarsite {folder}"
        return wrong(PART, f"Pictures can't be kept in {folder}: {error.strerror}.", mend)
    sentence = f"Pictures are kept in {folder}, so all processes must run on this machine. S3_BUCKET changes that."
    return ok(PART, sentence)


def _try_object(store: s3.S3Store) -> None:
    client, key = store.connection.meta.client, s3.full_key(store, f"check_deploy-{uuid.uuid4()}")
    client.put_object(Bucket=store.bucket_name, Key=key, Body=b"1")
    try:
        client.get_object(Bucket=store.bucket_name, Key=key)["Body"].close()
    finally:
        client.delete_object(Bucket=store.bucket_name, Key=key)


def _describe_refusal(error: ClientError | BotoCoreError, bucket: str) -> Finding:
    if not isinstance(error, ClientError):
        mend = "Compare S3_ENDPOINT_URL with the server's address, and look whether the server runs"
        return wrong(PART, f"The S3 server does not answer ({type(error).__name__}).", mend)
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code == "NoSuchBucket":
        return wrong(PART, f"There is no bucket {bucket}.", "avatarsite prepare_bucket --create --apply")
    if code in {"InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "403"}:
        mend = "Compare S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY; it needs put, get, list and delete"
        return wrong(PART, f"The S3 server refuses the site's key ({code}).", mend)
    return wrong(PART, f"The bucket {bucket} can't be used ({code}).", "See the S3 server's log")


def _check_versioning(store: s3.S3Store) -> Finding:
    try:
        status = store.connection.meta.client.get_bucket_versioning(Bucket=store.bucket_name).get("Status")
    except (ClientError, BotoCoreError):
        return unknown(PART, "Whether the bucket keeps versions can't be read.", "Allow s3:GetBucketVersioning")
    if status != "Enabled":
        return ok(PART, "The bucket keeps no versions of what people delete.")
    mend = "avatarsite prepare_bucket --suspend-versioning, then delete the versions that are there"
    return wrong(PART, "The bucket keeps versions: what people delete stays in it.", mend)


def _check_cors(store: s3.S3Store) -> Finding:
    try:
        rules = store.connection.meta.client.get_bucket_cors(Bucket=store.bucket_name)["CORSRules"]
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            return unknown(PART, "The bucket's CORS rules can't be read.", "Allow s3:GetBucketCORS")
        rules = []
    except BotoCoreError:
        return unknown(PART, "The bucket's CORS rules can't be read.")
    origin = settings.SITE_ORIGIN
    if any("POST" in rule["AllowedMethods"] and {origin, "*"} & set(rule["AllowedOrigins"]) for rule in rules):
        return ok(PART, f"Browsers at {origin} may upload to the bucket.")
    mend = "avatarsite prepare_bucket --apply, or AVATAR_DIRECT_UPLOAD=0"
    return wrong(PART, f"The bucket has no CORS rule for uploads from {origin}: each falls back to the form.", mend)


def _check_browser_endpoint() -> Finding:
    """Look at the address that pages name. Not by a request: browsers stand elsewhere than this machine."""
    is_used = settings.AVATAR_DIRECT_UPLOAD or settings.AVATAR_SERVE_FROM_STORE == "signed"
    if not is_used:
        return ok(PART, "No page names the store.")
    place = urlsplit(object_store.browser_endpoint())
    shown = f"{place.scheme}://{place.netloc}"
    mend = "S3_BROWSER_ENDPOINT_URL='https://…', the address from outside; or AVATAR_DIRECT_UPLOAD=0"
    if _is_internal(place.hostname or ""):
        where = "" if env.text("S3_BROWSER_ENDPOINT_URL", "") else " (S3_BROWSER_ENDPOINT_URL is not set)"
        return wrong(PART, f"Every page names the internal store {shown}, which browsers can't reach{where}.", mend)
    if place.scheme != "https" and settings.SITE_ORIGIN.startswith("https://"):
        return wrong(PART, f"Browsers refuse {shown} on a page that came by https.", mend)
    return ok(PART, f"Browsers are sent to {shown}.")


def _is_internal(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".internal", ".local", ".localhost", ".lan"))
