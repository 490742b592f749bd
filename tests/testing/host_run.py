"""A small project of others (`host`) in a folder of its own, where the package is installed and this repository is not.

The package is installed as pip does it, but by links: `profiles` and `nft`, and the entry points of pyproject.toml.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from localstack.binaries import ROOT

HERE = Path(__file__).parent
# Plugins of our own suite's environment, which a host need not have.
OURS = ("schemathesis", "hypothesispytest", "xdist", "timeout", "socket")

HIDING = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
def find_others(cls, name, path=None, target=None):
    return None if name.partition(".")[0] in %(hidden)s else find(name, path, target)
PathFinder.find_spec = classmethod(find_others)  # as the original, which is no method of a class that takes it over
"""


def install(folder: Path) -> Path:
    """Install the package below `folder`; return where it is imported from."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    site = folder / "site"
    facts = site / f"{project['name']}-0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0\n")
    entries = [f"{name} = {module}" for name, module in project["entry-points"]["pytest11"].items()]
    (facts / "entry_points.txt").write_text("\n".join(["[pytest11]", *entries, ""]))
    for app in ("profiles", "nft"):
        (site / app).symlink_to(ROOT / app)
    return site


def run_pytest(folder: Path, *arguments: str, without: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run pytest in the project, where the packages `without` are not installed."""
    site = install(folder)
    host = folder / "host"
    if not host.exists():
        shutil.copytree(HERE / "host", host)
    (site / "sitecustomize.py").write_text(HIDING % {"hidden": set(without) or "()"})
    ours = ("DJANGO_", "AVATAR", "PYTEST_", "NFT_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    paths = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment |= {"PYTHONPATH": os.pathsep.join(paths)}
    blocked = [f"-pno:{name}" for name in OURS]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *blocked, *arguments]
    return subprocess.run(command, cwd=host, env=environment, capture_output=True, text=True, timeout=300, check=False)
