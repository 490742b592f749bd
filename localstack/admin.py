"""Create the administrator `admin` of the local site, or give it a new password, and print the password once."""

from __future__ import annotations

import os
import secrets

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avatarsite.settings")
    django.setup()
    from django.conf import settings
    from django.contrib.auth import get_user_model

    password = secrets.token_urlsafe(12)
    user, created = get_user_model().objects.get_or_create(
        username="admin", defaults={"is_staff": True, "is_superuser": True}
    )
    user.set_password(password)
    user.save(update_fields=["password"])
    action = "Created the administrator" if created else "Set a new password for the administrator"
    print(f"{action} `admin`. Password: {password}")
    print(f"Sign in at {settings.SITE_ORIGIN}/{settings.ADMIN_PATH}/")


if __name__ == "__main__":
    main()
