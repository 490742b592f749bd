"""Clients that other people's generators make of our document do the whole story, uploads included."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from localstack import binaries
from nft.models import MintRequest
from nft.testing.chain import Chain
from profiles import jobs
from profiles.api.document import document
from profiles.job_runner import Runner
from profiles.people.profiles import profile_of
from profiles.testing.api_client import a_secret
from profiles.testing.people import a_picture
from tests.kit.mints import install, sponsor
from tests.kit.world import person

HERE = Path(__file__).parent
PROGRAMS, CLIENTS = HERE / "programs", HERE / "clients"
DOCS = HERE.parents[1] / "docs" / "use" / "api.md"
CONFIG = "project_name_override: avatar-client\npackage_name_override: avatar_client\npost_hooks: []\n"


@pytest.fixture
def alice(chain: Chain, settings: Settings, transactional_db: None) -> User:
    """Alice, on a site that pays for her tokens."""
    install(chain, settings, open_mint=False)
    sponsor(chain, settings)
    return person("alice", chain.accounts[1])


@pytest.fixture
def api_document(live_server: LiveServer, tmp_path: Path, settings: Settings) -> Path:
    settings.SITE_ORIGIN = live_server.url
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document(), default=str), "utf-8")
    return path


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Runner:
    """What runs the jobs that the site queues, in this process."""
    monkeypatch.setattr(jobs._Sending, "queue", None)  # put back afterwards
    return Runner(print)


def python_client(api_document: Path) -> Path:
    """Generate the client by openapi-python-client. Return the folder to import it from."""
    config = api_document.parent / "config.yml"
    config.write_text(CONFIG, "utf-8")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(api_document)]
    target = api_document.parent / "avatar_client"
    given = ["--config", str(config), "--meta", "none", "--output-path", str(target)]
    subprocess.run([*command, *given], check=True, capture_output=True, timeout=60)
    return api_document.parent


def typescript_client(api_document: Path) -> Path:
    """Generate the types by openapi-typescript and compile the program with them. Return its folder."""
    folder, node = typescript_folder(api_document.parent), binaries.node()
    types = [node, str(CLIENTS / "types.mjs"), str(api_document), str(folder / "schema.ts")]
    subprocess.run(types, check=True, capture_output=True, timeout=60)
    options = ["--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2023,dom", "--skipLibCheck"]
    compile_it = [node, str(CLIENTS / "node_modules/typescript/bin/tsc"), *options, "story.ts"]
    done = subprocess.run(compile_it, check=False, capture_output=True, text=True, timeout=120, cwd=folder)
    assert done.returncode == 0, done.stdout
    return folder


def typescript_folder(parent: Path) -> Path:
    folder = parent / "typescript"
    folder.mkdir()
    (folder / "node_modules").symlink_to(CLIENTS / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}', "utf-8")
    shutil.copy(CLIENTS / "story.ts", folder)
    return folder


def run(command: list[str], meanwhile: Callable[[], object]) -> dict[str, object]:
    """Run the program, and what workers do meanwhile. Return what it printed."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        while program.poll() is None:
            meanwhile()
            time.sleep(0.05)
        said, wrong = program.communicate(timeout=30)
    assert program.returncode == 0, wrong
    found: dict[str, object] = json.loads(said)
    return found


WHOLE_STORY = {
    "uploaded": "My face",
    "is_current": True,
    "history": [True, True],
    "restored": "active",
    "refusal": "/problems/not-an-image",
    "free": True,
    "mint": "confirmed",
    "token_id": "1",
    "tx": True,
    "claim": "owned",
    "name": "Dawn",
    "shown": "nft",
    "transfer": "done",
    "export": "PK",
    "webhook": ["whsec_", "https://hooks.invalid/b", "webhook.test"],
}


@pytest.mark.long
@pytest.mark.parametrize("language", ["python", "typescript"])
def test_a_generated_client_does_the_whole_story(
    language: str, alice: User, chain: Chain, live_server: LiveServer, api_document: Path, workers: Runner
) -> None:
    secret, picture = a_secret(profile_of(alice)), a_picture(size=(300, 200))
    rest = [chain.url, chain.accounts[2]]
    if language == "python":
        (file := api_document.parent / "me.png").write_bytes(picture)
        given = [str(python_client(api_document)), live_server.url, secret, str(file), *rest]
        command = [sys.executable, str(PROGRAMS / "story.py"), *given]
    else:
        folder = typescript_client(api_document)
        given = [live_server.url, secret, base64.b64encode(picture).decode(), *rest]
        command = [binaries.node(), str(folder / "story.js"), *given]
    found = run(command, lambda: (chain.finalize(), workers.run_once()))
    token_id = str(MintRequest.objects.get(user=alice).token_id)
    assert found == WHOLE_STORY | {"token_id": token_id}


# --- one upload by each -----------------------------------------------------------------------------------------------
def upload_code(path: Path) -> str:
    """Return the lines between `upload` and `end`, as a reader copies them."""
    found = re.search(r"^(?:#|//) upload\n(.*?)^(?:#|//) end$", path.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert found is not None
    return re.sub(r"  # noqa: \w+", "", found[1]).strip()


@pytest.mark.parametrize("path", [PROGRAMS / "story.py", CLIENTS / "story.ts"], ids=["python", "typescript"])
def test_the_docs_show_the_code_that_is_tested(path: Path) -> None:
    assert upload_code(path) in DOCS.read_text("utf-8")


def test_the_python_client_uploads(alice: User, live_server: LiveServer, api_document: Path) -> None:
    (file := api_document.parent / "me.png").write_bytes(a_picture())
    given = [str(python_client(api_document)), live_server.url, a_secret(profile_of(alice)), str(file), "", ""]
    program, _, _ = (PROGRAMS / "story.py").read_text("utf-8").partition("# end")
    run([sys.executable, "-c", program + "print('{}')", *given], lambda: None)
    assert [avatar.alt_text for avatar in profile_of(alice).avatars.all()] == ["My face"]


def test_the_typescript_client_uploads(alice: User, live_server: LiveServer, tmp_path: Path) -> None:
    """Without its types, which the compiler only checks and then drops."""
    folder, node = typescript_folder(tmp_path), binaries.node()
    program, _, _ = (folder / "story.ts").read_text("utf-8").partition("// end")
    drop_types = "console.log(require('typescript').transpile(process.argv[1], {target: 'es2022', module: 'es2022'}))"
    code = subprocess.run([node, "-e", drop_types, program], check=True, capture_output=True, text=True, cwd=folder)
    (folder / "upload.mjs").write_text(code.stdout + "console.log('{}')", "utf-8")
    given = [live_server.url, a_secret(profile_of(alice)), base64.b64encode(a_picture()).decode()]
    run([node, str(folder / "upload.mjs"), *given], lambda: None)
    assert [avatar.alt_text for avatar in profile_of(alice).avatars.all()] == ["My face"]
