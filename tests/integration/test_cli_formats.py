"""Every archive format and every accepted spelling of the list of modules, installed end to end by the program."""

import gzip
import hashlib
import io
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_house import PLATFORMS, Vsrt
from simulators.archive_files import zst_frame

HELLO = b"#!/bin/sh\necho hello\n"
FILES = {
    "bin/hello": (HELLO, 0o755),
    "lib/data.bin": (bytes(range(256)) * 40, 0o644),
    "lib/empty": (b"", 0o644),
}


def zipped(top: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<x/>") if top == "extension/" else None
        for path, (content, mode) in FILES.items():
            entry = zipfile.ZipInfo(top + path, (2024, 1, 1, 0, 0, 0))
            entry.external_attr = (stat.S_IFREG | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return made.getvalue()


def members(top: str) -> list[bytes]:
    """Return a tar in pieces: one for each header, each content, and the end."""
    pieces = []
    for path, (content, mode) in FILES.items():
        entry = tarfile.TarInfo(top + path)
        entry.size, entry.mode, entry.mtime = len(content), mode, 1_700_000_000
        pieces += [entry.tobuf(), content, bytes(-len(content) % 512)]
    return [*(piece for piece in pieces if piece), bytes(1024)]


def tarred(mode: str) -> Callable[[str], bytes]:
    def make(top: str) -> bytes:
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode=f"w:{mode}") as archive:  # type: ignore[call-overload]
            for path, (content, bits) in FILES.items():
                entry = tarfile.TarInfo(top + path)
                entry.size, entry.mode = len(content), bits
                archive.addfile(entry, io.BytesIO(content))
        return made.getvalue()

    return make


FORMATS = [
    ("zip", "zip", zipped, "", {}),
    ("whl", None, zipped, "", {}),
    ("vsix", "vsix", zipped, "extension/", {"stripPrefix": "extension"}),
    ("tar.gz", "tar.gz", tarred("gz"), "top/", {"stripComponents": 1}),
    ("tgz", "tgz", lambda top: gzip.compress(b"".join(members(top))), "package/", {"stripComponents": 1}),
    ("tar.xz", "tar.xz", tarred("xz"), "top/", {"stripComponents": 1}),
    ("tar.bz2", None, tarred("bz2"), "", {}),
    ("tar.zst", "tar.zst", lambda top: zst_frame(b"".join(members(top))), "", {}),
    ("tar.zst", None, lambda top: b"".join(zst_frame(each) for each in members(top)), "", {}),
    ("tar", "tar", tarred(""), "top/", {"stripComponents": 1}),
]
SPELLINGS = {"macos-x64": "darwin-x64", "macos-arm64": "darwin-arm64", "windows-x64": "win32-x64"}


def publish(folder: Path, module: dict[str, Any], **head: Any) -> Path:
    folder.mkdir(exist_ok=True)
    whole = {
        "id": "hello",
        "name": "Hello",
        "type": "runtime",
        "launch": {"bin": {"hello": "bin/hello"}},
        **module,
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "1.0.0", **head, "modules": [whole]}))
    return folder


def install(catalog: Path, prefix: Path) -> None:
    vsrt = Vsrt(str(catalog), prefix)
    done = vsrt.run("install", "--yes", "--json")
    assert (done.code, done.end["faults"]) == (0, [])
    said = subprocess.run([prefix / "bin" / "hello"], capture_output=True, check=True)
    assert said.stdout == b"hello\n"
    (folder,) = (prefix / "store").iterdir()
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    assert {path: file.read_bytes() for path, file in found.items()} == {p: c for p, (c, _) in FILES.items()}
    assert os.access(found["bin/hello"], os.X_OK)
    found["lib/data.bin"].write_bytes(b"damaged")
    before = {path: file.stat().st_ino for path, file in found.items()}
    assert vsrt.run("repair", "--yes").code == 0
    assert vsrt.run("verify").code == 0
    # Whatever had to be fetched for it, only what was damaged is replaced.
    assert [path for path, file in found.items() if file.stat().st_ino != before[path]] == ["lib/data.bin"]


@pytest.mark.parametrize(("ending", "named", "make", "top", "stripping"), FORMATS)
def test_a_format(
    tmp_path: Path,
    *,
    ending: str,
    named: str | None,
    make: Callable[[str], bytes],
    top: str,
    stripping: dict[str, Any],
) -> None:
    """The format stands in the list, or follows from the address; the usual spellings of platforms are mixed."""
    data = make(top)
    catalog = tmp_path / "catalog"
    catalog.mkdir()
    (catalog / f"hello.{ending}").write_bytes(data)
    artifact = {"url": f"hello.{ending}", "hash": hashlib.sha256(data).hexdigest(), **stripping}
    artifact |= {"compressionFormat": named} if named else {}
    platforms = {SPELLINGS.get(platform, platform): artifact for platform in PLATFORMS}
    publish(catalog, {"version": "1.126.04524", "platformArtifacts": platforms})
    install(catalog, tmp_path / "runtime")


def test_the_older_shape(tmp_path: Path) -> None:
    """`required` and a list of `artifacts`, as the runbook's jq line reads them."""
    data = tarred("gz")("")
    catalog = tmp_path / "catalog"
    catalog.mkdir()
    (catalog / "hello.tar.gz").write_bytes(data)
    checksum = hashlib.sha256(data).hexdigest()
    artifact = {"downloadUrl": "hello.tar.gz", "size": len(data), "checksum": checksum}
    artifacts = [{"platform": SPELLINGS.get(platform, platform), **artifact} for platform in PLATFORMS]
    publish(catalog, {"version": "01.002.0003", "required": True, "artifacts": artifacts})
    install(catalog, tmp_path / "runtime")
    jq = shutil.which("jq")
    if jq is not None:
        query = '.modules[] | select(.id=="hello") | .artifacts[0].checksum'
        asked = subprocess.run(
            [jq, "-r", query, catalog / "manifest.json"], capture_output=True, text=True, check=True
        )
        assert asked.stdout.strip() == checksum


ALONE = ["unshare", "-r", "-n"]
"""A process of its own network, which has not even a loopback that is up."""


@pytest.fixture
def no_network() -> list[str]:
    if (
        sys.platform != "linux"
        or subprocess.run([*ALONE, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("needs a network namespace")
    return ALONE


@pytest.mark.parametrize("name", ["usb", "My Stick \u00dcber \u65e5\u672c #1 100%"])
def test_from_a_stick_with_no_network(tmp_path: Path, no_network: list[str], name: str) -> None:
    """Read-only media with an odd name, and no network at all: everything is there."""
    data = zipped("")
    catalog = tmp_path / name
    catalog.mkdir()
    (catalog / "hello.zip").write_bytes(data)
    artifact = {"url": "hello.zip", "hash": hashlib.sha256(data).hexdigest(), "compressionFormat": "zip"}
    publish(catalog, {"version": "1.0.0", "platformArtifacts": dict.fromkeys(PLATFORMS, artifact)})
    mount = 'mount --bind -o ro "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
    vsrt = Vsrt(str(catalog), tmp_path / "runtime")
    command = [
        *no_network,
        "-m",
        "sh",
        "-c",
        mount,
        "sh",
        str(catalog),
        *vsrt.command("install", "--yes", "--json"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["outcome"] == "completed"
    assert vsrt.run("verify").code == 0
