"""Lists of modules that are broken, wrong or impossible: each is named, and costs nothing that works."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from bad_input_house import World, edited, ended, refused, refused_everywhere
from simulators.http_server import HttpServer

from vsrt_gui import __version__
from vsrt_gui.model.faults import FaultCode as F
from vsrt_gui.model.manifest_document import UNINSTALLED

Spoil = Callable[[Any], object]
LIMIT = 16 << 20


@dataclass(frozen=True)
class Wrong:
    """A manifest that is changed in one place, and the fault that it must lead to."""

    id: str
    code: F
    spoil: Spoil
    facts: dict[str, object] = field(default_factory=dict)
    words: bool = False


def put(*way: str | int, value: object) -> Spoil:
    """Set the field at the end of a way through the document."""

    def act(document: Any) -> None:
        for step in way[:-1]:
            document = document[step]
        document[way[-1]] = value

    return act


def drop(*way: str | int) -> Spoil:
    def act(document: Any) -> None:
        for step in way[:-1]:
            document = document[step]
        del document[way[-1]]

    return act


def everywhere(name: str, value: object) -> Spoil:
    """Set a field of the base's artifacts of all platforms."""

    def act(document: Any) -> None:
        for artifact in document["modules"][0]["platformArtifacts"].values():
            artifact[name] = value

    return act


def twice(document: Any) -> None:
    document["modules"].append(document["modules"][0])


ARTIFACT = ("modules", 0, "platformArtifacts", "linux-arm64")
AT = "modules[0].platformArtifacts.linux-arm64"

WRONG = [
    Wrong("no-version", F.MANIFEST_INVALID, drop("version"), {"field": "version", "reason": "is missing"}),
    Wrong("no-modules", F.MANIFEST_INVALID, drop("modules"), {"field": "modules", "reason": "is missing"}),
    Wrong("no-hash", F.MANIFEST_INVALID, drop(*ARTIFACT, "hash"), {"field": f"{AT}.hash"}, words=True),
    Wrong("modules-object", F.MANIFEST_INVALID, put("modules", value={}), {"field": "modules"}),
    Wrong("module-text", F.MANIFEST_INVALID, put("modules", 1, value="core"), {"field": "modules[1]"}),
    Wrong(
        "name-number", F.MANIFEST_INVALID, put("modules", 1, "name", value=7), {"field": "modules[1].name"}
    ),
    Wrong(
        "argument-number",
        F.MANIFEST_INVALID,
        put("modules", 2, "launch", value={"proof": [{"argv": ["a", 5]}]}),
        {"field": "modules[2].launch.proof[0].argv[1]", "reason": "must be a text"},
    ),
    Wrong(
        "command-outside",
        F.MANIFEST_INVALID,
        put("modules", 0, "launch", "bin", "run", value="../../evil"),
        {"field": "modules[0].launch.bin.run"},
    ),
    Wrong(
        "size-text", F.MANIFEST_INVALID, put(*ARTIFACT, "sizeBytes", value="9"), {"field": f"{AT}.sizeBytes"}
    ),
    Wrong(
        "size-negative",
        F.MANIFEST_INVALID,
        put(*ARTIFACT, "sizeBytes", value=-1),
        {"field": f"{AT}.sizeBytes"},
    ),
    Wrong(
        "size-endless",
        F.MANIFEST_INVALID,
        put(*ARTIFACT, "sizeBytes", value=10**400),
        {"field": f"{AT}.sizeBytes"},
    ),
    Wrong("modules-none", F.MANIFEST_INVALID, put("modules", value=[]), {"field": "modules"}),
    Wrong(
        "client-endless",
        F.MANIFEST_INVALID,
        put("minClientVersion", value="9" * 5000),
        {"field": "minClientVersion"},
    ),
    Wrong(
        "requirement-endless",
        F.MANIFEST_INVALID,
        put("modules", 0, "requires", value={"glibc": "9" * 5000}),
        {"field": "modules[0].requires.glibc"},
    ),
    Wrong("hash-short", F.MANIFEST_INVALID, put(*ARTIFACT, "hash", value="abc"), {"field": f"{AT}.hash"}),
    Wrong(
        "format-unknown",
        F.MANIFEST_INVALID,
        put(*ARTIFACT, "compressionFormat", value="rar"),
        {"field": f"{AT}.compressionFormat"},
    ),
    Wrong(
        "strip-deep",
        F.MANIFEST_INVALID,
        put(*ARTIFACT, "stripComponents", value=99),
        {"field": f"{AT}.stripComponents"},
    ),
    Wrong(
        "strip-outside",
        F.MANIFEST_INVALID,
        put(*ARTIFACT, "stripPrefix", value="../x"),
        {"field": f"{AT}.stripPrefix"},
    ),
    Wrong(
        "url-scheme",
        F.MANIFEST_INVALID,
        put(*ARTIFACT, "url", value="javascript:alert(1)"),
        {"field": f"{AT}.url"},
    ),
    Wrong("url-blank", F.MANIFEST_INVALID, put(*ARTIFACT, "url", value="a b.zip"), {"field": f"{AT}.url"}),
    Wrong(
        "url-port",
        F.MANIFEST_INVALID,
        put(*ARTIFACT, "url", value="http://h:99999/x"),
        {"field": f"{AT}.url"},
    ),
    Wrong(
        "mirror-scheme",
        F.MANIFEST_INVALID,
        put(*ARTIFACT, "mirrors", value=["ftp://h/x"]),
        {"field": f"{AT}.mirrors[0]"},
    ),
    Wrong(
        "id-path", F.MANIFEST_INVALID, put("modules", 1, "id", value="../evil"), {"field": "modules[1].id"}
    ),
    Wrong(
        "version-path",
        F.MANIFEST_INVALID,
        put("modules", 0, "version", value="1/../x"),
        {"field": "modules[0].version"},
    ),
    Wrong("id-twice", F.MANIFEST_INVALID, twice, {"field": "modules[3].id", "reason": "base is used twice"}),
    Wrong(
        "client-nonsense",
        F.MANIFEST_INVALID,
        put("minClientVersion", value="soon"),
        {"field": "minClientVersion"},
    ),
    Wrong("cycle", F.DEPENDENCY_CYCLE, put("modules", 0, "dependencies", value=["core"])),
    Wrong(
        "needs-itself",
        F.DEPENDENCY_CYCLE,
        put("modules", 0, "dependencies", value=["base"]),
        {"modules": "base → base"},
    ),
    Wrong(
        "needs-unknown",
        F.DEPENDENCY_MISSING,
        put("modules", 0, "dependencies", value=["nowhere"]),
        {"module": "base", "dependency": "nowhere"},
        words=True,
    ),
    Wrong("no-machine", F.PLATFORM_UNSUPPORTED, put("modules", 0, "platformArtifacts", value={}), words=True),
    Wrong(
        "needs-newer-system",
        F.REQUIREMENT_UNMET,
        put("modules", 0, "requires", value={"glibc": "99.0", "macos": "99.0", "windows": "99.0"}),
        {"module": "base", "needed": "99.0"},
        words=True,
    ),
    Wrong(
        "command-nowhere",
        F.MANIFEST_INVALID,
        put("modules", 0, "launch", "bin", "run", value=["{bin:nothing}"]),
    ),
    Wrong("room-for-nothing", F.DISK_SPACE_LOW, everywhere("sizeBytes", 10**15)),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.id)
def test_a_manifest_that_is_wrong(world: World, wrong: Wrong) -> None:
    with edited(world.catalog) as manifest:
        wrong.spoil(manifest)
    early = wrong.code is F.MANIFEST_INVALID  # before the prefix is even looked at
    refused_everywhere(world, wrong.code, words=wrong.words, fresh=not early, **wrong.facts)


def nested(depth: int) -> bytes:
    return b'{"version": "2", "x": ' + b"[" * depth + b"]" * depth + b', "modules": []}'


UNREADABLE = {
    "empty": b"",
    "a-web-page": b"<html><body>Sign in</body></html>",
    "half": b'{"version": "2.0.0", "modules": [',
    "not-text": b'{"version": "\xff\xfe"}',
    "not-a-number": b'{"version": NaN, "modules": []}',
    "long-number": b'{"version": "2", "x": ' + b"9" * 5000 + b', "modules": []}',
    "half-a-letter": b'{"version": "\\ud800", "modules": []}',
    "nested-300": nested(300),
    "nested-1000": nested(1000),
    "nested-3000": nested(3000),
    "nested-100000": nested(100_000),
    "20-mib": b'{"version": "' + b"2" * (20 << 20) + b'"}',
    "20-mib-of-blanks": b" " * (20 << 20),
}


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_manifest_that_can_not_be_read(world: World, data: bytes) -> None:
    (world.catalog.folder / "manifest.json").write_bytes(data)
    page = data == UNREADABLE["a-web-page"]
    fault = refused_everywhere(world, F.MANIFEST_UNREADABLE, words=page, fresh=page or len(data) > LIMIT)
    if len(data) > LIMIT:
        assert fault.facts["reason"] == "it is larger than 16 MiB"


@pytest.mark.parametrize("document", ["[]", "7", '"text"', "null"])
def test_a_manifest_that_is_no_object(world: World, document: str) -> None:
    (world.catalog.folder / "manifest.json").write_text(document, encoding="utf-8")
    refused_everywhere(world, F.MANIFEST_INVALID, fresh=False, field="the document")


@pytest.mark.skipif(__version__ == UNINSTALLED, reason="a checkout has no version to be too old")
@pytest.mark.parametrize("needed", ["99.0"])
def test_a_manifest_for_a_newer_program(world: World, needed: str) -> None:
    """It need not make sense to this one in any other way."""
    document = json.dumps({"minClientVersion": needed, "modules": 7})
    (world.catalog.folder / "manifest.json").write_text(document, encoding="utf-8")
    refused_everywhere(world, F.CLIENT_TOO_OLD, words=len(needed) < 10, needed=needed, have=__version__)


def test_a_manifest_from_a_server_can_not_name_a_file_of_this_computer(world: World) -> None:
    with edited(world.catalog) as manifest:
        everywhere("url", (world.precious / "letter").as_uri())(manifest)
    with world.guarded(), HttpServer(world.catalog.folder) as server:
        done = world.start("update", "--yes", "--json", catalog=server.url)
        refused(ended(done), F.MANIFEST_INVALID, reason="a manifest from a server can't name a local file")


def test_an_optional_module_that_can_not_be_had_costs_only_itself(world: World) -> None:
    with edited(world.catalog) as manifest:
        put("modules", 2, "dependencies", value=["core", "nowhere"])(manifest)
    done = world.told("install", prefix=world.fresh)
    assert (done.code, done.err, done.end["outcome"], done.end["faults"]) == (0, "", "completed", [])
    assert world.run("verify", prefix=world.fresh).code == 0
