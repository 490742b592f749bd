"""Where rows, objects and the cache are."""

from __future__ import annotations

from pathlib import Path

import dj_database_url

from avatarsite.settings import env, object_store
from avatarsite.settings.site import BASE_DIR, DATA_DIR, LOCAL_STACK

DATABASE_URL = env.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}" if LOCAL_STACK else None)
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Readers never wait for the writer, and a writer takes its lock at once instead of failing half way.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
# How long a statement of `manage.py migrate` may wait for a lock: all that come later queue behind it.
MIGRATE_LOCK_MILLISECONDS = env.integer("MIGRATE_LOCK_MILLISECONDS", 1000, low=1)
REDIS_URL = env.text("REDIS_URL", f"unix://{DATA_DIR / 'redis.sock'}" if LOCAL_STACK else None)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# --- files ---
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": object_store.storage(DATA_DIR / "media", prefix="media"),
    "avatars": object_store.storage(DATA_DIR / "media", prefix="avatars"),
    "ipfs": object_store.storage(DATA_DIR / "media", prefix="ipfs"),
    "staticfiles": {"BACKEND": "avatarsite.static_files.HashedStaticFiles"},
}
WHITENOISE_MAX_AGE = 60
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
