import os

from django.core.wsgi import get_wsgi_application

from avatarsite import process
from avatarsite.memory import return_freed_memory
from profiles.serving.response_cache import FastPath

process.declare("web")
return_freed_memory()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avatarsite.settings")
application = FastPath(get_wsgi_application())
