"""Any number of people, created inside the database as copies of one real person's rows with different names.

The columns need not be listed here, and a million people take a minute. Django must be set up before the import.
"""

from __future__ import annotations

import hashlib
from io import BytesIO

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, models
from django.db.models import Max, QuerySet
from django.utils import timezone
from PIL import Image

from bench.pictures import make_square
from nft.models import ClaimCheck, LinkedAccount, TokenClaim
from profiles.models import Avatar, EmailName, Profile, Rendition, StoredImage
from profiles.people.profiles import profile_of
from profiles.pictures.history import AvatarDetails, set_avatar
from profiles.sources import UPLOAD

CLAIM_EVERY = 10


def fill(people: int) -> dict[str, int]:
    """Create the tables and person-1 to person-`people`. One in CLAIM_EVERY has a claim, which is due.

    Return the bytes they take, indexes included (`all`), and how many of them are those of squares (`squares`).
    """
    call_command("migrate", verbosity=0)
    user, avatar, claim = _template()
    before = _size()
    # Rows that refer to each other are inserted table by table.
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys=OFF" if _sqlite() else "SET session_replication_role = replica")
    above = highest_id()
    _add_people(user, people, above)
    _add_pictures(avatar, people, above)
    _add_accounts(claim, people, above)
    without = _size()
    add_squares(avatar, people, above)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if _sqlite() else "VACUUM ANALYZE")
    return {"all": _size() - before, "squares": _size() - without}


def hash_of(text: object) -> str:
    return hashlib.md5(str(text).encode(), usedforsecurity=False).hexdigest()


def address_of(number: int) -> bytes:
    return bytes.fromhex(hash_of(number) + hash_of(f"a{number}")[:8])


def _template() -> tuple[User, Avatar, TokenClaim]:
    user, now = User.objects.create_user("template"), timezone.now()
    profile = profile_of(user)
    EmailName.objects.create(profile=profile, sha256="0" * 64, md5="0" * 32)
    buffer = BytesIO()
    Image.open(BytesIO(make_square(96))).save(buffer, "PNG")
    avatar = set_avatar(profile, buffer.getvalue(), UPLOAD, details=AvatarDetails(), actor=user)
    account = LinkedAccount.objects.create(
        user=user, address=bytes(20), chain_id=1, is_public=True, linked_at=now, last_used_at=now
    )
    claim = TokenClaim.objects.create(
        user=user, account=account, contract=bytes(20), token_id=1, chain_id=1, due_at=now
    )
    return user, avatar, claim


def highest_id() -> int:
    """Return the highest number that a row has: copies get those above it, in all tables alike."""
    models = (User, Profile, StoredImage, Rendition, ClaimCheck)
    highest: int = max(QuerySet(model).aggregate(highest=Max("pk", default=0))["highest"] for model in models)
    return highest


def _add_people(user: User, people: int, above: int) -> None:
    own = f"{above} + n"
    profile = Profile.objects.get(user=user)
    copy_rows(user, people, id=own, username="'person-' || n")
    avatar = uuid_of("'avatar' || n")
    found = "1" if _sqlite() else "true"
    copy_rows(profile, people, id=own, user_id=own, handle="'person-' || n", avatar_id=avatar, is_found_by_email=found)
    sha256 = hash_sql("md5('sha' || n) || md5('256' || n)")
    copy_rows(profile.email_names.get(), people, profile_id=own, sha256=sha256, md5=hash_sql("md5('mail' || n)"))


def _add_pictures(avatar: Avatar, people: int, above: int) -> None:
    own = f"{above} + n"
    copy_rows(avatar.image, people, id=own, sha256=hash_sql("md5('image' || n) || md5(n || 'image')"))
    copy_rows(avatar, people, id=uuid_of("'avatar' || n"), profile_id=own, image_id=own)


def add_squares(avatar: Avatar, people: int, above: int) -> None:
    """Insert them person by person, as uploads do: other orders leave an index with more empty space."""
    squares = list(avatar.image.renditions.order_by("pk"))
    count, place, person = len(squares), f"(n - 1) %% {len(squares)}", f"1 + (n - 1) / {len(squares)}"
    copy_rows(
        squares[0],
        people * count,
        id=f"{above} + n",
        image_id=f"{above} + {person}",
        size=f"32 + {place}",
        sha256=hash_sql("md5('square' || n) || md5(n || 'square')"),
    )


def _add_accounts(claim: TokenClaim, people: int, above: int) -> None:
    own, account = f"{above} + n", uuid_of("'account' || n")
    address = "address(n)" if _sqlite() else "decode(md5(n::text) || substr(md5('a' || n), 1, 8), 'hex')"
    copy_rows(LinkedAccount.objects.get(), people, id=account, user_id=own, address=address)
    copy_rows(claim, people // CLAIM_EVERY, id=uuid_of("'claim' || n"), user_id=own, account_id=account)


def copy_rows(template: models.Model, rows: int, **own: str) -> None:
    """Insert `rows` copies of `template`. The columns in `own` are SQL expressions of n, from 1 to `rows`."""
    quote, about = connection.ops.quote_name, template._meta  # noqa: SLF001 - documented by Django in spite of its name
    columns = [str(field.column) for field in about.concrete_fields]
    chosen = ", ".join(own.get(column, f"t.{quote(column)}") for column in columns)
    table, key = quote(about.db_table), quote(str(about.pk.column))
    with connection.cursor() as cursor:
        if _sqlite():
            cursor.connection.create_function("md5", 1, hash_of, deterministic=True)
            cursor.connection.create_function("hex_bytes", 1, bytes.fromhex, deterministic=True)
            cursor.connection.create_function("address", 1, address_of, deterministic=True)
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(map(quote, columns))}) "  # noqa: S608 - our own names only
            f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) "
            f"SELECT {chosen} FROM s, {table} t WHERE t.{key} = %s",
            [about.pk.get_db_prep_value(template.pk, connection)],
        )


def _sqlite() -> bool:
    return connection.vendor == "sqlite"


def hash_sql(digits: str) -> str:
    """Return the SQL of the bytes whose hex digits are the SQL text `digits`."""
    return f"hex_bytes({digits})" if _sqlite() else f"decode({digits}, 'hex')"


def uuid_of(text: str) -> str:
    return f"md5({text})" if _sqlite() else f"md5({text})::uuid"


def _size() -> int:
    with connection.cursor() as cursor:
        if _sqlite():
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        else:
            cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])
