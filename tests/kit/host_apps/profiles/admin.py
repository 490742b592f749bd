from django.contrib import admin

from tests.kit.host_apps.profiles.models import Avatar, Notice, Profile

admin.site.register([Profile, Avatar, Notice])
