from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import path

from people.views import edit

urlpatterns = [
    path("anmelden/", LoginView.as_view(), name="login"),
    path("mitglied/", edit, name="edit"),
    path("verwaltung/", admin.site.urls),
]
