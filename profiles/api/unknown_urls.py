"""An answer for whatever else is asked for below `api/v1`: a problem, as of the API, in place of the host's page.

Not part of `profiles.urls`, as a host project may have an API of its own there.
"""

from __future__ import annotations

from django.urls import re_path

from profiles.api.dispatch import nothing_here

urlpatterns = [re_path(r"^api/v1(?:/[\s\S]*)?\Z", nothing_here)]
