"""Check what lies on this machine: the env file, key files, static files, and the key that signs receipts."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage

from avatarsite.env_file import read_env_file
from avatarsite.ops.deployment.findings import Finding, ok, unknown, wrong
from profiles.serving import signing

OTHERS_MAY_READ = stat.S_IROTH | stat.S_IWOTH


def check_env_file(path: Path) -> Iterator[Finding]:
    try:
        found = read_env_file(path)
    except FileNotFoundError:
        yield unknown("env file", f"{path} does not exist: this process has its settings from elsewhere.")
        return
    except OSError as error:
        mend = f"chown root:avatarsite {path}; chmod 640 {path}"
        yield wrong("env file", f"{path} can't be read by this user: {error.strerror}.", mend)
        return
    for bad in found.bad_lines:
        yield wrong("env file", f"{path}, line {bad.number} ({bad.name or 'no name'}): {bad.reason}", bad.mend)
    if not found.bad_lines:
        yield ok("env file", f"A shell, systemd and Compose read {path} alike.")
    differ = sorted(name for name, value in found.values.items() if os.environ.get(name, value) != value)
    if differ:
        sentence = f"This process has other values than the file for {', '.join(differ)}."
        yield wrong("env file", sentence, "Run it by `avatarsite check_deploy`")
    yield from _check_permissions("env file", path)


def check_key_files() -> Iterator[Finding]:
    """Check each file that a NAME_FILE variable names. What can't be read stopped the start, and isn't met here."""
    paths = {name: Path(value) for name, value in os.environ.items() if name.endswith("_FILE") and value}
    for name in sorted(paths):
        if hasattr(settings, name.removesuffix("_FILE")) or name.removesuffix("_FILE") in SECRETS:
            yield from _check_permissions(name, paths[name])


SECRETS = {"S3_SECRET_ACCESS_KEY", "S3_ACCESS_KEY_ID", "NFT_SPONSOR_KEY", "NFT_PINNER_TOKENS"}


def _check_permissions(part: str, path: Path) -> Iterator[Finding]:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        yield wrong(part, f"{path} can't be read: {error.strerror}.", f"chgrp avatarsite {path}; chmod 640 {path}")
        return
    if mode & OTHERS_MAY_READ:
        mend = f"chown root:avatarsite {path}; chmod 640 {path}"
        yield wrong(part, f"Every user of this machine may read {path}.", mend)
    else:
        yield ok(part, f"Only its owner and group may read {path}.")


def check_static_files() -> Iterator[Finding]:
    mend = "avatarsite collectstatic --noinput"
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    hashed = getattr(staticfiles_storage, "hashed_files", None)
    if hashed is None:
        yield unknown("static files", "They are not collected by this configuration.")
        return
    if not manifest.exists():
        yield wrong("static files", f"Nothing was collected into {settings.STATIC_ROOT}.", mend)
        return
    sources = {name: storage.path(name) for finder in get_finders() for name, storage in finder.list([])}
    missing = [name for name in sources if name.replace("\\", "/") not in hashed]
    newest = max(Path(path).stat().st_mtime for path in sources.values())
    if missing or newest > manifest.stat().st_mtime:
        sentence = f"{len(missing)} static files were not collected." if missing else "Static files changed since."
        yield wrong("static files", sentence, mend)
    else:
        yield ok("static files", f"{len(sources)} files are in {settings.STATIC_ROOT}.")


def check_receipt_key() -> Iterator[Finding]:
    try:
        key = signing.signing_key()
        published = {each["kid"] for each in signing.public_keys()["keys"]}
    except signing.BadSigningKey as error:
        yield wrong("receipt key", str(error), "openssl genpkey -algorithm ed25519 -out /etc/avatarsite/receipt.pem")
        return
    if key is None:
        mend = (
            "openssl genpkey -algorithm ed25519 -out /etc/avatarsite/receipt.pem; chgrp avatarsite and chmod 640 it; "
            "AVATAR_RECEIPT_SIGNING_KEY_FILE=/etc/avatarsite/receipt.pem"
        )
        yield wrong("receipt key", "Receipts are not signed, and say so.", mend)
        return
    key.private.public_key().verify(key.private.sign(b"check_deploy"), b"check_deploy")
    yield ok("receipt key", f"It signs, and is published as {key.key_id[:12]}… among {len(published)}.")
