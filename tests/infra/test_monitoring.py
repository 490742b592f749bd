"""The alert rules and the dashboard that we ship: Prometheus takes them, and every metric they name is there."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from avatarsite.ops import counters as counting
from avatarsite.ops import heartbeats
from avatarsite.queues import QUEUES
from localstack import binaries
from localstack.binaries import ROOT
from nft.models import TokenClaim, WatchedChain
from profiles.models import StoreShard
from profiles.testing.people import a_person
from profiles.upkeep.scan import PARTS
from tests.servers.places import on_sqlite

FOLDER = ROOT / "deploy" / "monitoring"
RULES, DASHBOARD = FOLDER / "alerts.yml", FOLDER / "dashboard.json"
RULES_TEST = ROOT / "tests" / "infra" / "alerts_test.yml"
PAGE = ROOT / "docs" / "operate" / "monitoring.md"
METRIC = re.compile(r"\bavatarsite_\w+")
ALERT = re.compile(r"\balert: (\w+)")
CHAIN_ID = 31337


def promtool(*arguments: str) -> str:
    """Return what promtool printed; fail if it complains."""
    ran = subprocess.run([binaries.promtool(), *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def expressions() -> Iterator[str]:
    """Yield the dashboard's queries, with a period in place of Grafana's variable."""
    for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"].replace("$__rate_interval", "5m")


def live_metrics(client: Client) -> set[str]:
    """Return the names that a site has once it has had requests, jobs, claims, blocks and a walk through its store."""
    now = timezone.now()
    claim = {"contract": b"\2" * 20, "token_id": 1, "state": "owned", "checked_at": now, "checked_block_number": 1}
    due = {"due_at": now + timedelta(minutes=9), "is_checked_alone": False}
    TokenClaim.objects.create(user=a_person("alice").user, chain_id=CHAIN_ID, **claim, **due)
    WatchedChain.objects.create(chain_id=CHAIN_ID, next_block=1, head_block=1, head_at=now, alarm="!", alarm_at=now)
    StoreShard.objects.bulk_create(StoreShard(folder=f, prefix=prefix, finished_at=now) for f, prefix in PARTS)
    counting.counters.count_request("home", 200, 0.1)
    counting.counters.count(counting.JOBS, "a", "ok")
    counting.counters.observe(counting.JOB_SECONDS, 0.1, "a")
    counting.counters.observe(counting.JOB_WAIT_SECONDS, 0.1, QUEUES[0])
    heartbeats.record(heartbeats.BEAT)
    heartbeats.record(heartbeats.LISTENER, str(CHAIN_ID))
    text = client.get("/metrics").content.decode()
    return {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}


def test_prometheus_takes_the_rules_and_each_alert_can_fire_and_stay_quiet() -> None:
    promtool("check", "rules", str(RULES))
    assert "SUCCESS" in promtool("test", "rules", str(RULES_TEST))
    text, alerts = RULES_TEST.read_text("utf-8"), ALERT.findall(RULES.read_text("utf-8"))
    for alert in alerts:
        quiet = rf"alertname: {alert}, exp_alerts: \[\]" if alert != "AvatarsiteUnseen" else alert
        assert re.search(quiet, text), alert
        assert re.search(rf"alertname: {alert}\n +exp_alerts:\n +- exp_labels", text), alert


def test_a_wrong_rule_is_found(tmp_path: Path) -> None:
    for folder in ("deploy/monitoring", "tests/infra"):
        (tmp_path / folder).mkdir(parents=True)
    changed = RULES.read_text("utf-8").replace("avatarsite_watcher_look_age_seconds > 120", "vector(1) < 0")
    (tmp_path / "deploy/monitoring/alerts.yml").write_text(changed)
    (tmp_path / "tests/infra/alerts_test.yml").write_text(RULES_TEST.read_text("utf-8"))
    with pytest.raises(AssertionError, match="AvatarsiteWatcherStopped"):
        promtool("test", "rules", str(tmp_path / "tests/infra/alerts_test.yml"))


def test_prometheus_understands_the_dashboard(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(expressions())]
    assert len(rules) > 20
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    promtool("check", "rules", str(file))


@pytest.mark.django_db
def test_every_metric_that_a_file_or_page_names_is_there(client: Client) -> None:
    live = live_metrics(client)
    if on_sqlite():
        live |= {"avatarsite_database_connections", "avatarsite_database_connections_allowed"}  # it has no server
    bare = {re.sub(r"_(?:bucket|count|sum)$", "", name) for name in live}
    for file in (RULES, DASHBOARD, RULES_TEST):
        assert set(METRIC.findall(file.read_text("utf-8"))) <= live, file.name
    assert set(METRIC.findall(PAGE.read_text("utf-8"))) <= live | bare
    ours = {name for name in bare if name.startswith("avatarsite_")}
    assert ours <= set(METRIC.findall(PAGE.read_text("utf-8"))), "the page explains each"


def test_the_page_says_what_to_do_about_each_alert() -> None:
    listed = re.findall(r"^\| `(Avatarsite\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert listed == ALERT.findall(RULES.read_text("utf-8"))
