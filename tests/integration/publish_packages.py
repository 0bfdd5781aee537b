"""Makes packages that the real pip and npm fetch from this computer, as if from their registries."""

import base64
import hashlib
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import pytest

from vsrt_gui.publish.serve import CatalogServer

KILLED = 77
"""How the builder below ends where it kills itself."""
KILLER = """
import os, sys
from pathlib import Path
from vsrt_gui.publish.build import build
from vsrt_gui.model.manifest import Platform

sources, out, cache, moment = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
effects = 0

def watch(event, args):
    global effects
    writes = event == "open" and str(args[0]).startswith(str(out)) and "w" in str(args[1])
    if writes or event == "os.rename" and str(args[1]).startswith(str(out)):
        effects += 1
        if effects == moment:
            os._exit(77)

sys.addaudithook(watch)
build(sources, out, cache, lambda _: None, (Platform.LINUX_X64,))
"""
"""Builds a catalog, and dies at the n-th thing that it does in the folder."""


def make_wheel(shelf: Path, name: str, tag: str, files: Mapping[str, str], version: str = "1.0") -> Path:
    """Write a wheel whose `bin/` files may be run."""
    shelf.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    metadata = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: {tag}\n",
        f"{info}/RECORD": "",
    }
    wheel = shelf / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in (dict(files) | metadata).items():
            member = zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0))
            member.external_attr = (0o100755 if "bin/" in path else 0o100644) << 16
            archive.writestr(member, text)
    return wheel


class NpmRegistry:
    """A folder that a static server makes an npm registry of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "tarballs").mkdir(parents=True)
        self._server = CatalogServer(folder)
        self.url = self._server.url

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def add(
        self, name: str, files: Mapping[str, str], needs: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        """Publish version 1.0.0 of a package; `more` goes into its `package.json`."""
        package = {"name": name, "version": "1.0.0", "dependencies": dict(needs or {}), **more}
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:gz") as archive:
            for path, text in (dict(files) | {"package.json": json.dumps(package)}).items():
                member = tarfile.TarInfo(f"package/{path}")
                member.size = len(text.encode())
                member.mode = 0o755 if path.startswith("bin/") else 0o644
                archive.addfile(member, io.BytesIO(text.encode()))
        tarball = self._folder / "tarballs" / f"{name}.tgz"
        tarball.write_bytes(data.getvalue())
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(data.getvalue()).digest()).decode()
        package["dist"] = {"tarball": f"{self.url}tarballs/{name}.tgz", "integrity": integrity}
        document = {"name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": package}}
        (self._folder / name).write_text(json.dumps(document))


def use_wheels(patch: pytest.MonkeyPatch, shelf: Path) -> None:
    """Let pip find its packages in a folder and nowhere else."""
    patch.setenv("PIP_NO_INDEX", "1")
    patch.setenv("PIP_FIND_LINKS", str(shelf))
    patch.setenv("PIP_CONFIG_FILE", os.devnull)


def use_registry(patch: pytest.MonkeyPatch, url: str, cache: Path) -> None:
    """Let npm find its packages at an address and nowhere else."""
    patch.setenv("npm_config_registry", url)
    patch.setenv("npm_config_cache", str(cache))
    patch.setenv("npm_config_fetch_retries", "0")
