"""Security headers, and what a session's cookie may do."""

from __future__ import annotations

from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from avatarsite.settings import chains, env, object_store, wallet_connect
from avatarsite.settings.nft import NFT_CHAINS, WALLETCONNECT
from avatarsite.settings.pictures import AVATAR_DIRECT_UPLOAD, AVATAR_SERVE_FROM_STORE, AVATAR_STORE_PUBLIC_URL
from avatarsite.settings.site import LOCAL_STACK, SITE_ORIGIN, TRUSTED_PROXY_COUNT

SECURE = SITE_ORIGIN.startswith("https://")
bucket = object_store.browser_bucket()
shown_from = {"public": AVATAR_STORE_PUBLIC_URL, "signed": bucket}.get(AVATAR_SERVE_FROM_STORE, "")
SECURE_SSL_REDIRECT = SECURE and env.flag("SECURE_SSL_REDIRECT", default=True)
SECURE_SSL_HOST = urlsplit(SITE_ORIGIN).netloc
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz(/\w+)?|metrics)$"]  # asked from inside, where no TLS is
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 31_536_000) if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_INCLUDE_SUBDOMAINS")
SECURE_HSTS_PRELOAD = env.flag("HSTS_PRELOAD")
# They ask for the two settings above. Whether other hosts of the domain speak https, only its owner knows.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
ADMIN_PATH = env.text("ADMIN_PATH", "admin").strip("/")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SESSION_ENGINE = "users.session_store"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# In the session, as a cookie of its own would lack the __Host- that keeps neighbouring hosts from setting it.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *([object_store.origin(shown_from)] if shown_from else [])],
        "font-src": [SELF],
        "connect-src": [
            SELF,
            *(chains.rpc_origins(NFT_CHAINS) if LOCAL_STACK and NFT_CHAINS else []),
            *([bucket] if bucket and AVATAR_DIRECT_UPLOAD else []),
            *([wallet_connect.origin(WALLETCONNECT)] if WALLETCONNECT else []),
        ],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}
