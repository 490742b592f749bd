"""Any number of people with a verified token each, spread over chains, created inside PostgreSQL.

Each has a user, a profile, a picture with four squares in use, an account, a claim with its picture and one line of
history. Django must be set up before the import.
"""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection
from django.utils import timezone
from PIL import Image

from bench.peers.crowd import add_squares, copy_rows, hash_sql, highest_id, uuid_of
from bench.pictures import make_square
from nft.models import ClaimCheck, ClaimPicture, LinkedAccount, TokenClaim
from profiles.models import Avatar
from profiles.people.profiles import profile_of
from profiles.pictures.history import AvatarDetails, set_avatar

#: Claims are due over so many seconds, as after a sweep.
SPREAD = 810
FIRST_CHAIN = 1


def fill(claims: int, chains: int, contracts: int) -> None:
    """Create the tables and `claims` people, whose tokens are of `contracts` contracts on each of `chains` chains."""
    call_command("migrate", verbosity=0)
    add_people(claims, chains, contracts)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def add_people(claims: int, chains: int, contracts: int) -> None:
    avatar, claim = _template()
    above = highest_id()
    with connection.cursor() as cursor:  # rows that refer to each other are inserted table by table
        cursor.execute("SET session_replication_role = replica")
    own = f"{above} + n"
    copy_rows(avatar.profile.user, claims, id=own, username="'person-' || n")
    copy_rows(avatar.profile, claims, id=own, user_id=own, handle="'person-' || n", avatar_id=uuid_of("'avatar' || n"))
    copy_rows(avatar.image, claims, id=own, sha256=hash_sql("md5('image' || n) || md5(n || 'image')"))
    add_squares(avatar, claims, above)
    at = f"now() - {SPREAD} * interval '1 second' * (n %% 1000) / 1000"
    copy_rows(avatar, claims, id=uuid_of("'avatar' || n"), profile_id=own, image_id=own, attested_at=at)
    address = "decode(md5(n::text) || substr(md5('a' || n), 1, 8), 'hex')"
    account = LinkedAccount.objects.get()
    copy_rows(account, claims, id=uuid_of("'account' || n"), user_id=own, address=address)
    contract = f"decode(substr(md5('c' || (n / {chains} %% {contracts})), 1, 32) || '00000000', 'hex')"
    _add_claims(claim, claims, own, checked_at=at, contract=contract, chain_id=f"{FIRST_CHAIN} + n %% {chains}")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(statement)


def _add_claims(claim: TokenClaim, claims: int, own: str, **columns: str) -> None:
    due = f"now() + interval '90 seconds' + {SPREAD} * interval '1 second' * (n %% 1000) / 1000"
    copy_rows(
        claim,
        claims,
        id=uuid_of("'claim' || n"),
        user_id=own,
        account_id=uuid_of("'account' || n"),
        avatar_id=uuid_of("'avatar' || n"),
        token_id="n::text",  # noqa: S106 - no password
        due_at=due,
        created_at="now() - n * interval '1 second'",
        **columns,
    )
    copy_rows(claim.picture, claims, claim_id=uuid_of("'claim' || n"))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO nft_watchedcontract (chain_id, contract, touched_at, refusal) "
            "SELECT DISTINCT chain_id, contract, now(), '' FROM nft_tokenclaim ON CONFLICT DO NOTHING"
        )
    copy_rows(claim.checks.get(), claims, id=own, claim_id=uuid_of("'claim' || n"))


def _template() -> tuple[Avatar, TokenClaim]:
    user, now = User.objects.create_user("template"), timezone.now()
    buffer = BytesIO()
    Image.open(BytesIO(make_square(96))).save(buffer, "PNG")
    details = AvatarDetails(title="Token 1", attested_at=now, provenance={"asset_id": "eip155:1/erc721:0x00/1"})
    avatar = set_avatar(profile_of(user), buffer.getvalue(), "nft", details=details, actor=user)
    account = LinkedAccount.objects.create(
        user=user, address=bytes(20), chain_id=1, is_public=True, linked_at=now, last_used_at=now
    )
    claim = TokenClaim.objects.create(
        user=user,
        account=account,
        chain_id=FIRST_CHAIN,
        contract=bytes(20),
        token_id=1,
        standard="erc721",
        state=TokenClaim.State.OWNED,
        is_checked_alone=False,
        checked_at=now,
        checked_block_number=20_000_000,
        checked_block_hash="0x" + "ab" * 32,
        due_at=now + timedelta(hours=1),
        avatar=avatar,
    )
    ClaimPicture.objects.create(
        claim=claim, state=ClaimPicture.State.SHOWN, step=TokenClaim.Step.DONE, name="Token 1", collection="Things",
        token_uri="ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi/1.json",  # noqa: S106 - no password
        image_uri="ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi/1.png",
        image_cid="bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi", proof="cid", sha256="cd" * 32,
    )  # fmt: skip
    ClaimCheck.objects.create(
        claim=claim, at=now, verdict="owned", reason="held", sentence="The chain said that it is yours.",
        block_number=20_000_000, block_hash="0x" + "ab" * 32,
    )  # fmt: skip
    return avatar, claim
