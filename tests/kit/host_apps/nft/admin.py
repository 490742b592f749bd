from django.contrib import admin

from tests.kit.host_apps.nft.models import Collection, TokenClaim

admin.site.register([TokenClaim, Collection])
