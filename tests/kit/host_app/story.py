"""A host project with `profiles` alone, under a prefix, without any optional library: from an empty database on."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from importlib.abc import MetaPathFinder
from io import BytesIO

#: What no project needs for `profiles`.
OPTIONAL = [
    "celery",
    "kombu",
    "redis",
    "boto3",
    "botocore",
    "storages",
    "allauth",
    "requests",
    "web3",
    "siwe",
    "eth_account",
    "eth_hash",
    "coincurve",
    "csp",
    "whitenoise",
    "prometheus_client",
    "websockets",
    "libipld",
]


class Missing(MetaPathFinder):
    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name.partition(".")[0] in OPTIONAL:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Missing())

import django  # noqa: E402

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.models import AnonymousUser  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.template import Context, Template  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import get_resolver, reverse  # noqa: E402
from django.utils import timezone  # noqa: E402
from PIL import Image  # noqa: E402

from profiles import shortcuts  # noqa: E402
from profiles.models import Profile  # noqa: E402
from tests.kit.host_app import badges  # noqa: E402
from tests.kit.host_app.forms import ProfileForm  # noqa: E402
from tests.kit.host_app.models import Profile as HostProfile  # noqa: E402

PREFIX = "/pictures/"
TAGS = Template('{% load avatars %}{% for who in people %}{% avatar who 96 %}{% avatar_url who "big" %}{% endfor %}')
#: A path in a page that is neither ours nor the host's.
FOREIGN = re.compile(r'(?:href|src|action|data-[a-z-]+)="(/(?!pictures/|static/|media/|admin/|"|/)[^"]*)"')


def file(color: str, name: str = "a.png") -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (64, 64), color).save(content, "PNG")
    return SimpleUploadedFile(name, content.getvalue(), "image/png")


def tell(step: str) -> None:
    sys.stdout.write(f"{step}\n")


def show_anybody() -> None:
    newcomer = People.objects.create_user("new@example.org")
    with CaptureQueriesContext(connection) as queries:
        html = TAGS.render(Context({"people": [None, AnonymousUser(), newcomer, "nobody", 5, object()]}))
    assert html.count("<img") == 6, html
    assert len(queries) == 1, "of the newcomer, whose profile is then known to be missing"
    assert not Profile.objects.exists(), "showing writes nothing"
    path = shortcuts.avatar_url(newcomer, 96)
    assert Client().get(path).headers["Content-Type"] == "image/png"


def upload() -> None:
    page = browser.get(reverse("profiles:picture"))
    assert page.status_code == 200
    sent = browser.post(reverse("profiles:picture"), {"content": file("red"), "alt_text": "Red"})
    assert sent.status_code == 302, sent.content.decode()
    path = shortcuts.avatar_url(People.objects.get(pk=alice.pk), 96)
    assert path.startswith(f"{PREFIX}avatar/")
    answer = browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("image/")
    assert "Cookie" not in answer.headers.get("Vary", "")


def answer_only_there() -> None:
    for path in ("/avatar/edit", "/avatar/alice", "/api/v1/me/picture", f"/pictures/{'0' * 64}.png"):
        answer = browser.get(path)
        assert answer.content.decode() == f"the host's own {path}", path
    document = browser.get(f"{PREFIX}api/openapi.json").json()
    assert document["servers"][0]["url"].endswith(f"{PREFIX}api/v1")
    handle = Profile.objects.get(user=alice).handle
    receipt = browser.get(f"{PREFIX}avatar/{handle}.json").json()
    places = [receipt["profile"], receipt["url"], *(each["url"] for each in receipt["sizes"])]
    assert all(place.startswith(PREFIX) for place in places), places
    assert all(browser.get(place).status_code == 200 for place in places)
    assert browser.get(f"{PREFIX}api/v1/profiles/{handle}").json()["handle"] == handle


def walk_pages() -> int:
    handle, walked = Profile.objects.get(user=alice).handle, 0
    for pattern in list(get_resolver("profiles.urls").reverse_dict):
        if not isinstance(pattern, str):
            continue
        try:
            path = reverse(f"profiles:{pattern}")
        except django.urls.NoReverseMatch:
            try:
                path = reverse(f"profiles:{pattern}", args=[handle])
            except django.urls.NoReverseMatch:
                continue
        answer = browser.get(path, follow=True)
        assert answer.status_code in {200, 404, 405}, (path, answer.status_code)
        if "text/html" in answer.headers.get("Content-Type", ""):
            assert not FOREIGN.findall(answer.content.decode()), (path, FOREIGN.findall(answer.content.decode()))
            walked += 1
    return walked


def use_the_form() -> None:
    own = HostProfile.objects.create(user=alice)
    assert shortcuts.avatar_url(alice, 96) in ProfileForm(instance=own).as_p().replace("&amp;", "&")
    bad = ProfileForm({"about": "x"}, {"picture": SimpleUploadedFile("a.png", b"no picture")}, instance=own)
    assert not bad.is_valid()
    assert "image" in str(bad.errors["picture"]), bad.errors
    good = ProfileForm({"about": "Rower"}, {"picture": file("blue")}, instance=own)
    assert good.is_valid(), good.errors
    before = Profile.objects.get(user=alice).avatar_id
    good.save()
    assert Profile.objects.get(user=alice).avatar_id != before
    unchanged = ProfileForm({"about": "y"}, {}, instance=own)
    assert unchanged.is_valid()
    unchanged.save()
    assert HostProfile.objects.get().about == "y"


def show_a_badge() -> None:
    now = timezone.now()
    details = shortcuts.AvatarDetails(title="Rowers", attested_at=now, provenance={"asset_id": "club/7"})
    avatar = shortcuts.set_avatar(alice, file("green"), source="badge", details=details)
    shown = shortcuts.current_picture(alice)
    assert shown is not None
    assert (shown.avatar, shown.mark, shown.mark_text) == (avatar, True, "Member of Rowers")
    assert shortcuts.resolve("alice@example.org") == Profile.objects.get(user=alice)
    assert "Member of Rowers" in TAGS.render(Context({"people": [alice]}))
    handle = Profile.objects.get(user=alice).handle
    assert browser.get(f"{PREFIX}avatar/{handle}.json").json()["provenance"] == {"club": "club/7"}
    assert shortcuts.remove_avatar(alice) == avatar


def list_people() -> None:
    for number in range(5):
        shortcuts.set_avatar(People.objects.create_user(f"{number}@example.org"), file("white"))
    with CaptureQueriesContext(connection) as queries:
        html = TAGS.render(Context({"people": shortcuts.with_pictures(People.objects.all())}))
    assert html.count("<img") == People.objects.count() == 7
    assert len(queries) == 1, [each["sql"] for each in queries]


def receive_signals() -> None:
    from profiles.own_data.deletion import ask_deletion, erase_account  # noqa: F401

    names = {each["name"] for each in badges.received}
    assert "avatar_changed" in names, names
    change = next(each for each in badges.received if each["name"] == "avatar_changed")
    assert {"profile_id", "avatar_id", "version", "action"} <= change.keys()


def run_jobs() -> None:
    out = BytesIO()
    del out
    call_command("run_jobs", once=True, verbosity=0)
    late = timezone.now() + timedelta(days=1)
    assert not Profile.objects.filter(avatar__image__due_at__lte=late, avatar__image__due_at__isnull=False).exists()


call_command("check", fail_level="ERROR")
call_command("migrate", run_syncdb=True, verbosity=0)
tell("migrated")
People = get_user_model()
show_anybody()
tell("anybody")
alice = People.objects.create_user("alice@example.org")
browser = Client()
browser.force_login(alice)
upload()
tell("uploaded")
answer_only_there()
tell(f"walked {walk_pages()} pages")
use_the_form()
tell("form")
show_a_badge()
list_people()
receive_signals()
run_jobs()
assert not [name for name in OPTIONAL if name in sys.modules]
tell("whole")
