"""Connect to everything that the site uses, and say what is wrong and what mends it: `manage.py check_deploy`."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand

from avatarsite.env_file import PLACE
from avatarsite.ops.deployment import database, files, mail, queue, store, web
from avatarsite.ops.deployment.findings import Check, Finding, Verdict, ok, run_checks, wrong

SECONDS = 30.0
LABELS = {Verdict.OK: "ok", Verdict.WRONG: "WRONG", Verdict.UNKNOWN: "unknown"}


class Command(BaseCommand):
    help = (
        "Connects to the database, Redis, the store, the mail server, each node, gateway and pinner, and to the site "
        "itself at SITE_ORIGIN. Prints for each what is wrong and the command that mends it. Ends with exit code 1 if "
        "something is wrong, else 0; what can't be checked is “unknown”, and --strict counts it as wrong."
    )
    requires_system_checks = ()  # they are part of what it prints

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document: {findings: [{part, verdict, …}]}")
        parser.add_argument("--mail-to", default="", metavar="ADDRESS", help="also send one mail to this address")
        parser.add_argument("--env-file", type=Path, default=PLACE, help=f"the file of settings ({PLACE})")
        parser.add_argument("--seconds", type=float, default=SECONDS, help=f"limit for all checks ({SECONDS:.0f})")
        parser.add_argument("--strict", action="store_true", help="exit code 1 also if something is unknown")

    def handle(
        self,
        *_: object,
        json: bool,
        mail_to: str,
        env_file: Path,
        seconds: float,
        strict: bool,
        **__: object,
    ) -> None:
        found = run_checks(build_checks(env_file, mail_to), seconds)
        self.stdout.write(_as_json(found) if json else "\n".join(_as_lines(found)))
        verdicts = Counter(finding.verdict for finding in found)
        if verdicts[Verdict.WRONG] or (strict and verdicts[Verdict.UNKNOWN]):
            sys.exit(1)


def build_checks(env_file: Path, mail_to: str = "") -> Mapping[str, Check]:
    """Return the checks of this configuration by the part that they look at."""
    return {
        "env file": partial(files.check_env_file, env_file),
        "settings": check_settings,
        "key files": files.check_key_files,
        "receipt key": files.check_receipt_key,
        "database": database.check_database,
        "redis": queue.check_redis,
        "workers": queue.check_workers,
        "store": store.check_store,
        "mail": partial(mail.check_mail, mail_to),
        "static files": files.check_static_files,
        "web": web.check_web,
        **_chain_checks(),
    }


def _chain_checks() -> Mapping[str, Check]:
    if not settings.NFT_ENABLED:
        return {}
    from avatarsite.ops.deployment import chains as on_chains  # a site without nft loads none of it
    from nft.settings import conf
    from nft.settings.chains import chains

    nodes = {f"chain {chain.id}": partial(on_chains.check_nodes, chain) for chain in chains().values()}
    paid = {f"chain {each}, paid mints": partial(on_chains.check_sponsor, each) for each in conf().sponsor_chains}
    return {**nodes, **paid, "gateways": on_chains.check_gateways, "pinners": on_chains.check_pinners}


def check_settings() -> list[Finding]:
    """Run Django's system checks, those for deployments too."""
    messages = [each for each in checks.run_checks(include_deployment_checks=True) if not each.is_silenced()]
    found = [wrong("settings", f"{each.id}: {each.msg}", str(each.hint or "")) for each in messages]
    return found or [ok("settings", "No system check complains.")]


def _as_json(found: Sequence[Finding]) -> str:
    counts = Counter(finding.verdict.value for finding in found)
    return json.dumps({"findings": [asdict(finding) for finding in found], "counts": counts}, indent=2)


def _as_lines(found: Sequence[Finding]) -> list[str]:
    lines = []
    for finding in found:
        lines.append(f"{LABELS[finding.verdict]:<8}{finding.part}: {finding.sentence}")
        if finding.mend:
            lines.append(f"{'':<8}→ {finding.mend}")
    counts = Counter(finding.verdict for finding in found)
    lines.append(", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict))
    return lines
