"""The settings of a small project that has installed the package: nothing in them is for tests."""

SECRET_KEY = "only for tests, and long enough to be one: 0123456789"
ROOT_URLCONF = "host_urls"
INSTALLED_APPS = [
    "profiles",
    "nft",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "nft.middleware.WalletSessions",
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "nft.backends.WalletBackend"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "host.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
LOGIN_REDIRECT_URL = "/"
USE_TZ = True
