"""Everybody's oldest account becomes their primary one."""

from django.db import migrations


def choose_oldest(apps, schema_editor):
    account = apps.get_model("nft", "LinkedAccount")
    seen = set()
    for pk, user_id in account.objects.order_by("linked_at", "pk").values_list("pk", "user_id").iterator():
        if user_id not in seen:
            seen.add(user_id)
            account.objects.filter(pk=pk).update(is_primary=True)


class Migration(migrations.Migration):
    dependencies = [("nft", "0003_accounts")]
    operations = [migrations.RunPython(choose_oldest, migrations.RunPython.noop)]
