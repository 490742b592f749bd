"""Limits of pictures, how they are served, and the keys of receipts."""

from __future__ import annotations

from avatarsite.settings import env, object_store, receipt_keys
from avatarsite.settings.site import DATA_DIR, LOCAL_STACK

# The design's limits; each error names the one that was hit.
AVATAR_MAX_BYTES = env.integer("AVATAR_MAX_BYTES", 8 * 1024 * 1024, low=1024)
AVATAR_MAX_PIXELS = env.integer("AVATAR_MAX_PIXELS", 25_000_000, low=1)
AVATAR_MAX_SIDE = env.integer("AVATAR_MAX_SIDE", 8192, low=1)
AVATAR_MAX_FRAMES = env.integer("AVATAR_MAX_FRAMES", 256, low=1)
AVATAR_MAX_TOTAL_PIXELS = env.integer("AVATAR_MAX_TOTAL_PIXELS", 100_000_000, low=1)
AVATAR_VERIFIED_ADDRESSES = "users.emails.verified_addresses"
AVATAR_MISSING_PROOF = "users.proof.missing_proof"
AVATAR_DEFAULT_URL_HOSTS = env.words("AVATAR_DEFAULT_URL_HOSTS", [])
AVATAR_DRAWINGS_PER_HOUR = env.integer("AVATAR_DRAWINGS_PER_HOUR", 6000, low=1)
AVATAR_BROWSER_S3_ENDPOINT = object_store.browser_endpoint()
AVATAR_DIRECT_UPLOAD = env.flag("AVATAR_DIRECT_UPLOAD", default=True)  # where the store can take it
AVATAR_SERVE_FROM_STORE = env.text("AVATAR_SERVE_FROM_STORE", "")
AVATAR_STORE_PUBLIC_URL = env.text("AVATAR_STORE_PUBLIC_URL", "")

# --- receipts ---
RECEIPT_SIGNING_KEY = env.text("RECEIPT_SIGNING_KEY", receipt_keys.read_local(DATA_DIR) if LOCAL_STACK else "")
RECEIPT_PUBLIC_KEYS = env.words("RECEIPT_PUBLIC_KEYS", [])
