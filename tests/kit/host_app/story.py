"""A host project with `profiles` alone, under a prefix, without any optional library: from an empty database on."""

from __future__ import annotations

import re
import sys
from importlib.abc import MetaPathFinder
from io import BytesIO

#: What no project needs for `profiles`.
OPTIONAL = {"celery", "kombu", "redis", "boto3", "botocore", "storages", "allauth", "requests", "web3", "siwe", "csp"}
OPTIONAL |= {"eth_account", "eth_hash", "coincurve", "whitenoise", "prometheus_client", "websockets", "libipld"}


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
from profiles.models import Profile, StoredImage, Verdict  # noqa: E402
from profiles.reports.deciding import Decision, decide  # noqa: E402
from profiles.reports.reporting import Complaint, Reporter, take_report  # noqa: E402
from tests.kit.host_app import badges  # noqa: E402
from tests.kit.host_app.forms import ProfileForm  # noqa: E402
from tests.kit.host_app.models import Profile as HostProfile  # noqa: E402
from tests.kit.host_app.paths import find_strays  # noqa: E402

PREFIX = "/pictures/"
#: What people who use `profiles` alone never read.
OTHER_APP = re.compile(r"(?i)\b(?:nfts?|wallets?|(?:block)?chains?|ipfs|ens)\b")
TAGS = Template('{% load avatars %}{% for who in people %}{% avatar who 96 %}{% avatar_url who "big" %}{% endfor %}')


def file(color: str, name: str = "a.png") -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (600, 600), color).save(content, "PNG")
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
    assert all(path.startswith(PREFIX) for path in document["paths"]), document["paths"].keys()
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
            assert not (said := OTHER_APP.findall(answer.content.decode())), (path, said)
            assert not find_strays(answer.content.decode()), (path, find_strays(answer.content.decode()))
            walked += 1
    return walked


def use_the_form() -> None:
    own = HostProfile._default_manager.create(user=alice)
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
    assert HostProfile._default_manager.get().about == "y"


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


def report_as_guest() -> None:
    """A guest reports a picture and gets an answer, which the project sends by mail."""
    bob = shortcuts.resolve("0@example.org")
    assert bob is not None
    complaint, guest = Complaint("picture", "nudity"), Reporter(None, ("192.0.2.1/32",), "guest@example.org", "en")
    case = take_report(bob, complaint, guest, timezone.now()).case
    staff = People.objects.create_superuser("root@example.org")
    decide(case.pk, Decision(Verdict.REMOVE, "nudity"), staff, timezone.now())


def run_jobs() -> None:
    """Without Celery, what people asked for waits in the database."""
    due = StoredImage.objects.filter(due_at__isnull=False).count()
    assert due >= 3, due
    call_command("run_jobs", once=True, verbosity=0)
    assert StoredImage.objects.filter(due_at__isnull=False).count() == 0


def receive_every_signal() -> None:
    """`avatar_changed` came with the uploads; now for the others. ACCOUNT_DELETE_DAYS is 0 here."""
    assert browser.post(reverse("profiles:edit"), {"handle": "rower"}).status_code == 302
    report_as_guest()
    assert browser.post(reverse("profiles:data_delete")).status_code == 302
    run_jobs()
    assert not People.objects.filter(pk=alice.pk).exists()
    assert not HostProfile._default_manager.exists(), "what the host keeps of them goes by its own foreign keys"
    last = {name: arguments.keys() for name, arguments in badges.received}
    assert last == SIGNALS, last


SIGNALS = {
    "avatar_changed": {"profile_id", "avatar_id", "version", "action"},
    "handle_changed": {"profile", "former"},
    "deletion_asked": {"user", "due_at"},
    "account_deleted": {"name", "addresses", "language"},
    "guest_answered": {"address", "language", "about", "sentence"},
}


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
receive_every_signal()
for color in ("black", "gray", "navy", "olive"):
    shortcuts.set_avatar(People.objects.get(email="1@example.org"), file(color))
assert not [name for name in OPTIONAL if name in sys.modules]
tell("whole")
