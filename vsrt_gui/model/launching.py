"""How what a module brings is started: the templates of its launch record, filled in."""

import re
from collections.abc import Iterator, Mapping

from pydantic import Field

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import Launch, Target
from vsrt_gui.model.value import Value

_OF_DATA = re.compile(r"\{data\}/([^/\\{}\0]+)")
_TEMPLATE = re.compile(r"\{(module|data|port|secret|bin:[a-z0-9-]+)\}")


class Place(Value):
    """Where the runtime lies on one machine.

    Attributes:
        store: the folder that holds the modules' folders (`<prefix>/store`).
        data: the user's own data folder, which `{data}` stands for.
        given: what `{port}` and `{secret}` stand for, where a server is about to be started; they stay as they are
            where nothing is given.
    """

    store: str
    data: str
    given: Mapping[str, str] = Field(default={}, repr=False)

    def folder(self, target: Target) -> str:
        """Return a module's folder."""
        return f"{self.store}/{target.folder}"


def commands(modules: tuple[Target, ...]) -> Mapping[str, Target]:
    """Return every command and the module that brings it; of two that bring the same one, the first."""
    found: dict[str, Target] = {}
    for target in modules:
        for name in target.launch.bin:
            found.setdefault(name, target)
    return found


def data_names(modules: tuple[Target, ...]) -> frozenset[str]:
    """Return what modules keep in the user's data folder: names right below it, as their launch records have them."""
    templates = (template for target in modules for template in _templates(target.launch))
    return frozenset(
        name for template in templates for name in _OF_DATA.findall(template) if name not in {".", ".."}
    )


def extension_folders(modules: tuple[Target, ...], place: Place) -> tuple[str, ...]:
    """Return the folders in which a server looks for extensions, and where links into the store were made.

    Raises:
        InstallerError: `manifest-invalid` when a template leads nowhere.
    """
    servers = ((target, target.launch.server) for target in modules)
    return tuple(
        text(modules, target, server.extensions_dir, place)
        for target, server in servers
        if server is not None and server.extensions_dir is not None
    )


def _templates(launch: Launch) -> Iterator[str]:
    for entry in launch.bin.values():
        yield from (entry,) if isinstance(entry, str) else entry
    if launch.server is not None:
        yield from (*launch.server.argv, *launch.server.env.values(), launch.server.extensions_dir or "")


def command(modules: tuple[Target, ...], name: str, place: Place) -> tuple[str, ...]:
    """Return the argument list that starts a command.

    Args:
        modules: the set that works together (a generation's).
        name: a command of one of them, a key of its `launch.bin`.
        place: where the runtime lies.

    Raises:
        InstallerError: `manifest-invalid` when no module brings the command, or its templates lead nowhere.
    """
    owner = commands(modules).get(name)
    if owner is None:
        raise _invalid(name, f"launch.bin.{name}", "no module of the set brings this command")
    return _Expansion(modules, place).command(owner, name, ())


def arguments(
    modules: tuple[Target, ...], owner: Target, argv: tuple[str, ...], place: Place
) -> tuple[str, ...]:
    """Return an argument list of a module (a proof's, a server's) with its templates filled in.

    A part that is `{bin:NAME}` alone becomes as many arguments as that command has; inside a longer part the command
    must be a single path.

    Args:
        modules: the set that works together.
        owner: the module whose list it is; `{module}` is its folder.
        argv: the list as published.
        place: where the runtime lies.

    Raises:
        InstallerError: `manifest-invalid` when a template leads nowhere.
    """
    return _Expansion(modules, place).arguments(owner, argv, ())


def text(modules: tuple[Target, ...], owner: Target, template: str, place: Place) -> str:
    """Return a single text of a module (a variable's value, a folder) with its templates filled in.

    Args:
        modules: the set that works together.
        owner: the module whose text it is.
        template: the text as published.
        place: where the runtime lies.

    Raises:
        InstallerError: `manifest-invalid` when a template leads nowhere, or stands for more than one argument.
    """
    return _Expansion(modules, place).text(owner, template, ())


class _Expansion:
    """One filling-in: the commands that can be named, and where things lie."""

    def __init__(self, modules: tuple[Target, ...], place: Place) -> None:
        self._commands = commands(modules)
        self._place = place

    def command(self, owner: Target, name: str, trail: tuple[str, ...]) -> tuple[str, ...]:
        """Fill in one command; `trail` holds the commands on the way to it, to notice a circle."""
        if name in trail:
            raise _invalid(owner.id, f"launch.bin.{name}", "the command leads back to itself")
        entry = owner.launch.bin[name]
        if isinstance(entry, str):
            return (f"{self._place.folder(owner)}/{entry}",)
        return self.arguments(owner, entry, (*trail, name))

    def arguments(self, owner: Target, argv: tuple[str, ...], trail: tuple[str, ...]) -> tuple[str, ...]:
        """Fill in an argument list."""
        return tuple(argument for part in argv for argument in self._part(owner, part, trail))

    def _part(self, owner: Target, part: str, trail: tuple[str, ...]) -> tuple[str, ...]:
        whole = _TEMPLATE.fullmatch(part)
        if whole and whole[1].startswith("bin:"):
            return self._named(owner, whole[1], trail)
        return (self.text(owner, part, trail),)

    def text(self, owner: Target, template: str, trail: tuple[str, ...]) -> str:
        """Fill in a text that stays one text."""
        return _TEMPLATE.sub(lambda match: self._word(owner, match[1], trail), template)

    def _word(self, owner: Target, word: str, trail: tuple[str, ...]) -> str:
        if word == "module":
            return self._place.folder(owner)
        if word == "data":
            return self._place.data
        if word in {"port", "secret"}:
            return self._place.given.get(word, f"{{{word}}}")
        argv = self._named(owner, word, trail)
        if len(argv) != 1:
            raise _invalid(owner.id, "launch", f"{{{word}}} is more than one argument")
        return argv[0]

    def _named(self, owner: Target, word: str, trail: tuple[str, ...]) -> tuple[str, ...]:
        name = word.removeprefix("bin:")
        brings = self._commands.get(name)
        if brings is None:
            raise _invalid(owner.id, "launch", f"no module of the set brings the command {name}")
        return self.command(brings, name, trail)


def _invalid(source: str, field: str, reason: str) -> InstallerError:
    return InstallerError(FaultCode.MANIFEST_INVALID, source=source, field=field, reason=reason)
