"""What becomes of the server that a runtime brings: starting, ready, stopped or crashed."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from vsrt_gui.model.faults import Fault
from vsrt_gui.model.launching import Place, arguments, text
from vsrt_gui.model.manifest import ModuleType, SecretKind, Server, Target
from vsrt_gui.model.survey import Generation
from vsrt_gui.model.value import Value

HOST = "127.0.0.1"
"""Where servers listen: nobody but this computer can ask them anything."""


class Starting(Value):
    """The server was started, and does not answer yet.

    Attributes:
        module: its module's id.
        name: the module's name, for people.
        version: the module's version.
        log: the file that it writes its log to.
    """

    state: Literal["starting"] = "starting"
    module: str
    name: str
    version: str
    log: str


class Ready(Value):
    """The server answers.

    Attributes:
        module: its module's id.
        name: the module's name, for people.
        version: the module's version; after an update it may be older than what is in force.
        generation: the one that it was started from.
        address: where it listens, without any secret.
        page: what a browser opens; it may hold the secret.
        password: what its page asks for, None where the secret is another.
        log: the file that it writes its log to.
        found: whether it was running already.
    """

    state: Literal["ready"] = "ready"
    module: str
    name: str
    version: str
    generation: int
    address: str
    page: str = Field(repr=False)
    password: str | None = Field(default=None, repr=False)
    log: str
    found: bool = False


class Stopped(Value):
    """No server runs."""

    state: Literal["stopped"] = "stopped"


class Crashed(Value):
    """The server could not be started, or ended by itself.

    Attributes:
        fault: why: `server-crashed`, `server-not-ready` or whatever else kept it from starting.
        log: the file that its log is in, None where it never came so far.
    """

    state: Literal["crashed"] = "crashed"
    fault: Fault
    log: str | None = None


LaunchState = Annotated[Starting | Ready | Stopped | Crashed, Field(discriminator="state")]


class ServerRecord(Value):
    """A server process, as the state folder records it; the secret lies in a file of its own.

    Attributes:
        format: of the record.
        module: the id of the module that brings it.
        name: the module's name, for people.
        version: the module's version.
        generation: the one that it was started from.
        folders: the store's folders that it may use.
        pid: of the process, which leads a group of its own.
        started: what tells this process from every other of its number.
        at: seconds since 1970, UTC, of its start.
        port: that it listens on.
        ready: the path that it answers once it is up.
        secret: how it takes its secret.
        log: the file that it writes its log to.
    """

    format: int = 1
    module: str
    name: str
    version: str
    generation: int
    folders: tuple[str, ...]
    pid: int
    started: str
    at: float
    port: int
    ready: str
    secret: SecretKind | None
    log: str

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}/"

    def as_starting(self) -> Starting:
        """Return the state of a server that does not answer yet."""
        return Starting(module=self.module, name=self.name, version=self.version, log=self.log)

    def as_ready(self, secret: str, *, found: bool) -> Ready:
        """Return the state of a server that answers."""
        token = self.secret is SecretKind.CONNECTION_TOKEN
        return Ready(
            module=self.module,
            name=self.name,
            version=self.version,
            generation=self.generation,
            address=self.address,
            page=f"{self.address}?tkn={secret}" if token else self.address,
            password=secret if self.secret is SecretKind.PASSWORD_ENV else None,
            log=self.log,
            found=found,
        )


class ServerOrder(Value):
    """All that starting a server takes.

    Attributes:
        target: the module that brings it.
        generation: the number of the one that it is started from.
        folders: the store's folders that it may use.
        argv: the program and its arguments.
        env: variables that are added to the user's environment.
        port: that it is to listen on.
        ready: the path that it answers once it is up.
        secret: what keeps others out.
        kind: how it takes the secret, None where it takes none.
        store: the folder that holds the modules' folders.
        extensions: the folder that the extensions are linked into, None where it takes none.
        links: the name in that folder to the extension's own folder.
    """

    target: Target
    generation: int
    folders: tuple[str, ...]
    argv: tuple[str, ...] = Field(repr=False)
    env: Mapping[str, str] = Field(repr=False)
    port: int
    ready: str
    secret: str = Field(repr=False)
    kind: SecretKind | None
    store: str
    extensions: str | None = None
    links: Mapping[str, str] = {}


def server_of(generation: Generation) -> tuple[Target, Server] | None:
    """Return the first module that brings a server, and how it is started; None when there is none."""
    brings = ((target, target.launch.server) for target in generation.modules)
    return next(((target, server) for target, server in brings if server is not None), None)


def order(generation: Generation, server: tuple[Target, Server], place: Place) -> ServerOrder:
    """Fill in all that starting a server takes.

    Args:
        generation: the set of modules that it runs with.
        server: as `server_of` found it.
        place: where the runtime lies; its `given` holds `port` and `secret`.

    Raises:
        InstallerError: `manifest-invalid` when a template leads nowhere.
    """
    target, launch = server
    modules = generation.modules
    folder = launch.extensions_dir
    return ServerOrder(
        target=target,
        generation=generation.number,
        folders=tuple(each.folder for each in modules),
        argv=arguments(modules, target, launch.argv, place),
        env={name: text(modules, target, value, place) for name, value in launch.env.items()},
        port=int(place.given["port"]),
        ready=launch.ready,
        secret=place.given["secret"],
        kind=launch.secret,
        store=place.store,
        extensions=None if folder is None else text(modules, target, folder, place),
        links={_link_name(t): place.folder(t) for t in modules if t.module.type is ModuleType.EXTENSIONS},
    )


def _link_name(target: Target) -> str:
    """Return the name that the manifest records for an extension (`metadata.extension`), else the module's id."""
    recorded = (target.module.metadata or {}).get("extension")
    usable = isinstance(recorded, str) and recorded and not set(recorded) & set('/\\:*?"<>|\0')
    return recorded if usable and isinstance(recorded, str) and recorded.strip(". ") else target.id
