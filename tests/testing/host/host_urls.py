from django.urls import include, path

urlpatterns = [path("members/", include("nft.urls")), path("members/", include("profiles.urls"))]
