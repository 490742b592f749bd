"""Where the site runs, and what it is made of."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from avatarsite.settings import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent

LOCAL_STACK = env.flag("LOCAL_STACK")
DEBUG = env.flag("DEBUG")
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / ".local")))
SITE_ORIGIN = env.text("SITE_ORIGIN", "http://localhost:8000" if LOCAL_STACK else None).rstrip("/")
SITE_NAME = env.text("SITE_NAME", "avatarsite")
SITE_NOTICE = env.text("SITE_NOTICE", "")
SECRET_KEY = env.text("SECRET_KEY", "only-for-the-local-stack-" + "x" * 40 if LOCAL_STACK else None)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", [])
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS", [urlsplit(SITE_ORIGIN).hostname or "", *(["127.0.0.1", "[::1]"] if LOCAL_STACK else [])]
)
CSRF_TRUSTED_ORIGINS = [SITE_ORIGIN]
if LOCAL_STACK:  # the other names of the same server
    CSRF_TRUSTED_ORIGINS += [f"http://{host}:{urlsplit(SITE_ORIGIN).port or 80}" for host in ALLOWED_HOSTS[1:]]
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
    "avatarsite.middleware.AnswerHeaders",
    "django.middleware.security.SecurityMiddleware",
    "profiles.middleware.CookielessMedia",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "avatarsite.middleware.OneHost",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "avatarsite.languages.Languages",
    "profiles.middleware.WellFormedRequests",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "profiles.middleware.SignedOutScripts",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    *(["nft.middleware.WalletSessions", "nft.middleware.WalletWindows"] if NFT_ENABLED else []),
    "users.leaving.LeavingPeople",
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
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
