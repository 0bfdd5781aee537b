"""UrlCatalog over a real server and a real folder: manifests, indexes, and what may be wrong with them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from simulators.http_server import Behaviour, HttpServer, page

from vsrt_gui.adapters.catalog import INDEX_LIMIT, UrlCatalog, parse_index
from vsrt_gui.adapters.folder import FolderSource
from vsrt_gui.adapters.http import HttpSource, Service
from vsrt_gui.adapters.sources import Sources
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import Artifact, Platform

EMPTY = sha256(b"").hexdigest()
FILES: list[dict[str, Any]] = [{"path": name, "size": 0, "sha256": EMPTY} for name in "ab"]
INDEX = {"format": 1, "files": FILES}
PLAIN = json.dumps(INDEX).encode()


def manifest_of(index: dict[str, str] | None = None) -> dict[str, Any]:
    artifact = {"url": "files/node.zip", "hash": EMPTY, "index": index}
    module = {
        "id": "nodejs",
        "name": "Node.js",
        "type": "runtime",
        "version": "22",
        "platformArtifacts": {"linux-x64": artifact},
    }
    return {"version": "1.0.0", "modules": [module]}


@pytest.fixture
def sources() -> Iterator[Sources]:
    made = Sources(HttpSource(service=Service.MANIFESTS), FolderSource())
    yield made
    made.close()


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer() as running:
        running.put("/runtime/manifest.json", json.dumps(manifest_of()).encode())
        yield running


def artifact_of(catalog: UrlCatalog) -> Artifact:
    return catalog.manifest(Stop()).modules[0].artifacts[Platform.LINUX_X64]


def fault_of(catalog: UrlCatalog) -> tuple[FaultCode, dict[str, object]]:
    with pytest.raises(InstallerError) as caught:
        catalog.manifest(Stop())
    return caught.value.fault.code, dict(caught.value.fault.facts)


@pytest.mark.parametrize(
    "location", ["/runtime/manifest.json", "/runtime/", "/runtime", "/runtime?key=secret"]
)
def test_from_a_server(server: HttpServer, sources: Sources, location: str) -> None:
    catalog = UrlCatalog(server.url + location, sources)
    assert artifact_of(catalog).url == server.url + "/runtime/files/node.zip"
    assert catalog.source == server.url + location.partition("?")[0]


@pytest.mark.parametrize("spelling", ["folder", "file", "folder url", "file url"])
def test_from_a_folder(tmp_path: Path, sources: Sources, spelling: str) -> None:
    folder = tmp_path / "usb stick"
    folder.mkdir()
    file = folder / "manifest.json"
    file.write_text(json.dumps(manifest_of()), "utf-8")
    locations = {
        "folder": str(folder),
        "file": str(file),
        "folder url": folder.as_uri(),
        "file url": file.as_uri(),
    }
    catalog = UrlCatalog(locations[spelling], sources)
    assert artifact_of(catalog).url == (folder / "files" / "node.zip").as_uri()


def test_from_a_folder_beside_us(tmp_path: Path, sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(manifest_of()), "utf-8")
    monkeypatch.chdir(tmp_path)
    assert artifact_of(UrlCatalog(".", sources)).url == (tmp_path / "files" / "node.zip").as_uri()


def test_there_is_none(tmp_path: Path, server: HttpServer, sources: Sources) -> None:
    for location in (server.url + "/elsewhere", str(tmp_path), str(tmp_path / "nothing")):
        assert fault_of(UrlCatalog(location, sources)) == (FaultCode.CATALOG_NOT_FOUND, {"source": location})


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("ftp://files.example/runtime", "does not begin with http"),
        ("s3://bucket/runtime", "does not begin with http"),
        ("http://", "names no server"),
        ("https:///runtime", "names no server"),
        ("http://[x/runtime", "IPv6"),
        ("http://files.example:port/runtime", "ort"),
        ("~nobody-of-that-name/runtime", "home"),
    ],
)
def test_an_address_that_is_none(sources: Sources, location: str, reason: str) -> None:
    with pytest.raises(InstallerError) as caught:
        UrlCatalog(location, sources)
    assert caught.value.fault.code is FaultCode.SETTING_INVALID
    assert caught.value.fault.facts["setting"] == "catalog"
    assert reason in str(caught.value.fault.facts["reason"])


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (Behaviour(status=200, body=b"{"), FaultCode.MANIFEST_UNREADABLE),
        (Behaviour(status=200, body=b"{}"), FaultCode.MANIFEST_INVALID),
        (Behaviour(status=200, body=bytes((16 << 20) + 1)), FaultCode.MANIFEST_UNREADABLE),
        (Behaviour(status=500), FaultCode.SERVER_ERROR),
        (Behaviour(status=403), FaultCode.ACCESS_REFUSED),
        (page(), FaultCode.BAD_RESPONSE),
    ],
    ids=["cut", "empty", "endless", "500", "403", "page"],
)
def test_what_may_be_wrong(
    server: HttpServer, sources: Sources, behaviour: Behaviour, code: FaultCode
) -> None:
    server.behave("/runtime/manifest.json", behaviour)
    assert fault_of(UrlCatalog(server.url + "/runtime", sources))[0] is code


def indexed(server: HttpServer, data: bytes, digest: str | None = None) -> None:
    server.put("/runtime/node.index", data)
    reference = {"url": "node.index", "hash": digest or sha256(data).hexdigest()}
    server.put("/runtime/manifest.json", json.dumps(manifest_of(reference)).encode())


@pytest.mark.parametrize("data", [PLAIN, zstd.compress(PLAIN)], ids=["plain", "zstd"])
def test_an_index(server: HttpServer, sources: Sources, data: bytes) -> None:
    indexed(server, data)
    catalog = UrlCatalog(server.url + "/runtime", sources)
    index = catalog.index(artifact_of(catalog), Stop())
    assert index is not None
    assert [file.path for file in index.files] == ["a", "b"]
    assert index.published == sha256(data).hexdigest()


def test_no_index_is_published(server: HttpServer, sources: Sources) -> None:
    catalog = UrlCatalog(server.url + "/runtime", sources)
    assert catalog.index(artifact_of(catalog), Stop()) is None


def test_an_index_that_is_not_the_published_one(server: HttpServer, sources: Sources) -> None:
    indexed(server, PLAIN, EMPTY)
    catalog = UrlCatalog(server.url + "/runtime", sources)
    with pytest.raises(InstallerError) as caught:
        catalog.index(artifact_of(catalog), Stop())
    assert caught.value.fault.code is FaultCode.CHECKSUM_MISMATCH
    assert caught.value.fault.facts["expected"] == EMPTY


def test_an_index_without_end(server: HttpServer, sources: Sources) -> None:
    indexed(server, bytes(INDEX_LIMIT + 1))
    catalog = UrlCatalog(server.url + "/runtime", sources)
    with pytest.raises(InstallerError) as caught:
        catalog.index(artifact_of(catalog), Stop())
    assert caught.value.fault.code is FaultCode.INDEX_INVALID
    assert "larger than 64 MiB" in str(caught.value.fault.facts["reason"])


def test_an_index_that_is_gone(server: HttpServer, sources: Sources) -> None:
    indexed(server, PLAIN)
    server.behave("/runtime/node.index", Behaviour(status=404))
    catalog = UrlCatalog(server.url + "/runtime", sources)
    with pytest.raises(InstallerError) as caught:
        catalog.index(artifact_of(catalog), Stop())
    assert caught.value.fault.code is FaultCode.SOURCE_GONE


def changed(**fields: object) -> bytes:
    first, second = FILES
    return json.dumps({"files": [first, {**second, **fields}]}).encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "EOF"),
        (b'{"format": 2, "files": []}', "newer than this program"),
        (changed(path="a"), "twice"),
        (changed(path="A"), "order"),
        (changed(size=-1), "files.1.size"),
        (changed(size="1"), "files.1.size"),
        (changed(sha256="x"), "files.1.sha256"),
        (changed(colour="red"), "files.1.colour"),
        (zstd.compress(PLAIN)[:-3], "cut off"),
        (zstd.compress(PLAIN) + b"more", "follows"),
        (b"\x28\xb5\x2f\xfdnonsense", ""),
        (zstd.compress(bytes(INDEX_LIMIT + 1)), "larger than 64 MiB"),
    ],
    ids=[
        "cut",
        "format",
        "twice",
        "order",
        "negative",
        "text",
        "hash",
        "unknown",
        "packed",
        "more",
        "mess",
        "bomb",
    ],
)
def test_an_index_that_makes_no_sense(data: bytes, reason: str) -> None:
    with pytest.raises(InstallerError) as caught:
        parse_index(data, "node.index")
    assert caught.value.fault.code is FaultCode.INDEX_INVALID
    assert caught.value.fault.facts["file"] == "node.index"
    assert reason in str(caught.value.fault.facts["reason"])


LIMITED = """
import resource, sys
from vsrt_gui.adapters.catalog import parse_index
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.manifest_document import parse_manifest
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
kind, head, each, count, tail = sys.argv[1:]
text = (head + each * int(count) + tail).encode()
try:
    parse_index(text, "index") if kind == "index" else parse_manifest(text, "here", "http://here/")
except InstallerError as error:
    print(*error.fault.facts.values(), sep="|")
"""
"""Parses a document in a process of its own, which may have 1 GiB of memory."""

ONE = '{"version": "1", "modules": [{"id": "a", "name": "a", "type": "runtime", "version": "1", "platformArtifacts": {}'
FILE = '{"files": [{"path": "a", "size": 0, "sha256": "' + EMPTY + '"'
BOMBS = {
    "files": ("index", '{"files": [', "0,", 30_000_000, "0]}", "more than 200,000"),
    "lists": ("index", '{"files": [', "[],", 2_000_000, "0]}", "more than 200,000"),
    "wrong": ("index", '{"files": [', "0,", 190_000, "0]}", "files.0: "),
    "one-wrong": ("index", FILE + "},", '{"path": 0},', 190_000, "0]}", "files.1.path: "),
    "patches": ("index", FILE + ', "patches": [', "0,", 190_000, "0]}]}", "files.0.patches.0: "),
    "more-patches": ("index", FILE + ', "patches": [', "0,", 6_000_000, "0]}]}", "files.0 or one of"),
    "fields": ("index", "{", '"a": 0,', 3_000_000, '"b": 0}', "files: "),
    "modules": ("manifest", ONE + "}", ",0", 8_000_000, "]}", "the document|must not hold more than"),
    "fewer-modules": ("manifest", ONE + "}", ",0", 400_000, "]}", "modules[1]|must be an object"),
    "needs": (
        "manifest",
        ONE + ', "dependencies": ["b"',
        ",0",
        400_000,
        "]}]}",
        "modules[0].dependencies[1]|must be",
    ),
}


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory as Linux does")
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_small_document_that_would_take_all_memory(bomb: tuple[object, ...]) -> None:
    *made, said = map(str, bomb)
    started = os.times()
    done = subprocess.run([sys.executable, "-c", LIMITED, *made], capture_output=True, text=True, check=False)
    spent = os.times()
    assert said in done.stdout, done.stderr[-500:]
    seconds = spent.children_user + spent.children_system - started.children_user - started.children_system
    assert seconds < 10, f"took {seconds:.1f} s of one processor; measured at 1.0 s, most of it for the start"
