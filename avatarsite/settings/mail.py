"""Mail. Django reads how it is sent from MAILERS since 6.1, which refuses the settings that Django 5.2 reads."""

from __future__ import annotations

from urllib.parse import urlsplit

import django

from avatarsite.settings import env
from avatarsite.settings.site import DATA_DIR, LOCAL_STACK, SITE_NAME, SITE_ORIGIN

DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <no-reply@{urlsplit(SITE_ORIGIN).hostname}>")
MAIL_FOLDER = DATA_DIR / "mail"
backend = env.text("EMAIL_BACKEND", f"django.core.mail.backends.{'filebased' if LOCAL_STACK else 'smtp'}.EmailBackend")
host, port = env.text("EMAIL_HOST", "localhost"), env.integer("EMAIL_PORT", 25, high=65535)
username, password = env.text("EMAIL_HOST_USER", ""), env.text("EMAIL_HOST_PASSWORD", "")
use_tls, use_ssl = env.flag("EMAIL_USE_TLS"), env.flag("EMAIL_USE_SSL")
timeout = 10

if django.VERSION >= (6, 1):
    # A backend refuses options that it does not know. One that somebody else wrote reads settings of its own.
    options = {
        "django.core.mail.backends.filebased.EmailBackend": {"file_path": MAIL_FOLDER},
        "django.core.mail.backends.smtp.EmailBackend": {
            "host": host,
            "port": port,
            "username": username,
            "password": password,
            "use_tls": use_tls,
            "use_ssl": use_ssl,
            "timeout": timeout,
        },
    }
    MAILERS = {"default": {"BACKEND": backend, "OPTIONS": options.get(backend, {})}}
else:
    EMAIL_BACKEND, EMAIL_FILE_PATH = backend, MAIL_FOLDER
    EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = host, port, timeout
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = username, password
    EMAIL_USE_TLS, EMAIL_USE_SSL = use_tls, use_ssl
