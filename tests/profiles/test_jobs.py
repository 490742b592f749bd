"""Jobs are declared where they are written: queue and schedule follow. A broker that is down harms nobody."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from django.db import transaction
from kombu.exceptions import OperationalError

from avatarsite.celery import app
from avatarsite.queues import QUEUES
from profiles import jobs
from profiles.celery import CeleryQueue, register, schedule
from tests.servers.redis import RedisServer

calls: list[tuple[Any, ...]] = []
NAME = f"{__name__}.work"


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs.discover()  # else jobs whose modules a test here imports first would be missing in later tests
    monkeypatch.setattr(jobs, "_JOBS", {})
    monkeypatch.setattr(jobs, "_PROVIDERS", {})
    monkeypatch.setattr(jobs._Sending, "queue", CeleryQueue(app, QUEUES))
    calls.clear()


def work(row_id: Any, now: datetime, tools: list[str], *, seconds: int = 20) -> None:
    calls.append((row_id, now, tools, seconds))


def make_tools() -> list[str]:
    return ["hammer"]


@pytest.mark.django_db
def test_a_job_gets_the_time_and_what_was_provided_and_stays_callable() -> None:
    jobs.provide("tools", f"{__name__}.make_tools")
    assert jobs.job(queue="chain")(work) is work
    before = datetime.now(UTC)
    jobs.get_job(work).run(7)
    ((row_id, now, tools, seconds),) = calls
    assert (row_id, tools, seconds) == (7, ["hammer"], 20)
    assert before <= now <= datetime.now(UTC)


def test_queue_limits_and_schedule_follow_from_the_declaration() -> None:
    jobs.job(
        queue="ipfs", every=lambda: timedelta(seconds=5), each=lambda: [1, 31337], time_limit=timedelta(minutes=5)
    )(work)
    own = Celery("test", set_as_current=False)
    register(own, QUEUES)
    task: Any = own.tasks[NAME]
    assert (task.time_limit, task.soft_time_limit) == (300, 280)
    assert own.conf.task_routes == {NAME: {"queue": "ipfs"}}
    assert own.conf.beat_schedule == {
        f"{NAME}(1)": {"task": NAME, "schedule": 5, "args": [1], "options": {"queue": "ipfs", "expires": 60}},
        f"{NAME}(31337)": {"task": NAME, "schedule": 5, "args": [31337], "options": {"queue": "ipfs", "expires": 60}},
    }


def test_a_project_with_one_queue_gets_every_job_on_it_beside_its_own() -> None:
    jobs.job(queue="ipfs", every=timedelta(minutes=1))(work)
    own = Celery("test", set_as_current=False)
    own.conf.update(task_routes=[{"shop.*": {"queue": "shop"}}], beat_schedule={"shop": {"task": "shop.close"}})
    register(own)
    assert own.conf.task_routes == [{"shop.*": {"queue": "shop"}}, {NAME: {"queue": "celery"}}]
    assert own.conf.beat_schedule["shop"] == {"task": "shop.close"}
    assert own.conf.beat_schedule[NAME]["options"]["queue"] == "celery"


def test_a_job_that_may_wait_for_ever_does_not_expire() -> None:
    jobs.job(every=timedelta(days=1), expires=None)(work)
    assert schedule(QUEUES) == {NAME: {"task": NAME, "schedule": 86_400, "options": {"queue": "default"}}}


@pytest.mark.django_db(transaction=True)
def test_a_job_is_sent_after_commit_to_its_queue(redis_server: RedisServer) -> None:
    jobs.job(queue="ipfs")(work)
    row_id = uuid4()
    with redis_server.client() as redis:
        redis.delete("ipfs")
        with transaction.atomic():
            jobs.enqueue(work, row_id)
            assert redis.llen("ipfs") == 0
        assert redis.llen("ipfs") == 1
        redis.delete("ipfs")


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_no_request_fails_and_only_the_first_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def send_task(self: Celery, name: str, **options: Any) -> None:
        tried.append(name)
        raise OperationalError("refused")

    monkeypatch.setattr(Celery, "send_task", send_task)
    jobs.job()(work)
    for _ in range(3):
        jobs.enqueue(work, 1)
    assert tried == [NAME]


def test_only_modules_that_declare_jobs_are_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "users.notice_mails", raising=False)
    jobs.discover()
    assert "users.notice_mails.send_due" in {each.name for each in jobs.get_jobs()}


def test_every_declaration_is_written_as_discovery_finds_it() -> None:
    root = Path(jobs.__file__).parents[1]
    files = [path for app in ("avatarsite", "users", "profiles", "nft") for path in (root / app).rglob("*.py")]
    texts = {path.name: path.read_text("utf-8") for path in files if path != Path(jobs.__file__)}
    declaring = {name: text for name, text in texts.items() if re.search(r"^\s*@(\w+\.)?job\(", text, re.MULTILINE)}
    assert len(declaring) > 10
    assert all("\n@job(" in text and "from profiles.jobs import" in text for text in declaring.values())
