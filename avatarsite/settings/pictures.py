"""Limits of pictures, how they are served, and the keys of receipts."""

from __future__ import annotations

from avatarsite.settings import env, object_store, receipt_keys
from avatarsite.settings.site import DATA_DIR, LOCAL_STACK, SITE_ORIGIN

# The design's limits; each error names the one that was hit.
AVATAR_MAX_BYTES = env.integer("AVATAR_MAX_BYTES", 20 * 1024 * 1024, low=1024)
AVATAR_MAX_PIXELS = env.integer("AVATAR_MAX_PIXELS", 50_000_000, low=1)
AVATAR_MAX_SIDE = env.integer("AVATAR_MAX_SIDE", 16_384, low=1)
AVATAR_MAX_FRAMES = env.integer("AVATAR_MAX_FRAMES", 256, low=1)
AVATAR_MAX_TOTAL_PIXELS = env.integer("AVATAR_MAX_TOTAL_PIXELS", 100_000_000, low=1)
AVATAR_VERIFIED_ADDRESSES = "users.emails.verified_addresses"
AVATAR_REAUTHENTICATION = "users.proof.Reauthentication"
# How long a proved right counts, and what happens once it is lost.
AVATAR_MARK_MAX_AGE = env.integer("AVATAR_MARK_MAX_AGE", 3600, low=1)
AVATAR_IMAGE_MAX_AGE = env.integer("AVATAR_IMAGE_MAX_AGE", 86_400, low=1)
AVATAR_ON_LOSS = env.text("AVATAR_ON_LOSS", "revert")
AVATAR_ON_LOSS_CHOICES = env.words("AVATAR_ON_LOSS_CHOICES", ["revert", "plain"])
AVATAR_LOSS_GRACE = env.integer("AVATAR_LOSS_GRACE", 0)
AVATAR_DEFAULT_URL_HOSTS = env.words("AVATAR_DEFAULT_URL_HOSTS", [])
AVATAR_DRAWINGS_PER_HOUR = env.integer("AVATAR_DRAWINGS_PER_HOUR", 6000, low=1)
AVATAR_MODERATED_DAYS = env.integer("AVATAR_MODERATED_DAYS", 30, low=0, high=3650)
AVATAR_SCAN_PERCENT = env.integer("AVATAR_SCAN_PERCENT", 5, low=1, high=100)
AVATAR_BROWSER_S3_ENDPOINT = object_store.browser_endpoint()
AVATAR_DIRECT_UPLOAD = env.flag("AVATAR_DIRECT_UPLOAD", default=True)  # where the store can take it
AVATAR_SERVE_FROM_STORE = env.text("AVATAR_SERVE_FROM_STORE", "")
AVATAR_STORE_PUBLIC_URL = env.text("AVATAR_STORE_PUBLIC_URL", "")

# --- blocks, and the judgment of new pictures ---
AVATAR_BLOCKED_SIMILAR = env.choice("AVATAR_BLOCKED_SIMILAR", "hold", ["hold", "refuse"])
AVATAR_BLOCK_DISTANCE = env.integer("AVATAR_BLOCK_DISTANCE", 10, low=0, high=12)
AVATAR_CLASSIFIER = env.text("AVATAR_CLASSIFIER", "")
AVATAR_CLASSIFIER_SECONDS = env.integer("AVATAR_CLASSIFIER_SECONDS", 20, low=1, high=90)
AVATAR_CLASSIFIER_UNKNOWN = env.choice("AVATAR_CLASSIFIER_UNKNOWN", "show", ["show", "hold"])
AVATAR_APPEAL_URL = env.text("AVATAR_APPEAL_URL", f"{SITE_ORIGIN}/contact/")

# --- handles ---
AVATAR_HANDLE_KEPT_SECONDS = env.integer("AVATAR_HANDLE_KEPT_SECONDS", 90 * 86_400, low=1)
AVATAR_HANDLE_CHANGES = env.integer("AVATAR_HANDLE_CHANGES", 3, low=1)
AVATAR_HANDLE_CHANGE_SECONDS = env.integer("AVATAR_HANDLE_CHANGE_SECONDS", 30 * 86_400, low=1)

# --- reports ---
REPORTS_FROM_GUESTS = env.flag("REPORTS_FROM_GUESTS", default=True)
REPORTS_APPEAL_DAYS = env.integer("REPORTS_APPEAL_DAYS", 14, low=1, high=90)
REPORTS_KEPT_DAYS = env.integer("REPORTS_KEPT_DAYS", 180, low=30, high=730)

# --- webhooks ---
WEBHOOK_ENDPOINTS = env.integer("WEBHOOK_ENDPOINTS", 5, high=100)
WEBHOOK_SECONDS = env.integer("WEBHOOK_SECONDS", 15, low=1, high=15)
WEBHOOK_KEPT_DAYS = env.integer("WEBHOOK_KEPT_DAYS", 30, low=2, high=365)
WEBHOOK_FAILING_DAYS = env.integer("WEBHOOK_FAILING_DAYS", 5, low=1, high=90)

# --- receipts ---
AVATAR_RECEIPT_SIGNING_KEY = env.text(
    "AVATAR_RECEIPT_SIGNING_KEY", receipt_keys.read_local(DATA_DIR) if LOCAL_STACK else ""
)
AVATAR_RECEIPT_PUBLIC_KEYS = env.words("AVATAR_RECEIPT_PUBLIC_KEYS", [])
