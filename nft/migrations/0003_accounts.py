import django.db.models.deletion
import nft.fields
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('nft', '0002_primary_names'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountReturn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', nft.fields.AddressField(max_length=20)),
                ('chain_id', models.PositiveBigIntegerField()),
                ('is_contract_account', models.BooleanField()),
                ('left_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SignInCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('outcome', models.CharField(help_text='The stable name of the refusal.', max_length=40)),
                ('count', models.PositiveIntegerField(default=0)),
            ],
            options={
                'ordering': ['-day', 'outcome'],
            },
        ),
        migrations.CreateModel(
            name='WalletSession',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField(blank=True)),
                ('signature', models.BinaryField(blank=True)),
                ('begun_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField(help_text='Noted once a day.')),
                ('checked_at', models.DateTimeField(help_text='When the contract last vouched for the signature.')),
                ('next_check_at', models.DateTimeField(blank=True, help_text='Empty where there is nothing to ask.', null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_because', models.CharField(blank=True, help_text='Told at the next visit.', max_length=300)),
            ],
        ),
        migrations.AlterModelOptions(
            name='linkedaccount',
            options={'ordering': ['-is_primary', 'linked_at']},
        ),
        migrations.RemoveConstraint(
            model_name='signinchallenge',
            name='a_link_names_its_user',
        ),
        migrations.AddField(
            model_name='linkedaccount',
            name='is_primary',
            field=models.BooleanField(default=False, help_text='Offered first, as where new tokens go.'),
        ),
        migrations.AlterField(
            model_name='signinchallenge',
            name='purpose',
            field=models.CharField(choices=[('sign_in', 'Sign in'), ('link', 'Link an account'), ('move', 'Move an account here'), ('reauthenticate', 'Prove it is still them')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='linkedaccount',
            constraint=models.UniqueConstraint(condition=models.Q(('is_primary', True)), fields=('user',), name='one_primary_account'),
        ),
        migrations.AddConstraint(
            model_name='signinchallenge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('purpose', 'sign_in'), ('user__isnull', True)), models.Q(models.Q(('purpose', 'sign_in'), _negated=True), ('user__isnull', False)), _connector='OR'), name='all_but_a_sign_in_name_their_user'),
        ),
        migrations.AddField(
            model_name='accountreturn',
            name='user',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='account_return', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='signincount',
            constraint=models.UniqueConstraint(fields=('day', 'outcome'), name='sign_in_count_once_a_day'),
        ),
        migrations.AddField(
            model_name='walletsession',
            name='account',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='sessions', to='nft.linkedaccount'),
        ),
        migrations.AddField(
            model_name='walletsession',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='wallet_sessions', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='accountreturn',
            index=models.Index(fields=['address'], name='account_return_address'),
        ),
        migrations.AddIndex(
            model_name='walletsession',
            index=models.Index(condition=models.Q(('ended_at__isnull', True), ('next_check_at__isnull', False)), fields=['next_check_at'], name='wallet_session_due'),
        ),
    ]
