"""Write a file we keep as a CAR archive: `manage.py export_cid <cid>[/path] FILE`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from nft.files.errors import ContentRefused
from nft.files.serving import Format, Scope, read_content
from nft.files.verify import parse_ipfs_reference
from profiles.store.errors import StorageError


class Command(BaseCommand):
    help = "Writes a file we pinned or keep as a CARv1 archive, which `ipfs dag import` and pinning services take."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", metavar="cid[/path]", help="also as ipfs://… or the address of any gateway")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--all", action="store_true", dest="is_all", help="everything we hold below the root, not this file alone"
        )

    def handle(self, *_: object, reference: str, file: Path, is_all: bool, **__: object) -> None:
        scope = Scope.ALL if is_all else Scope.ENTITY
        try:
            uri = parse_ipfs_reference(reference)
            content = read_content(uri.cid, uri.path, Format.CAR, scope)
        except (ContentRefused, StorageError) as error:
            raise CommandError(str(error)) from error
        file.write_bytes(content.data)
        self.stdout.write(self.style.SUCCESS(f"{file}: {len(content.data):,} bytes, root {uri.cid}"))
