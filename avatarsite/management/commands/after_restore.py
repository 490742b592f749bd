from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.utils import timezone

from profiles.errors import ExpectedError
from profiles.people.api_tokens import revoke_all_tokens
from profiles.people.webhook_endpoints import stop_all
from profiles.pictures.rights import expire_marks
from users.sessions import end_all_sessions

# Numbers of rows that were given since the dump, at most. Links, queues and caches may still name some of them.
GAP = 1_000_000
_SKIP_NUMBERS = """
SELECT count(setval(format('%%I.%%I', schemaname, sequencename)::regclass, coalesce(last_value, 0) + %s))
FROM pg_sequences WHERE schemaname = current_schema()
"""


class Command(BaseCommand):
    help = (
        "After a database was restored from a dump and before the site starts: end all sessions, sign-ins that were "
        "begun and API tokens, stop all webhooks, hide all marks until their tokens are checked again, and skip the "
        "numbers of transactions and rows that were used since (docs/operate/restore.md). Repeatable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-input", action="store_true", help="do not ask")

    def handle(self, *, no_input: bool, **_: Any) -> None:
        if not no_input and input("This signs everybody out and revokes all API tokens. Type yes: ") != "yes":
            raise CommandError("Nothing was changed.")
        try:
            with transaction.atomic():
                done = _cut_off_the_past()
        except ExpectedError as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        for what, count in done.items():
            self.stdout.write(f"{count:>9,} {what}")
        self.stdout.write(self.style.SUCCESS("Empty Redis (FLUSHALL), then start the site."))


def _cut_off_the_past() -> dict[str, int]:
    now = timezone.now()
    done = {"sessions ended": end_all_sessions(), "API tokens revoked": revoke_all_tokens(now)}
    done["webhooks stopped"] = stop_all(now)
    done["marks hidden until they are checked"] = expire_marks(now)
    if apps.is_installed("nft"):
        from nft.accounts.challenges import delete_all_challenges
        from nft.claims.claiming import recheck_all
        from nft.clients.bundle import get_clients
        from nft.minting.outbox import skip_used_nonces

        done["sign-ins that were begun, deleted"] = delete_all_challenges()
        done["claims due now"] = recheck_all(now)
        done["numbers of transactions skipped"] = skip_used_nonces(get_clients())
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_SKIP_NUMBERS, [GAP])
    return done
