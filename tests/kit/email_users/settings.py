"""The site's settings with another user model, and without what the site alone adds."""

from avatarsite.settings import *  # noqa: F403
from avatarsite.settings import INSTALLED_APPS as _SITE_APPS
from avatarsite.settings import MIDDLEWARE as _SITE_MIDDLEWARE

AUTH_USER_MODEL = "email_users.Person"
_LEFT_OUT = ("avatarsite", "users", "allauth")
_KEPT = [app for app in _SITE_APPS if not app.startswith(_LEFT_OUT)]
INSTALLED_APPS = [*_KEPT, "django.contrib.admin", "tests.kit.email_users"]
MIDDLEWARE = [name for name in _SITE_MIDDLEWARE if not name.startswith(_LEFT_OUT)]
MIDDLEWARE.insert(
    MIDDLEWARE.index("django.middleware.common.CommonMiddleware"), "django.middleware.locale.LocaleMiddleware"
)
STATICFILES_DIRS = LOCALE_PATHS = []
LOGIN_URL = "/enter/"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
if "nft" in INSTALLED_APPS:
    AUTHENTICATION_BACKENDS.append("nft.backends.WalletBackend")
ROOT_URLCONF = "tests.kit.email_users.urls"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
AVATAR_REAUTHENTICATION = AVATAR_VERIFIED_ADDRESSES = NFT_OTHER_LOGIN_METHODS = NFT_LOGIN = ""
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
