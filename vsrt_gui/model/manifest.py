"""What exists: modules, versions, dependencies and artifacts, as published."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

Key = TypeVar("Key")
Item = TypeVar("Item")

ModuleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Sha256 = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[0-9a-fA-F]{64}$")]
ModuleVersion = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+_-]*$", max_length=64)]

Several = Annotated[tuple[Item, ...], Field(fail_fast=True)]
Named = Annotated[Mapping[Key, Item], Field(fail_fast=True)]
"""Of several, or of several named, wrong items the first is told of: all of millions would take gigabytes."""

LARGEST = 2**63 - 1
"""Bytes: more than any file system counts to."""
Size = Annotated[int, Field(ge=0, le=LARGEST)]
LONGEST_VERSION = 64
"""Characters; Python would not even read a number of some thousand digits."""
SystemVersion = Annotated[str, StringConstraints(max_length=LONGEST_VERSION)]


def _inside(path: str) -> str:
    """Refuse a path that could leave the module's folder."""
    parts = path.replace("\\", "/").split("/")
    if path.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        msg = "must be a path inside the module's folder"
        raise ValueError(msg)
    return path


InsidePath = Annotated[str, StringConstraints(min_length=1), AfterValidator(_inside)]


class Published(BaseModel):
    """A part of the manifest: frozen; unknown fields are passed over, so that newer manifests still parse."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Platform(StrEnum):
    """A kind of machine that artifacts are published for."""

    LINUX_X64 = "linux-x64"
    LINUX_ARM64 = "linux-arm64"
    MACOS_X64 = "macos-x64"
    MACOS_ARM64 = "macos-arm64"
    WINDOWS_X64 = "windows-x64"


class ModuleType(StrEnum):
    """What a module is for."""

    RUNTIME = "runtime"
    SERVER = "server"
    EXTENSIONS = "extensions"
    LANGUAGE_SERVER = "languageServer"
    DEBUG_ADAPTER = "debugAdapter"


class ArchiveFormat(StrEnum):
    """How an artifact is packed; `.whl` and `.vsix` are zips."""

    ZIP = "zip"
    TAR_GZ = "tar.gz"
    TAR_XZ = "tar.xz"
    TAR_BZ2 = "tar.bz2"
    TAR_ZST = "tar.zst"
    TAR = "tar"


class IndexPatch(Published):
    """Where the patch lies that makes a file index of an earlier one.

    Attributes:
        url: where it is; absolute once the manifest was parsed.
        base: sha256 of the earlier index's document.
        size: bytes of the patch.
    """

    url: str
    base: Sha256
    size: Size = Field(alias="sizeBytes")


class IndexDocument(Published):
    """A file index before it was packed, which is what patches make of those of earlier versions.

    Attributes:
        sha256: of its bytes.
        size: bytes.
        patches: ways to make it.
    """

    sha256: Sha256 = Field(alias="hash")
    size: Size = Field(alias="sizeBytes")
    patches: Several[IndexPatch] = ()


class IndexReference(Published):
    """Where the published file index of an artifact lies; its hash is signed with the manifest.

    Attributes:
        url: where it is; absolute once the manifest was parsed.
        sha256: of its bytes, packed.
        document: what it is unpacked, None where that is not told, and no patches make it.
    """

    url: str
    sha256: Sha256 = Field(alias="hash")
    document: IndexDocument | None = None


class PatchesReference(Published):
    """Where the patches lie that make an artifact's files from those of earlier versions; its index says which.

    Attributes:
        url: where they are; absolute once the manifest was parsed.
        mirrors: other places of the same bytes, best first.
        sha256: of all of them; each file that they make is checked on its own.
        size: bytes of all of them.
    """

    url: str
    mirrors: Several[str] = ()
    sha256: Sha256 = Field(alias="hash")
    size: Size = Field(alias="sizeBytes")


class Proof(Published):
    """A command that shows that a module lives: it exits 0 and prints what `expect` (a regex) matches."""

    argv: Several[str] = Field(min_length=1)
    expect: str = ""


class SecretKind(StrEnum):
    """How a server takes the secret that keeps others out."""

    PASSWORD_ENV = "passwordEnv"  # noqa: S105 -- the manifest's word for it
    CONNECTION_TOKEN = "connectionToken"  # noqa: S105 -- the manifest's word for it


class Server(Published):
    """How a server module is started, and how one knows that it answers."""

    argv: Several[str] = Field(min_length=1)
    env: Named[str, str] = {}
    ready: str = "/"
    secret: SecretKind | None = None
    extensions_dir: str | None = Field(default=None, alias="extensionsDir")


class Launch(Published):
    """How to start what a module brings.

    Attributes:
        bin: command name to a path inside the module, or to an argument list whose parts may hold
            `{module}` (the module's folder), `{bin:NAME}` (another module's command) and `{data}`.
        server: for server modules.
        proof: commands that show that the module lives.
    """

    bin: Named[ModuleId, InsidePath | Several[str]] = {}
    server: Server | None = None
    proof: Several[Proof] = ()


class Artifact(Published):
    """One archive of a module for one platform.

    Attributes:
        url: where it is; absolute once the manifest was parsed.
        mirrors: other places of the same bytes, best first.
        sha256: of the archive's bytes, lower-case hexadecimal.
        size: bytes of the archive, None where the publisher did not say.
        format: how it is packed.
        strip_components: leading path parts that every member loses.
        strip_prefix: members outside this folder are left out, the others lose it.
        index: the published file index, None where it must be made from the archive.
        patches: the published patches, None where there are none.
        launch: how to start what it brings, where that differs from the module's other platforms.
    """

    url: str
    mirrors: Several[str] = ()
    sha256: Sha256 = Field(alias="hash")
    size: Size | None = Field(default=None, alias="sizeBytes")
    format: ArchiveFormat = Field(alias="compressionFormat")
    strip_components: Annotated[int, Field(ge=0, le=16)] = Field(default=0, alias="stripComponents")
    strip_prefix: InsidePath | None = Field(default=None, alias="stripPrefix")
    index: IndexReference | None = None
    patches: PatchesReference | None = None
    launch: Launch | None = None

    @property
    def digest(self) -> str:
        """Names the unpacked content: the archive and what is stripped from its paths."""
        if not self.strip_components and not self.strip_prefix:
            return self.sha256
        named = f"{self.sha256}:{self.strip_components}:{self.strip_prefix or ''}"
        return sha256(named.encode()).hexdigest()


class Requirements(Published):
    """What a module needs of the system; each is a minimum version, None where nothing is asked."""

    glibc: SystemVersion | None = None
    macos: SystemVersion | None = None
    windows: SystemVersion | None = None
    python: SystemVersion | None = None


class Module(Published):
    """One installable part, without its artifacts."""

    id: ModuleId
    name: str
    description: str = ""
    type: ModuleType
    version: ModuleVersion
    dependencies: Several[ModuleId] = ()
    optional: bool = Field(default=False, alias="isOptional")
    launch: Launch = Launch()
    requires: Requirements = Requirements()
    metadata: Mapping[str, Any] | None = None


class PublishedModule(Module):
    """A module as the manifest lists it, with an artifact for each platform."""

    artifacts: Mapping[Platform, Artifact] = Field(alias="platformArtifacts")


class Target(Published):
    """A module together with the artifact for this machine: all that installing or mending it takes."""

    module: Module
    artifact: Artifact

    @property
    def id(self) -> str:
        """The module's id."""
        return self.module.id

    @property
    def launch(self) -> Launch:
        """How to start what it brings, on this machine."""
        return self.artifact.launch or self.module.launch

    @property
    def folder(self) -> str:
        """Its folder's name in the store: id, version, and the first 8 digits of the digest."""
        return f"{self.module.id}-{self.module.version}-{self.artifact.digest[:8]}"

    @property
    def effect(self) -> tuple[object, ...]:
        """What makes a difference once it is installed: its content, how it starts, and what a set needs it for.

        Two of the same effect are the same to a set of modules, wherever they were to be fetched.
        """
        return (self.folder, self.launch, frozenset(self.module.dependencies), self.module.optional)


class Manifest(Published):
    """All modules of one publication."""

    version: str
    published_at: datetime | None = Field(default=None, alias="publishedAt")
    min_client_version: str | None = Field(default=None, alias="minClientVersion")
    metadata: Mapping[str, Any] | None = None
    modules: Several[PublishedModule]

    def module(self, module_id: str) -> PublishedModule | None:
        """Return the module of that id, or None."""
        return next((module for module in self.modules if module.id == module_id), None)
