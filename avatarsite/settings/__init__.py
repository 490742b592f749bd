"""Every setting, read from the environment once (see .env.example). Safe unless told otherwise:
only LOCAL_STACK=1 brings defaults that would be wrong on the open internet."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF

from avatarsite.settings import chains, env, object_store, pinners, receipt_keys, sponsoring, wallet_connect

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# --- where we run ---
LOCAL_STACK = env.flag("LOCAL_STACK")
DEBUG = env.flag("DEBUG")
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / ".local")))
SITE_ORIGIN = env.text("SITE_ORIGIN", "http://localhost:8000" if LOCAL_STACK else None).rstrip("/")
SITE_NAME = env.text("SITE_NAME", "avatarsite")
SECRET_KEY = env.text("SECRET_KEY", "only-for-the-local-stack-" + "x" * 40 if LOCAL_STACK else None)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", [])
_site = urlsplit(SITE_ORIGIN)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", [_site.hostname or "", *(["127.0.0.1", "[::1]"] if LOCAL_STACK else [])])
CSRF_TRUSTED_ORIGINS = [SITE_ORIGIN]
TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 0, high=8)
METRICS_ALLOWED = env.networks("METRICS_ALLOWED", ["127.0.0.0/8", "::1/128"])

# --- what it is made of ---
NFT_ENABLED = env.flag("NFT_ENABLED", default=True)
INSTALLED_APPS = [
    "profiles",
    *(["nft"] if NFT_ENABLED else []),
    "users.apps.UsersConfig",
    "avatarsite",
    "users.apps.SiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "users.apps.SessionListConfig",  # allauth.usersessions
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "profiles.middleware.CookielessMedia",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    *(["nft.middleware.WalletSessions"] if NFT_ENABLED else []),
    "allauth.account.middleware.AccountMiddleware",
    "users.sessions.SessionActivity",
]
ROOT_URLCONF = "avatarsite.urls"
WSGI_APPLICATION = "avatarsite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "avatarsite.context.site",
            ]
        },
    }
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- database, queue, cache ---
DATABASE_URL = env.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}" if LOCAL_STACK else None)
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Readers never wait for the writer, and a writer takes its lock at once instead of failing half way.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
REDIS_URL = env.text("REDIS_URL", f"unix://{DATA_DIR / 'redis.sock'}" if LOCAL_STACK else None)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True  # the database is the truth (V4); nobody waits for a result
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 150
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

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

# --- people and sign-in -----------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    *(["nft.backends.WalletBackend"] if NFT_ENABLED else []),
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_USERNAME_BLACKLIST = ["admin", "root", "support", "avatarsite"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds that a sign-in, or a proof after it, counts for what is sensitive
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_ADAPTER = "users.adapters.AccountAdapter"
ADMIN_WALLET_SIGN_IN = env.flag("ADMIN_WALLET_SIGN_IN")
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ADAPTER = "users.adapters.MfaAdapter"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL_STACK
USERSESSIONS_TRACK_ACTIVITY = True
USERSESSIONS_ADAPTER = "users.sessions.SessionsAdapter"
EMAIL_BACKEND = env.text(
    "EMAIL_BACKEND", f"django.core.mail.backends.{'filebased' if LOCAL_STACK else 'smtp'}.EmailBackend"
)
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25, high=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <no-reply@{_site.hostname}>")

# --- pictures (limits of the design; each error names the one it hit) ---
AVATAR_MAX_BYTES = env.integer("AVATAR_MAX_BYTES", 8 * 1024 * 1024, low=1024)
AVATAR_MAX_PIXELS = env.integer("AVATAR_MAX_PIXELS", 25_000_000, low=1)
AVATAR_MAX_SIDE = env.integer("AVATAR_MAX_SIDE", 8192, low=1)
AVATAR_MAX_FRAMES = env.integer("AVATAR_MAX_FRAMES", 256, low=1)
AVATAR_MAX_TOTAL_PIXELS = env.integer("AVATAR_MAX_TOTAL_PIXELS", 100_000_000, low=1)
AVATAR_VERIFIED_ADDRESSES = "users.emails.verified_addresses"
AVATAR_REAUTHENTICATION = "users.proof.Reauthentication"
AVATAR_MARK_MAX_AGE = env.integer("AVATAR_MARK_MAX_AGE", 3600, low=1)
AVATAR_IMAGE_MAX_AGE = env.integer("AVATAR_IMAGE_MAX_AGE", 86_400, low=1)
AVATAR_ON_LOSS = env.text("AVATAR_ON_LOSS", "revert")
AVATAR_ON_LOSS_CHOICES = env.words("AVATAR_ON_LOSS_CHOICES", ["revert", "plain"])
AVATAR_LOSS_GRACE = env.integer("AVATAR_LOSS_GRACE", 0)
AVATAR_DEFAULT_URL_HOSTS = env.words("AVATAR_DEFAULT_URL_HOSTS", [])
AVATAR_DRAWINGS_PER_HOUR = env.integer("AVATAR_DRAWINGS_PER_HOUR", 6000, low=1)
AVATAR_BROWSER_S3_ENDPOINT = object_store.browser_endpoint()
AVATAR_DIRECT_UPLOAD = env.flag("AVATAR_DIRECT_UPLOAD", default=True)  # where the store can take it
AVATAR_SERVE_FROM_STORE = env.text("AVATAR_SERVE_FROM_STORE", "")
AVATAR_STORE_PUBLIC_URL = env.text("AVATAR_STORE_PUBLIC_URL", "")
_bucket = object_store.browser_bucket()
_shown_from = {"public": AVATAR_STORE_PUBLIC_URL, "signed": _bucket}.get(AVATAR_SERVE_FROM_STORE, "")

# --- receipts ---
AVATAR_RECEIPT_SIGNING_KEY = env.text(
    "AVATAR_RECEIPT_SIGNING_KEY", receipt_keys.read_local(DATA_DIR) if LOCAL_STACK else ""
)
AVATAR_RECEIPT_PUBLIC_KEYS = env.words("AVATAR_RECEIPT_PUBLIC_KEYS", [])

# --- chains and IPFS ---
NFT_CHAINS = chains.read_chains(DATA_DIR if LOCAL_STACK else None)
NFT_DEFAULT_CHAIN_ID = env.integer("NFT_DEFAULT_CHAIN_ID", next(iter(NFT_CHAINS), 1), low=1)
NFT_COLLECTION_POLICY = env.choice("NFT_COLLECTION_POLICY", "any", ["any", "trusted"])
NFT_INDEXERS = chains.read_indexers()
NFT_IPFS_GATEWAYS = env.words("NFT_IPFS_GATEWAYS", [])
NFT_IPFS_RACE_DELAY_MS = env.integer("NFT_IPFS_RACE_DELAY_MS", 1000, high=60_000)
NFT_REHASH_DAYS = env.integer("NFT_REHASH_DAYS", 7, low=1, high=3650)
NFT_SWEEP_PERIOD = env.integer("NFT_SWEEP_PERIOD", 15 if LOCAL_STACK else 900, low=1)
NFT_WATCH_PERIOD = env.integer("NFT_WATCH_PERIOD", 2 if LOCAL_STACK else 12, low=1)
NFT_SIGN_IN_STATEMENT = f"Sign in to {SITE_NAME}. This costs nothing and sends no transaction."
NFT_LOGIN = "users.wallet_login.log_in"
NFT_OTHER_LOGIN_METHODS = "users.login_methods.has_passkey"
NFT_SESSION_RECHECK = env.integer("NFT_SESSION_RECHECK", 86_400, low=1)
NFT_SESSION_UNCHECKED_MAX = env.integer("NFT_SESSION_UNCHECKED_MAX", 7 * 86_400, low=1)
NFT_HTTP_ALLOWED_PRIVATE = env.words("NFT_HTTP_ALLOWED_PRIVATE", [])
NFT_HTTP_DENIED = env.words("NFT_HTTP_DENIED", [])
NFT_HTTP_ALLOW_PLAIN = env.flag("NFT_HTTP_ALLOW_PLAIN")
WALLETCONNECT = wallet_connect.read() if NFT_ENABLED else None
NFT_HTTP_SECONDS_PER_HOST = env.integer("NFT_HTTP_SECONDS_PER_HOST", 1, high=3600)
NFT_HTTP_PER_MINUTE = env.integer("NFT_HTTP_PER_MINUTE", 3000, low=1)
NFT_PINNERS = pinners.read()
NFT_SPONSOR_CHAINS = sponsoring.read_chains(is_local=LOCAL_STACK)
NFT_SPONSOR_KEYS = sponsoring.read_keys(NFT_SPONSOR_CHAINS, is_local=LOCAL_STACK)
NFT_SPONSOR_SIGNER = env.text("NFT_SPONSOR_SIGNER", "")
NFT_SPONSOR_PER_DAY = env.integer("NFT_SPONSOR_PER_DAY", 3, low=1)
NFT_SPONSOR_PER_PERSON = env.integer("NFT_SPONSOR_PER_PERSON", 20, low=1)
NFT_SPONSOR_BUDGET = sponsoring.read_budget()
NFT_SPONSOR_MAX_FEE = env.integer("NFT_SPONSOR_MAX_FEE_GWEI", 100, low=1, high=100_000) * sponsoring.GWEI
NFT_ARWEAVE_GATEWAY = env.text("NFT_ARWEAVE_GATEWAY", "https://arweave.net")

# --- security headers ---
SECURE = _site.scheme == "https"
SECURE_SSL_REDIRECT = SECURE and env.flag("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked from inside, where no TLS is
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
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
        "img-src": [SELF, "data:", "blob:", *([object_store.origin(_shown_from)] if _shown_from else [])],
        "font-src": [SELF],
        "connect-src": [
            SELF,
            *(chains.rpc_origins(NFT_CHAINS) if LOCAL_STACK else []),
            *([_bucket] if _bucket and AVATAR_DIRECT_UPLOAD else []),
            *([wallet_connect.origin(WALLETCONNECT)] if WALLETCONNECT else []),
        ],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}

# --- logs ---
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    # At DEBUG they write whole URLs, and a node's URL often holds its key.
    "loggers": {"web3": {"level": "WARNING"}, "urllib3": {"level": "WARNING"}, "websockets": {"level": "WARNING"}},
}
