"""A person of whom the staff's desk has everything to show: pictures, a claim with answers, a mint, wallets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, User
from django.utils import timezone

from nft.models import ClaimCheck, ClaimPicture, LinkedAccount, MintRequest, PrimaryName, TokenClaim
from profiles.desk.roles import make_groups
from profiles.models import Avatar, FormerHandle, Profile
from profiles.testing.people import a_person, an_upload
from tests.kit.token_pictures import a_token_picture

CHAIN_ID = 31337
CONTRACT = bytes.fromhex("a1" * 20)
ADDRESS, HIDDEN = "0x" + "ab" * 20, "0x" + "cd" * 20
CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
TX = "0x" + "5e" * 32


@dataclass(frozen=True)
class Case:
    """A complaint's person, and the rows that it names."""

    person: Profile
    upload: Avatar
    token: Avatar
    claim: TokenClaim
    mint: MintRequest

    def texts(self) -> dict[str, str]:
        """Return what staff may paste, by what it is."""
        return {
            "handle": self.person.handle,
            "former handle": "alicia",
            "name": "Alice Liddell",
            "beginning of a name": "alice li",
            "e-mail": "alice@example.org",
            "address": ADDRESS,
            "beginning of an address": ADDRESS[:10],
            "hidden address": HIDDEN,
            "ENS name": "alice.eth",
            "CAIP-10": f"eip155:{CHAIN_ID}:{ADDRESS}",
            "CAIP-19": f"eip155:{CHAIN_ID}/erc721:0x{CONTRACT.hex()}/7",
            "contract and id": f"0x{CONTRACT.hex()} 7",
            "contract": f"0x{CONTRACT.hex()}",
            "CID": CID,
            "ipfs address": f"ipfs://{CID}",
            "sha256": self.upload.image.sha256,
            "sha256 of a size": self.upload.image.renditions.all()[0].sha256,
            "transaction": TX,
            "picture's id": str(self.upload.pk),
            "page": f"https://pictures.example/u/{self.person.handle}/",
        }


def a_case() -> Case:
    now = timezone.now()
    person = a_person("alice", display_name="Alice Liddell")
    user = person.user
    EmailAddress.objects.create(user=user, email="alice@example.org", verified=True, primary=True)
    FormerHandle.objects.create(handle="alicia", profile=person, left_at=now, kept_until=now + timedelta(days=90))
    token, upload = a_token_picture(person, now), an_upload(person, title="At the sea")
    times = {"linked_at": now, "last_used_at": now, "chain_id": CHAIN_ID}
    public = LinkedAccount.objects.create(user=user, address=bytes.fromhex(ADDRESS[2:]), is_public=True, **times)
    LinkedAccount.objects.create(user=user, address=bytes.fromhex(HIDDEN[2:]), label="savings", **times)
    PrimaryName.objects.create(account=public, name="alice.eth", checked_at=now)
    claim = TokenClaim.objects.create(
        user=user,
        account=public,
        chain_id=CHAIN_ID,
        contract=CONTRACT,
        token_id=7,
        standard="erc721",
        state="owned",
        checked_at=now,
        checked_block_number=1,
        checked_block_hash="0x" + "11" * 32,
        avatar=token,
    )
    ClaimPicture.objects.create(claim=claim, state="same", name="Dawn", image_cid=CID)
    ClaimCheck.objects.create(claim=claim, at=now, verdict="owned", reason="owned", sentence="The chain said yes.")
    mint = MintRequest.objects.create(
        user=user,
        account=public,
        idempotency_key="1",
        chain_id=CHAIN_ID,
        contract=CONTRACT,
        owner=bytes.fromhex(ADDRESS[2:]),
        name="Dusk",
        state="submitted",
        tx_hash=TX,
    )
    return Case(person, upload, token, claim, mint)


def a_member_of_staff(name: str, *roles: str) -> User:
    make_groups()  # tests of browsers empty the tables, theirs too
    user = a_person(name).user
    user.is_staff = True
    user.save()
    user.groups.set(Group.objects.filter(name__in=roles))
    return user
