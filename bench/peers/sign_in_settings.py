"""The site's settings without rate limits and with counters in memory, so that only the work of one try is measured."""

from avatarsite.settings import *  # noqa: F403

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
_WHOSE = ("session", "network", "everyone")
AVATAR_RATE_LIMITS = {f"{action}-{whose}": (10**9, 60) for action in ("challenge", "verify") for whose in _WHOSE}
