"""The manifest's door: bytes of either shape go in, a checked `Manifest` with absolute urls comes out."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

from pydantic import ValidationError

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import (
    LONGEST_VERSION,
    Artifact,
    IndexDocument,
    IndexReference,
    Manifest,
    PatchesReference,
    PublishedModule,
)
from vsrt_gui.model.manifest_shapes import Place, modernised
from vsrt_gui.model.value import Value
from vsrt_gui.model.versions import VERSION, numbers

Copied = TypeVar("Copied", Artifact, PatchesReference)
"""What lies in one place and in mirrors of it."""

UNINSTALLED = "0.0.0"
"""The version of a checkout that was never installed; it counts as the newest."""

MOST_VALUES = 500_000
"""In one manifest; a module for five platforms has about a hundred. So many are judged within a second."""

_NOT_IN_URLS = re.compile(r"[\s\x00-\x1f\x7f]")
_REASONS = {
    "missing": "is missing",
    "string_type": "must be a text",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long",
    "string_pattern_mismatch": "has a wrong form",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "mapping_type": "must be an object",
    "too_short": "must not be empty",
}
"""Pydantic's error types to what the field must be; the message stands for the types that are not here."""


class Origin(Value):
    """Where a manifest came from.

    Attributes:
        source: the address or folder, for people.
        base_url: what relative urls in it are relative to.
    """

    source: str
    base_url: str


def parse_manifest(data: bytes, source: str, base_url: str, client: str = UNINSTALLED) -> Manifest:
    """Parse and check a manifest of either shape.

    Unknown fields and platforms are passed over; null means "default". Cycles and unknown dependencies are
    not judged here, because they only take out the modules that they touch.

    Args:
        data: the document, JSON in UTF-8.
        source: where it came from, for people.
        base_url: http, https or file; relative urls in the document are resolved against it.
        client: version of this program. It is checked first: a manifest that is too new for us need not
            make sense to us.

    Raises:
        InstallerError: `manifest-unreadable`, `manifest-invalid`, `client-too-old`.
    """
    origin = Origin(source=source, base_url=base_url)
    document = _read(data, source)
    needed = document.get("minClientVersion") if isinstance(document, dict) else None
    if isinstance(needed, str):
        _check_needed(needed, client, source)
    modern, names = modernised(document)
    try:
        manifest = Manifest.model_validate_json(json.dumps(modern), strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        raise _judged(error, source, names) from error
    if not manifest.modules:  # else an update would take it for a wish to have nothing
        raise _invalid(source, "modules", "must not be empty")
    _check_ids(manifest, source)
    return _resolved(manifest, origin, names)


def values_at_most(document: bytes) -> int:
    """Return how many values a JSON document can hold, before any of them takes memory; marks in texts count, too."""
    return 1 + sum(document.count(mark) for mark in (b",", b"[", b"{"))


def check_client(manifest: Manifest, version: str) -> None:
    """Refuse a manifest that needs a newer program than this one.

    Args:
        manifest: what to install from.
        version: of this program; "0.0.0", a checkout that was never installed, counts as the newest.

    Raises:
        InstallerError: `client-too-old`.
    """
    needed = manifest.min_client_version
    if needed is not None and version != UNINSTALLED and numbers(version) < numbers(needed):
        raise InstallerError(FaultCode.CLIENT_TOO_OLD, needed=needed, have=version)


def _read(data: bytes, source: str) -> Any:
    """Read JSON as the standard has it: no NaN, no bytes that are not UTF."""
    if values_at_most(data) > MOST_VALUES:
        raise _invalid(source, "the document", f"must not hold more than {MOST_VALUES:,} values")
    try:
        return json.loads(data, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        reason = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise InstallerError(FaultCode.MANIFEST_UNREADABLE, source=source, reason=reason) from error
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not UTF-8 text"
        raise InstallerError(FaultCode.MANIFEST_UNREADABLE, source=source, reason=reason) from error
    except (ValueError, RecursionError) as error:
        raise InstallerError(FaultCode.MANIFEST_UNREADABLE, source=source, reason=str(error)) from error


def _refuse_constant(name: str) -> None:
    msg = f"{name} is not a JSON value"
    raise ValueError(msg)


def _check_needed(needed: str, client: str, source: str) -> None:
    if len(needed) > LONGEST_VERSION or not VERSION.match(needed):
        raise _invalid(source, "minClientVersion", "must be a version such as 1.2.0")
    if client != UNINSTALLED and numbers(client) < numbers(needed):
        raise InstallerError(FaultCode.CLIENT_TOO_OLD, needed=needed, have=client)


def _judged(error: ValidationError, source: str, names: dict[Place, Place]) -> InstallerError:
    """Name the first field that is wrong, as the document spells it."""
    detail = error.errors(include_url=False, include_input=False)[0]
    if detail["type"] == "json_invalid":  # the only thing that Python's reader lets through and this one not
        reason = "a text in it holds half a surrogate pair"
        return InstallerError(FaultCode.MANIFEST_UNREADABLE, source=source, reason=reason)
    place = tuple(part for part in detail["loc"] if isinstance(part, int) or "[" not in part)
    message = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    reason = _REASONS.get(detail["type"], message.replace("should be", "must be"))
    return _invalid(source, _field(place, names), reason)


def _field(place: Place, names: dict[Place, Place]) -> str:
    """Write a place as `modules[0].platformArtifacts.linux-x64.hash`."""
    for length in range(len(place), 0, -1):
        if place[:length] in names:
            place = names[place[:length]] + place[length:]
            break
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".") or "the document"


def _invalid(source: str, field: str, reason: str) -> InstallerError:
    return InstallerError(FaultCode.MANIFEST_INVALID, source=source, field=field, reason=reason)


def _check_ids(manifest: Manifest, source: str) -> None:
    seen: set[str] = set()
    for number, module in enumerate(manifest.modules):
        if module.id in seen:
            raise _invalid(source, f"modules[{number}].id", f"{module.id} is used twice")
        seen.add(module.id)


def _resolved(manifest: Manifest, origin: Origin, names: dict[Place, Place]) -> Manifest:
    """Make every url absolute and check it."""

    def absolute(url: str, place: Place) -> str:
        try:
            return _absolute(url, origin.base_url)
        except ValueError as error:
            raise _invalid(origin.source, _field(place, names), str(error)) from error

    def placed(old: Copied, place: Place) -> Copied:
        mirrors = tuple(absolute(url, (*place, "mirrors", n)) for n, url in enumerate(old.mirrors))
        return old.model_copy(update={"url": absolute(old.url, (*place, "url")), "mirrors": mirrors})

    def indexed(old: IndexReference, place: Place) -> IndexReference:
        where = (*place, "document", "patches")
        document = old.document and _patched(old.document, lambda url, n: absolute(url, (*where, n, "url")))
        return old.model_copy(update={"url": absolute(old.url, (*place, "url")), "document": document})

    def artifact(old: Artifact, place: Place) -> Artifact:
        index, patches = old.index, old.patches
        if index is not None:
            index = indexed(index, (*place, "index"))
        if patches is not None:
            patches = placed(patches, (*place, "patches"))
        return placed(old, place).model_copy(update={"index": index, "patches": patches})

    def modules() -> Iterator[PublishedModule]:
        for number, module in enumerate(manifest.modules):
            artifacts = {
                platform: artifact(old, ("modules", number, "platformArtifacts", platform.value))
                for platform, old in module.artifacts.items()
            }
            yield module.model_copy(update={"artifacts": artifacts})

    return manifest.model_copy(update={"modules": tuple(modules())})


def _patched(document: IndexDocument, absolute: Callable[[str, int], str]) -> IndexDocument:
    """Make the urls of an index's patches absolute, each of which has its number."""
    urls = (absolute(patch.url, number) for number, patch in enumerate(document.patches))
    patches = (old.model_copy(update={"url": url}) for old, url in zip(document.patches, urls, strict=True))
    return document.model_copy(update={"patches": tuple(patches)})


def _absolute(url: str, base_url: str) -> str:
    """Resolve a url against the manifest's own; ValueError says what is wrong with it."""
    if not url or _NOT_IN_URLS.search(url):
        msg = "must be an address without blanks"
        raise ValueError(msg)
    joined = urljoin(base_url, url)
    parts = urlsplit(joined)
    match parts.scheme:
        case "http" | "https":
            if not parts.hostname or parts.port == 0:
                msg = "names no server"
                raise ValueError(msg)
        case "file":
            # A server must not make us open what lies on this computer, or log in to a share on another one.
            if urlsplit(base_url).scheme != "file":
                msg = "a manifest from a server can't name a local file"
                raise ValueError(msg)
        case _:
            msg = "must begin with http, https or file"
            raise ValueError(msg)
    return joined
