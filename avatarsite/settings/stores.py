"""Where objects and the cache are."""

from __future__ import annotations

from pathlib import Path

from avatarsite.settings import env, object_store
from avatarsite.settings.site import BASE_DIR, DATA_DIR, LOCAL_STACK, NFT_ENABLED

REDIS_URL = env.text("REDIS_URL", f"unix://{DATA_DIR / 'redis.sock'}" if LOCAL_STACK else None)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# --- files ---
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(DATA_DIR / "static")))
# The site's stylesheet is one file, which imports that of `nft` whether it is installed or not.
STATICFILES_DIRS = [BASE_DIR / "static", *([] if NFT_ENABLED else [BASE_DIR / "nft" / "static"])]
STORAGES = {
    "default": object_store.storage(DATA_DIR / "media", prefix="media"),
    "avatars": object_store.storage(DATA_DIR / "media", prefix="avatars"),
    "ipfs": object_store.storage(DATA_DIR / "media", prefix="ipfs"),
    "staticfiles": {"BACKEND": "avatarsite.static_files.HashedStaticFiles"},
}
WHITENOISE_MAX_AGE = 60
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
