"""Scripts and styles are joined with what they import when static files are collected."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.files.storage import FileSystemStorage

from avatarsite.static_files import HashedStaticFiles
from avatarsite.static_joining import JoiningError, imports_others, join_script, join_styles

ROOTS = [Path(__file__).parents[2] / root for root in ("static", "profiles/static", "nft/static")]
SOURCES = {str(path.relative_to(root)): path for root in ROOTS for path in root.rglob("*") if path.is_file()}
OURS = re.compile(r"(?:\w+/)?(?:js|css)/[^/]+$")
PAGE = (
    'import { greet as hello, NAME } from "./greeting.js";\nimport "./side-effect.js";\n\nconsole.log(hello(NAME));\n'
)
GREETING = """// @ts-check
import { shout } from "./shout.js";

/** @returns {import("./nowhere.js").Text} */
export const NAME = "Ann";
const secret = "greeting";

/**
 * Greet.
 * @param {string} name
 */
export function greet(name) {
  return shout(`Hi ${name}, ${secret}`); /** kept, since it ends a line */
}
"""
FILES = {
    "js/page.js": PAGE,
    "js/greeting.js": GREETING,
    "js/shout.js": 'const secret = "!";\nexport function shout(text) {\n  return text.toUpperCase() + secret;\n}\n',
    "js/side-effect.js": 'import { shout } from "./shout.js";\n\nconsole.log(shout("first"));\n',
}


def test_a_joined_script_does_what_its_modules_do() -> None:
    script = join_script("js/page.js", FILES.__getitem__)
    assert not imports_others(script)
    assert "nowhere" not in script
    command = ["node", "--input-type=module", "--eval", script]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "FIRST!\nHI ANN, GREETING!\n"


def test_a_joined_script_exports_what_its_source_does() -> None:
    """For whoever imports it later, by `import()`."""
    greeting = join_script("js/greeting.js", FILES.__getitem__)
    assert [line for line in greeting.splitlines() if line.startswith("export")] == [
        'export const NAME = "Ann";',
        "export function greet(name) {",
    ]


@pytest.mark.parametrize(
    "line",
    [
        'import Default from "./shout.js";',
        'import * as all from "./shout.js";',
        "export default 1;",
        "export { a };",
        'export * from "./shout.js";',
        "export let count = 0;",
        "await ready;",
    ],
)
def test_what_cannot_be_joined_is_named(line: str) -> None:
    with pytest.raises(JoiningError, match=r"js/page\.js: can't be joined"):
        join_script("js/page.js", (FILES | {"js/page.js": f"{line}\n"}).__getitem__)


def test_modules_in_a_circle_are_named() -> None:
    files = FILES | {"js/shout.js": 'import { NAME } from "./greeting.js";\n'}
    with pytest.raises(JoiningError, match=r"circle: js/page.js, js/greeting.js, js/shout.js, js/greeting.js"):
        join_script("js/page.js", files.__getitem__)


def test_a_module_of_another_app_is_joined_under_a_name_of_its_own() -> None:
    files = FILES | {
        "nft/js/page.js": 'import { shout } from "../../js/shout.js";\nimport { shout as own } from "./shout.js";\n'
        'console.log(shout("a"), own("b"));\n',
        "nft/js/shout.js": "export function shout(text) {\n  return text + text;\n}\n",
    }
    script = join_script("nft/js/page.js", files.__getitem__)
    command = ["node", "--input-type=module", "--eval", script]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "A! bb\n"


def test_every_stylesheet_is_in_the_one_of_all_pages_or_in_that_of_the_admin() -> None:
    read = {name: path.read_text(encoding="utf-8") for name, path in SOURCES.items() if name.endswith(".css")}
    joined = join_styles("css/site.css", read.__getitem__)
    assert not imports_others(joined)
    apart = {"css/site.css", "profiles/css/profiles.css", "nft/css/nft.css", "profiles/css/admin.css"}
    assert {name for name, text in read.items() if text not in joined} == apart


def test_a_stylesheet_of_another_folder_names_no_file_by_its_place() -> None:
    files = {"css/site.css": '@import "../app/a.css";\n', "app/a.css": "a { b: url(data:x) }\n"}
    assert join_styles("css/site.css", files.__getitem__) == files["app/a.css"]
    for place in ("a.svg", "'../a.svg'"):
        with pytest.raises(JoiningError, match="another folder"):
            join_styles("css/site.css", (files | {"app/a.css": f"a {{ b: url({place}) }}\n"}).__getitem__)


def test_collected_scripts_import_nothing_that_a_page_would_wait_for(tmp_path: Path) -> None:
    """Also each is whole: whatever an import or `import()` names was collected, or hashing would have failed."""
    collected = HashedStaticFiles(location=tmp_path, base_url="/static/")
    sources = {name: FileSystemStorage(path.parents[name.count("/")]) for name, path in SOURCES.items()}
    for name, storage in sources.items():
        with storage.open(name) as file:
            StaticFilesStorage.save(collected, name, file)
    results = list(collected.post_process({name: (storage, name) for name, storage in sources.items()}))
    assert not [error for _, _, error in results if isinstance(error, Exception)]
    for name in sources:
        if OURS.match(name):
            text = (tmp_path / collected.stored_name(name)).read_text(encoding="utf-8")
            assert not imports_others(text), name
            assert "@import" not in text, name
