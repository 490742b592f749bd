import os

import django

from avatarsite import process
from avatarsite.memory import return_freed_memory
from avatarsite.ops.counters import counters
from avatarsite.ops.requests import Handler, Observed
from avatarsite.ops.traces import tracer
from avatarsite.slow_bodies import SlowBodies, threads_of_server
from profiles.serving.response_cache import FastPath

process.declare("web")
return_freed_memory()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avatarsite.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402

from profiles.serving.direct import find_picture  # noqa: E402 - it needs the models

site = FastPath(SlowBodies(Handler(), threads_of_server(default=8)), find_picture)
application = Observed(site, counters, tracer, trusts_ids=settings.TRUSTED_PROXY_COUNT > 0)
