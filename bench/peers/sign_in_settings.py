"""The site's settings without limits on tries, and with counters in memory: what is measured is the work of one try."""

from avatarsite.settings import *  # noqa: F403

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
_WHOSE = ("session", "network", "everyone")
AVATAR_RATE_LIMITS = {f"{action}-{whose}": (10**9, 60) for action in ("challenge", "verify") for whose in _WHOSE}
