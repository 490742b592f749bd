from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("home")


urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("enter/", home, name="enter"),
    path("admin/", admin.site.urls),
    path("", include("profiles.urls")),
]
if "nft" in settings.INSTALLED_APPS:
    urlpatterns.append(path("", include("nft.urls")))
