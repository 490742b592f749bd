"""Verify a file against its CID: `manage.py verify_cid <cid>[/path]`."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from nft.core.ipfs.dag import DagLimits
from nft.core.text import clean_text
from nft.files.errors import NOT_CHECKED, ContentRefused
from nft.files.verify import parse_ipfs_reference, verify_archive, verify_from_gateways, verify_stored

# Exit codes, as those of the scripts that anybody can download.
NOT_PROVED, UNREADABLE, OPEN = 1, 2, 3
SHOWN_CHARACTERS = 500


class Command(BaseCommand):
    help = (
        "Hashes every block of an IPFS file against its CID. From our own store, unless told otherwise. Exit status: "
        "0 proved, 1 not proved, 2 the output can't be written, 3 the blocks could not be had."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", metavar="cid[/path]", help="also as ipfs://… or the address of any gateway")
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--car", type=Path, metavar="FILE", help="the archive that holds the blocks")
        source.add_argument("--gateway", action="append", metavar="URL", help="ask this gateway; may be repeated")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write the proved file there")
        parser.add_argument("--blocks", action="store_true", help="name every block")

    def handle(
        self,
        *_: object,
        reference: str,
        car: Path | None,
        gateway: Sequence[str] | None,
        output: Path | None,
        blocks: bool,
        **__: object,
    ) -> None:
        try:
            uri = parse_ipfs_reference(reference)
            if car:
                found = verify_archive(uri, car, DagLimits())
            elif gateway:
                found = verify_from_gateways(uri, gateway, DagLimits())
            else:
                found = verify_stored(uri, DagLimits())
        except ContentRefused as error:
            is_open = error.is_a(NOT_CHECKED)
            said = f"{'Not checked' if is_open else 'Not proved'}. {clean_text(str(error), SHOWN_CHARACTERS)}"
            raise CommandError(said, returncode=OPEN if is_open else NOT_PROVED) from error
        if output:
            write(output, found.data)
        if blocks:
            self.stdout.write("\n".join(map(str, found.cids)))
        self.stdout.write(self.style.SUCCESS(f"Proved: {len(found.cids)} blocks, {len(found.data):,} bytes."))
        self.stdout.write(f"SHA-256 {found.sha256}")


def write(output: Path, data: bytes) -> None:
    try:
        output.write_bytes(data)
    except OSError as error:
        raise CommandError(f"Proved, but not written: {error}", returncode=UNREADABLE) from error
