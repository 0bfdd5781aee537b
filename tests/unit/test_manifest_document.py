"""Both manifest shapes, every accepted spelling, and a named field for everything that is wrong."""

import json
from copy import deepcopy
from typing import Any

import pytest

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import ArchiveFormat, Manifest, ModuleType, Platform
from vsrt_gui.model.manifest_document import check_client, parse_manifest

SOURCE = "https://files.example/runtime"
BASE = "https://files.example/runtime/manifest.json"
HASH = "219a152ea859861d75adea578bdec3dce8143853c13c5187f40c40e77b0143b2"

MODERN: dict[str, Any] = {
    "version": "1.0.0",
    "publishedAt": "2026-02-20T00:00:00Z",
    "minClientVersion": None,
    "metadata": None,
    "modules": [
        {
            "id": "nodejs",
            "name": "Node.js",
            "description": "runs JavaScript",
            "type": "runtime",
            "version": "1.126.04524",
            "dependencies": [],
            "isOptional": False,
            "metadata": {"note": None},
            "platformArtifacts": {
                "linux-x64": {
                    "url": "node/node.tar.gz",
                    "mirrors": ["https://mirror.example/node.tar.gz", "/other/node.tar.gz"],
                    "hash": HASH,
                    "sizeBytes": None,
                    "compressionFormat": "tar.gz",
                    "stripComponents": 1,
                    "stripPrefix": None,
                    "index": {
                        "url": "index/node.json.zst",
                        "hash": f"sha256:{HASH}",
                        "document": {
                            "hash": f"sha256:{HASH}",
                            "sizeBytes": 1024,
                            "patches": [{"url": "index/node.patch", "base": HASH, "sizeBytes": 64}],
                        },
                    },
                    "patches": {
                        "url": "patches/node.zst",
                        "mirrors": ["//mirror.example/node.zst", "../node.zst"],
                        "hash": f"sha256:{HASH}",
                        "sizeBytes": 512,
                    },
                }
            },
            "launch": {
                "bin": {"node": "bin/node", "npm": ["{bin:node}", "lib/npm.js"]},
                "server": None,
                "proof": [{"argv": ["{bin:node}", "--version"], "expect": "^v22\\."}],
            },
        }
    ],
}
OLDER: dict[str, Any] = {
    "version": "0.9",
    "modules": [
        {
            "id": "nodejs",
            "name": "Node.js",
            "type": "runtime",
            "version": "22.21.1",
            "required": True,
            "artifacts": [
                {
                    "platform": "darwin-arm64",
                    "downloadUrl": "https://files.example/node.tgz",
                    "size": 12,
                    "checksum": f"sha256:{HASH.upper()}",
                },
                {
                    "platform": "win32-x64",
                    "downloadUrl": "https://files.example/node.ZIP?download=1",
                    "size": None,
                    "checksum": HASH,
                },
                {"platform": "plan9-mips", "downloadUrl": 7},
            ],
        },
        {
            "id": "ruff",
            "name": "Ruff",
            "type": "languageServer",
            "version": "1",
            "required": False,
            "dependencies": ["nodejs"],
            "artifacts": [],
        },
    ],
}


def parse(document: object, base: str = BASE, client: str = "0.0.0") -> Manifest:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return parse_manifest(data, SOURCE, base, client)


def fault(document: object, **options: str) -> tuple[FaultCode, dict[str, object]]:
    with pytest.raises(InstallerError) as caught:
        parse(document, **options)
    return caught.value.fault.code, dict(caught.value.fault.facts)


def changed(way: str, value: object, document: dict[str, Any] = MODERN) -> dict[str, Any]:
    """Return a copy in which one field has another value; `...` deletes it."""
    copy = deepcopy(document)
    place: Any = copy
    *parents, last = [int(part) if part.isdigit() else part for part in way.split("/")]
    for part in parents:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return copy


ARTIFACT = "modules/0/platformArtifacts/linux-x64"
AT = "modules[0].platformArtifacts.linux-x64"


def test_the_current_shape() -> None:
    manifest = parse(MODERN)
    module = manifest.modules[0]
    artifact = module.artifacts[Platform.LINUX_X64]
    assert (module.id, module.type, module.version) == ("nodejs", ModuleType.RUNTIME, "1.126.04524")
    assert artifact.url == "https://files.example/runtime/node/node.tar.gz"
    assert artifact.mirrors == (
        "https://mirror.example/node.tar.gz",
        "https://files.example/other/node.tar.gz",
    )
    assert artifact.sha256 == HASH
    assert artifact.size is None
    assert artifact.format is ArchiveFormat.TAR_GZ
    assert artifact.strip_components == 1
    assert artifact.index is not None
    assert artifact.index.url == "https://files.example/runtime/index/node.json.zst"
    assert artifact.index.sha256 == HASH
    assert artifact.index.document is not None
    assert (artifact.index.document.sha256, artifact.index.document.size) == (HASH, 1024)
    (patch,) = artifact.index.document.patches
    assert patch.url == "https://files.example/runtime/index/node.patch"
    assert (patch.base, patch.size) == (HASH, 64)
    assert artifact.patches is not None
    assert artifact.patches.url == "https://files.example/runtime/patches/node.zst"
    assert artifact.patches.mirrors == ("https://mirror.example/node.zst", "https://files.example/node.zst")
    assert (artifact.patches.sha256, artifact.patches.size) == (HASH, 512)
    assert module.launch.bin == {"node": "bin/node", "npm": ("{bin:node}", "lib/npm.js")}
    assert module.launch.proof[0].argv == ("{bin:node}", "--version")
    assert module.metadata == {"note": None}


def test_the_older_shape() -> None:
    node, ruff = parse(OLDER).modules
    assert (node.optional, ruff.optional) == (False, True)
    assert node.artifacts.keys() == {Platform.MACOS_ARM64, Platform.WINDOWS_X64}
    mac, windows = node.artifacts[Platform.MACOS_ARM64], node.artifacts[Platform.WINDOWS_X64]
    assert (mac.sha256, mac.size, mac.format) == (HASH, 12, ArchiveFormat.TAR_GZ)
    assert (windows.size, windows.format) == (None, ArchiveFormat.ZIP)
    assert ruff.dependencies == ("nodejs",)
    assert ruff.artifacts == {}


def test_the_first_of_two_older_artifacts_for_a_platform_counts() -> None:
    second = {"platform": "macos-arm64", "downloadUrl": "b.zip", "checksum": HASH}
    artifacts = [*OLDER["modules"][0]["artifacts"], second]
    node = parse(changed("modules/0/artifacts", artifacts, OLDER)).modules[0]
    assert node.artifacts[Platform.MACOS_ARM64].url == "https://files.example/node.tgz"


@pytest.mark.parametrize(
    ("spelling", "platform"),
    [
        ("darwin-x64", Platform.MACOS_X64),
        ("darwin-arm64", Platform.MACOS_ARM64),
        ("win32-x64", Platform.WINDOWS_X64),
        ("linux-arm64", Platform.LINUX_ARM64),
    ],
)
def test_spellings_of_platforms(spelling: str, platform: Platform) -> None:
    artifact = MODERN["modules"][0]["platformArtifacts"]["linux-x64"]
    manifest = parse(
        changed("modules/0/platformArtifacts", {spelling: artifact, "beos-ppc": {"url": 1}, "Linux-x64": 0})
    )
    assert list(manifest.modules[0].artifacts) == [platform]


def test_the_usual_spelling_of_a_platform_goes_first() -> None:
    artifact = MODERN["modules"][0]["platformArtifacts"]["linux-x64"]
    both = {"darwin-x64": artifact, "macos-x64": {**artifact, "url": "mac.tar.gz"}}
    found = parse(changed("modules/0/platformArtifacts", both)).modules[0].artifacts
    assert found[Platform.MACOS_X64].url.endswith("/mac.tar.gz")


@pytest.mark.parametrize(
    ("spelling", "format_"),
    [
        ("zip", ArchiveFormat.ZIP),
        (".whl", ArchiveFormat.ZIP),
        ("vsix", ArchiveFormat.ZIP),
        (".tgz", ArchiveFormat.TAR_GZ),
        ("TAR.XZ", ArchiveFormat.TAR_XZ),
        ("tbz2", ArchiveFormat.TAR_BZ2),
        ("tar.zst", ArchiveFormat.TAR_ZST),
    ],
)
def test_spellings_of_formats(spelling: str, format_: ArchiveFormat) -> None:
    told = parse(changed(f"{ARTIFACT}/compressionFormat", spelling))
    url = f"a.b/name.{spelling.lstrip('.')}?x=y.zip#z"
    derived = parse(changed(ARTIFACT, {"url": url, "hash": HASH}))
    for manifest in (told, derived):
        assert manifest.modules[0].artifacts[Platform.LINUX_X64].format is format_


@pytest.mark.parametrize(
    ("base", "url", "expected"),
    [
        ("https://a.example/x/manifest.json", "y.zip", "https://a.example/x/y.zip"),
        ("https://a.example/x/manifest.json", "//b.example/y.zip", "https://b.example/y.zip"),
        ("http://127.0.0.1:81/manifest.json", "../y.zip", "http://127.0.0.1:81/y.zip"),
        ("file:///media/usb/manifest.json", "sub/y%20z.zip", "file:///media/usb/sub/y%20z.zip"),
        ("file:///media/usb/manifest.json", "file:///other/y.zip", "file:///other/y.zip"),
        ("file:///C:/usb/manifest.json", "y.zip", "file:///C:/usb/y.zip"),
        ("file:///media/usb/manifest.json", "https://a.example/y.zip", "https://a.example/y.zip"),
    ],
)
def test_urls_become_absolute(base: str, url: str, expected: str) -> None:
    manifest = parse(changed(f"{ARTIFACT}/url", url), base=base)
    assert manifest.modules[0].artifacts[Platform.LINUX_X64].url == expected


def test_null_means_the_default() -> None:
    document = deepcopy(MODERN)
    for name in ("description", "dependencies", "isOptional", "launch", "requires", "metadata"):
        document["modules"][0][name] = None
    for name in (
        "mirrors",
        "sizeBytes",
        "stripComponents",
        "stripPrefix",
        "index",
        "patches",
        "compressionFormat",
    ):
        document["modules"][0]["platformArtifacts"]["linux-x64"][name] = None
    module = parse(document).modules[0]
    assert (module.description, module.dependencies, module.optional) == ("", (), False)
    artifact = module.artifacts[Platform.LINUX_X64]
    assert (artifact.mirrors, artifact.strip_components) == ((), 0)
    assert (artifact.index, artifact.patches) == (None, None)


def test_unknown_fields_are_passed_over() -> None:
    document = deepcopy(MODERN)
    document["novelty"] = {"a": 1}
    # The model's own names for fields that the manifest calls otherwise mean nothing in a manifest.
    document["modules"][0] |= {"optional": "perhaps", "artifacts": 5}
    document["modules"][0]["platformArtifacts"]["linux-x64"] |= {"format": "cab", "sha256": "x", "size": -1}
    module = parse(document).modules[0]
    assert module.optional is False
    assert module.artifacts[Platform.LINUX_X64].format is ArchiveFormat.TAR_GZ


@pytest.mark.parametrize(
    ("way", "value", "field", "reason"),
    [
        ("version", ..., "version", "is missing"),
        ("version", 1, "version", "must be a text"),
        ("publishedAt", "yesterday", "publishedAt", "must be a valid datetime"),
        ("minClientVersion", "newest", "minClientVersion", "must be a version such as 1.2.0"),
        ("minClientVersion", 2, "minClientVersion", "must be a text"),
        ("modules", {}, "modules", "must be a list"),
        ("modules", None, "modules", "is missing"),
        ("modules/0", "nodejs", "modules[0]", "must be an object"),
        ("modules/0/id", "Node_JS", "modules[0].id", "has a wrong form"),
        ("modules/0/name", ..., "modules[0].name", "is missing"),
        ("modules/0/type", "toy", "modules[0].type", "must be 'runtime', 'server'"),
        ("modules/0/version", "../1", "modules[0].version", "has a wrong form"),
        ("modules/0/dependencies", ["a", 1], "modules[0].dependencies[1]", "must be a text"),
        ("modules/0/isOptional", "no", "modules[0].isOptional", "must be true or false"),
        ("modules/0/platformArtifacts", ..., "modules[0].platformArtifacts", "is missing"),
        ("modules/0/platformArtifacts", [], "modules[0].platformArtifacts", "must be an object"),
        (ARTIFACT, [], "modules[0].platformArtifacts.linux-x64", "must be an object"),
        (f"{ARTIFACT}/hash", ..., f"{AT}.hash", "is missing"),
        (f"{ARTIFACT}/hash", "12", f"{AT}.hash", "has a wrong form"),
        (f"{ARTIFACT}/url", "", f"{AT}.url", "must be an address"),
        (f"{ARTIFACT}/url", "a b.zip", f"{AT}.url", "without blanks"),
        (f"{ARTIFACT}/url", "ftp://a/b", f"{AT}.url", "must begin with http"),
        (f"{ARTIFACT}/url", "http:///b", f"{AT}.url", "names no server"),
        (f"{ARTIFACT}/url", "http://[x/b", f"{AT}.url", ""),
        (f"{ARTIFACT}/url", "http://x:99999/b", f"{AT}.url", "ort"),
        (f"{ARTIFACT}/url", "file:///etc/x", f"{AT}.url", "can't name a local"),
        (f"{ARTIFACT}/mirrors/1", "x:y", f"{AT}.mirrors[1]", "must begin"),
        (f"{ARTIFACT}/index/url", "x:y", f"{AT}.index.url", "must begin"),
        (f"{ARTIFACT}/index/hash", 3, f"{AT}.index.hash", "must be a text"),
        (f"{ARTIFACT}/index/document", "x", f"{AT}.index.document", "must be an object"),
        (f"{ARTIFACT}/index/document/sizeBytes", ..., f"{AT}.index.document.sizeBytes", "is missing"),
        (
            f"{ARTIFACT}/index/document/patches/0/url",
            "file:///etc/x",
            f"{AT}.index.document.patches[0].url",
            "can't name a local",
        ),
        (f"{ARTIFACT}/patches", "patches/node.zst", f"{AT}.patches", "must be an object"),
        (f"{ARTIFACT}/patches/url", ..., f"{AT}.patches.url", "is missing"),
        (f"{ARTIFACT}/patches/url", "file:///etc/x", f"{AT}.patches.url", "can't name a local"),
        (f"{ARTIFACT}/patches/mirrors/0", "x:y", f"{AT}.patches.mirrors[0]", "must begin"),
        (f"{ARTIFACT}/patches/hash", "12", f"{AT}.patches.hash", "has a wrong form"),
        (f"{ARTIFACT}/patches/sizeBytes", ..., f"{AT}.patches.sizeBytes", "is missing"),
        (f"{ARTIFACT}/patches/sizeBytes", -1, f"{AT}.patches.sizeBytes", "greater than"),
        (f"{ARTIFACT}/sizeBytes", "9", f"{AT}.sizeBytes", "a whole number"),
        (f"{ARTIFACT}/sizeBytes", -1, f"{AT}.sizeBytes", "greater than"),
        (f"{ARTIFACT}/compressionFormat", "rar", f"{AT}.compressionFormat", "must be 'zip'"),
        (f"{ARTIFACT}/stripPrefix", "a/../..", f"{AT}.stripPrefix", "must be a path inside"),
        ("modules/0/launch/bin/node", "/bin/sh", "modules[0].launch.bin.node", "must be a path inside"),
        ("modules/0/launch/proof/0/argv", [], "modules[0].launch.proof[0].argv", "must not be empty"),
    ],
)
def test_a_wrong_field_is_named(way: str, value: object, field: str, reason: str) -> None:
    code, facts = fault(changed(way, value))
    assert code is FaultCode.MANIFEST_INVALID
    assert facts["source"] == SOURCE
    assert facts["field"] == field
    assert reason in str(facts["reason"])
    assert len(str(facts["reason"])) < 120


@pytest.mark.parametrize(
    ("way", "value", "field"),
    [
        ("modules/0/required", "yes", "modules[0].required"),
        ("modules/0/artifacts", "none", "modules[0].artifacts"),
        ("modules/0/artifacts/0/checksum", ..., "modules[0].artifacts[0].checksum"),
        ("modules/0/artifacts/1/checksum", 1, "modules[0].artifacts[1].checksum"),
        ("modules/0/artifacts/0/downloadUrl", "x:y.zip", "modules[0].artifacts[0].downloadUrl"),
        ("modules/0/artifacts/1/size", "big", "modules[0].artifacts[1].size"),
        ("modules/0/artifacts/0/downloadUrl", "name.exe", "modules[0].artifacts[0].compressionFormat"),
    ],
)
def test_a_wrong_field_of_the_older_shape_has_its_older_name(way: str, value: object, field: str) -> None:
    code, facts = fault(changed(way, value, OLDER))
    assert (code, facts["field"]) == (FaultCode.MANIFEST_INVALID, field)


def test_a_wrong_field_keeps_the_documents_spelling_of_the_platform() -> None:
    code, facts = fault(changed("modules/0/platformArtifacts", {"win32-x64": {"url": "a.zip"}}))
    assert code is FaultCode.MANIFEST_INVALID
    assert facts["field"] == "modules[0].platformArtifacts.win32-x64.hash"


@pytest.mark.parametrize(
    ("artifact", "field"),
    [
        ("a.zip", AT),
        ({"url": "http://[x/b", "hash": HASH}, f"{AT}.compressionFormat"),
        ({"url": "a", "hash": HASH}, f"{AT}.compressionFormat"),
        ({"url": 7, "hash": HASH}, f"{AT}.url"),
        ({"url": "a.zip", "hash": HASH, "index": "b"}, f"{AT}.index"),
    ],
)
def test_an_artifact_that_is_none(artifact: object, field: str) -> None:
    code, facts = fault(changed(ARTIFACT, artifact))
    assert (code, facts["field"]) == (FaultCode.MANIFEST_INVALID, field)


def test_an_id_that_is_used_twice() -> None:
    document = deepcopy(MODERN)
    document["modules"].append(document["modules"][0])
    code, facts = fault(document)
    assert (code, facts["field"]) == (FaultCode.MANIFEST_INVALID, "modules[1].id")
    assert "nodejs" in str(facts["reason"])


@pytest.mark.parametrize("document", [[], "text", 7, None])
def test_a_document_that_is_no_object(document: object) -> None:
    code, facts = fault(document)
    assert (code, facts["field"]) == (FaultCode.MANIFEST_INVALID, "the document")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"version": "1",\n  "modules": [}', "line 2"),
        (b"", "line 1"),
        (b"<html><body>Sign in</body></html>", "line 1"),
        (b'{"version": "\xff"}', "not UTF-8"),
        (b'{"version": NaN}', "NaN"),
        (b"[" * 200_000, "recursion"),
        (b'{"modules": ' + b"9" * 5000 + b"}", "digits"),
    ],
    ids=["cut", "empty", "page", "latin", "nan", "deep", "long"],
)
def test_what_is_not_json(data: bytes, reason: str) -> None:
    code, facts = fault(data)
    assert (code, facts["source"]) == (FaultCode.MANIFEST_UNREADABLE, SOURCE)
    assert reason in str(facts["reason"])


def test_half_a_character_is_no_text() -> None:
    code, facts = fault(json.dumps(changed("modules/0/name", "\ud800")).encode())
    assert code is FaultCode.MANIFEST_UNREADABLE
    assert "surrogate" in str(facts["reason"])


def test_a_byte_order_mark_does_no_harm() -> None:
    assert parse(b"\xef\xbb\xbf" + json.dumps(MODERN).encode()) == parse(MODERN)


@pytest.mark.parametrize(
    ("needed", "have", "enough"),
    [
        (None, "0.1", True),
        ("1.2.0", "1.2", True),
        ("1.2", "1.10", True),
        ("1.10", "1.9.9", False),
        ("2", "1.99.99", False),
        ("0.1.0", "0.1.0.dev3+local", True),
        ("99", "0.0.0", True),
    ],
)
def test_the_program_must_be_new_enough(needed: str | None, have: str, enough: bool) -> None:
    manifest = parse(changed("minClientVersion", needed))
    if enough:
        check_client(manifest, have)
        assert parse(changed("minClientVersion", needed), client=have) == manifest
        return
    with pytest.raises(InstallerError) as caught:
        check_client(manifest, have)
    assert caught.value.fault.code is FaultCode.CLIENT_TOO_OLD
    assert caught.value.fault.facts == {"needed": needed, "have": have}


def test_a_manifest_that_is_too_new_need_not_make_sense() -> None:
    code, facts = fault({"minClientVersion": "3", "modules": "elsewhere"}, client="2.9")
    assert (code, facts) == (FaultCode.CLIENT_TOO_OLD, {"needed": "3", "have": "2.9"})
