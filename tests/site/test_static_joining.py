"""Scripts and styles are joined with what they import when static files are collected."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.files.storage import FileSystemStorage

from avatarsite.static_files import HashedStaticFiles
from avatarsite.static_joining import JoiningError, imports_others, join_script, join_styles

STATIC = Path(__file__).parents[2] / "static"
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


def test_every_stylesheet_is_in_the_one_of_all_pages_or_in_that_of_the_admin() -> None:
    read = {f"css/{path.name}": path.read_text(encoding="utf-8") for path in (STATIC / "css").glob("*.css")}
    joined = join_styles("css/site.css", read.__getitem__)
    assert not imports_others(joined)
    assert {name for name, text in read.items() if text not in joined} == {"css/site.css", "css/admin.css"}
    with pytest.raises(JoiningError, match="another folder"):
        join_styles("css/site.css", (read | {"css/site.css": '@import "../other.css";\n'}).__getitem__)


def test_collected_scripts_import_nothing_that_a_page_would_wait_for(tmp_path: Path) -> None:
    """Also each is whole: whatever an import or `import()` names was collected, or hashing would have failed."""
    sources = FileSystemStorage(STATIC)
    collected = HashedStaticFiles(location=tmp_path, base_url="/static/")
    names = [str(path.relative_to(STATIC)) for path in STATIC.rglob("*") if path.is_file()]
    for name in names:
        with sources.open(name) as file:
            StaticFilesStorage.save(collected, name, file)
    results = list(collected.post_process({name: (sources, name) for name in names}))
    assert not [error for _, _, error in results if isinstance(error, Exception)]
    for name in names:
        if name.startswith(("js/", "css/")):
            text = (tmp_path / collected.stored_name(name)).read_text(encoding="utf-8")
            assert not imports_others(text), name
            assert "@import" not in text, name
