"""Brings the older manifest shape, and every accepted spelling, to the one shape that the model parses."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from vsrt_gui.model.manifest import ArchiveFormat, Platform

Place = tuple[int | str, ...]
"""The way to a field: object keys and list positions."""

_PLATFORMS = {platform.value: platform.value for platform in Platform} | {
    "darwin-x64": "macos-x64",
    "darwin-arm64": "macos-arm64",
    "win32-x64": "windows-x64",
}
_FORMATS = {format_.value: format_.value for format_ in ArchiveFormat} | {
    "whl": "zip",
    "vsix": "zip",
    "tgz": "tar.gz",
    "txz": "tar.xz",
    "tbz2": "tar.bz2",
    "tbz": "tar.bz2",
    "tzst": "tar.zst",
    "tar.zstd": "tar.zst",
}
_OLDER_NAMES = {"url": "downloadUrl", "sizeBytes": "size", "hash": "checksum"}
"""An artifact's fields to what the older shape calls them."""


def modernised(document: Any) -> tuple[Any, dict[Place, Place]]:
    """Bring a document to the current shape, without judging it: what is wrong stays wrong.

    Returns:
        the document in the current shape, and where each moved or renamed field stood, for messages.
    """
    document = _without_nulls(document)
    names: dict[Place, Place] = {}
    modules = document.get("modules") if isinstance(document, dict) else None
    if not isinstance(modules, list):
        return document, names
    modern = [_module(module, ("modules", number), names) for number, module in enumerate(modules)]
    return {**document, "modules": modern}, names


def _without_nulls(value: Any) -> Any:
    """Leave out what is null: everywhere but in metadata, null means the default."""
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: item if key == "metadata" else _without_nulls(item)
        for key, item in value.items()
        if item is not None
    }


def _module(module: Any, place: Place, names: dict[Place, Place]) -> Any:
    if not isinstance(module, dict):
        return module
    module = dict(module)
    if "required" in module and "isOptional" not in module:
        required = module["required"]
        module["isOptional"] = not required if isinstance(required, bool) else required
        names[*place, "isOptional"] = (*place, "required")
    if "artifacts" in module and "platformArtifacts" not in module:
        module["platformArtifacts"] = _older_artifacts(module["artifacts"], place, names)
    elif isinstance(module.get("platformArtifacts"), dict):
        module["platformArtifacts"] = _artifacts(module["platformArtifacts"], place, names)
    return module


def _artifacts(published: Mapping[str, Any], place: Place, names: dict[Place, Place]) -> dict[str, Any]:
    """Pick the platforms that we know; the usual spelling goes before the others."""
    found: dict[str, Any] = {}
    for spelling in sorted(published, key=lambda name: _PLATFORMS.get(name) != name):
        platform = _PLATFORMS.get(spelling)
        if platform is not None and platform not in found:
            found[platform] = _artifact(published[spelling])
            names[*place, "platformArtifacts", platform] = (*place, "platformArtifacts", spelling)
    return found


def _older_artifacts(published: Any, place: Place, names: dict[Place, Place]) -> Any:
    """Turn the older shape's list into an object keyed by platform; the first one of a platform counts."""
    names[*place, "platformArtifacts"] = (*place, "artifacts")
    if not isinstance(published, list):
        return published
    found: dict[str, Any] = {}
    for number, artifact in enumerate(published):
        known = artifact.get("platform") if isinstance(artifact, dict) else None
        platform = _PLATFORMS.get(known) if isinstance(known, str) else None
        if platform is None or platform in found:
            continue
        found[platform] = _artifact(_renamed(artifact))
        was = (*place, "artifacts", number)
        names[*place, "platformArtifacts", platform] = was
        for name, older in _OLDER_NAMES.items():
            if name not in artifact:
                names[*place, "platformArtifacts", platform, name] = (*was, older)
    return found


def _renamed(artifact: Mapping[str, Any]) -> dict[str, Any]:
    older = {name: artifact[was] for name, was in _OLDER_NAMES.items() if was in artifact}
    return {**older, **artifact}


def _artifact(artifact: Any) -> Any:
    """Spell format and hashes as the model does."""
    if not isinstance(artifact, dict):
        return artifact
    artifact = _plain_hash(artifact)
    for reference in ("index", "patches"):
        if reference in artifact:
            artifact[reference] = _plain_hash(artifact[reference])
    index = artifact.get("index")
    if isinstance(index, dict) and "document" in index:
        index["document"] = _plain_hash(index["document"])
    spelling = artifact.get("compressionFormat")
    if isinstance(spelling, str):
        artifact["compressionFormat"] = _FORMATS.get(spelling.lower().lstrip("."), spelling)
    elif spelling is None and isinstance(artifact.get("url"), str):
        derived = _format_of(artifact["url"])
        if derived is not None:
            artifact["compressionFormat"] = derived
    return artifact


def _plain_hash(holder: Any) -> Any:
    """Return a copy whose hash has lost its `sha256:`."""
    if not isinstance(holder, dict):
        return holder
    value = holder.get("hash")
    if isinstance(value, str):
        return {**holder, "hash": value.removeprefix("sha256:")}
    return dict(holder)


def _format_of(url: str) -> str | None:
    """Tell the format from an address's ending, None where it has none that we know."""
    try:
        path = urlsplit(url).path.lower()
    except ValueError:  # told later, with the field's name
        return None
    endings = sorted(_FORMATS, key=len, reverse=True)
    return next((_FORMATS[ending] for ending in endings if path.endswith(f".{ending}")), None)
