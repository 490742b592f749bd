import os

from django.core.wsgi import get_wsgi_application

from profiles.serving.response_cache import FastPath

os.environ.setdefault("AVATARSITE_PROCESS", "web")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avatarsite.settings")
application = FastPath(get_wsgi_application())
