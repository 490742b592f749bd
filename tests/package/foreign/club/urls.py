from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import path

from people.views import edit, member

urlpatterns = [
    path("anmelden/", LoginView.as_view(), name="login"),
    path("mitglied/", edit, name="edit"),
    path("mitglied/<uuid:pk>/", member, name="member"),
    path("verwaltung/", admin.site.urls),
]
