from django.contrib import admin

from people.models import Member


@admin.register(Member)
class MemberAdmin(admin.ModelAdmin):
    search_fields = ["email"]
