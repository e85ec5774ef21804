"""Brings the maps here, by the package managers that the machine has, as the lock file pins them."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

from .maps import member

HEAD = """\
# The published price maps that scripts/compare-price-maps reads, pinned. `--latest` moves them.
# `origin` is the same for maps that copy one another; the newest of them comes first. `read` is the
# day on which these versions were the newest, and the day of the comparison.
"""


class Failed(Exception):
    """A map can't be had, or is not what was pinned."""


def read_lock(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


def write_lock(path, lock):
    text = HEAD + f'read = "{lock["read"]}"\n'
    for entry in lock["map"]:
        text += "\n[[map]]\n" + "".join(f'{key} = "{value}"\n' for key, value in entry.items())
    Path(path).write_text(text, encoding="utf-8")


def pinned(entry, folder):
    """The file of an entry, downloaded where it is not in the folder yet."""
    path = folder / entry["file"]
    if not (path.exists() and digest(path) == entry["sha256"]):
        path.unlink(missing_ok=True)
        got = download(entry["registry"], entry["name"], entry["version"], folder)
        if got.name != path.name or digest(got) != entry["sha256"]:
            raise Failed(f"{entry['name']} {entry['version']} is {got.name} with sha256 {digest(got)}, "
                         f"but the lock file has {entry['file']} with {entry['sha256']}")
    return path


def latest(entry, folder):
    """The entry at the newest version that there is, and its file."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        got = download(entry["registry"], entry["name"], None, Path(place))
        path = folder / got.name
        shutil.move(got, path)
    version, license_ = described(path)
    return {**entry, "version": version, "file": path.name, "sha256": digest(path),
            "license": license_ or entry["license"]}, path


def download(registry, name, version, folder):
    if registry == "pypi":
        # One wheel for every machine, so that there is one digest: nothing in it is run.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
                   "--python-version", "3.13", "--platform", "manylinux_2_28_x86_64", "--platform", "any",
                   "--dest", str(folder), f"{name}=={version}" if version else name]
    else:
        command = ["npm", "pack", "--silent", "--pack-destination", str(folder), f"{name}@{version or 'latest'}"]
    before = set(folder.iterdir())
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"{name}: {error}") from error
    got = [path for path in folder.iterdir() if path.is_file() and path not in before]
    if done.returncode or len(got) != 1:
        words = " ".join([Path(command[0]).name, *command[1:4]])
        raise Failed(f"{name} {version or ''}: {words} … ended with {done.returncode}\n{done.stderr.strip()}")
    return got[0]


def described(path):
    """Version and licence, as the package's own description has them."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            head = HeaderParser().parsestr(archive.read(name).decode())
        return head["Version"], head["License-Expression"]
    package = json.loads(member(path, "package/package.json"))
    return package["version"], package.get("license")


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
