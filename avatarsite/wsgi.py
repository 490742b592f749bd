import os

from django.core.wsgi import get_wsgi_application

from profiles.serving.response_cache import FastPath

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avatarsite.settings")
django = get_wsgi_application()

from profiles.serving.direct import find_picture  # noqa: E402 - it needs the models

application = FastPath(django, find_picture)
