"""Lays the places where settings stand over each other: who wins, what an admin locks, what can't be used."""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from pydantic import ValidationError

from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.settings import (
    PLACES,
    Effective,
    Origin,
    Overruled,
    Settings,
    Source,
    counts_from_here,
    variable,
)
from vsrt_gui.model.value import Value

NAMES = tuple(Settings.model_fields)
"""Every setting."""
_WORDS = (("Input ", "it "), ("String ", "it "), ("a valid tuple", "a list"))
"""What pydantic says, and what people are told."""
_SIGNED = re.compile(r"//[^/@\s]*@")
_QUERY = re.compile(r"(?P<address>://[^\s?'\"]*\?)[^\s'\",]+")
_RANK = {origin: number for number, origin in enumerate(Origin)}
_FREE = frozenset({Origin.DEFAULT, Origin.ADMIN})
"""What no lock keeps from counting."""
_HERE = frozenset({Origin.DEFAULT, Origin.COMMAND_LINE})
"""Whose folders may count from the one that somebody works in; a file or a variable is read from anywhere."""


class Layer(Value):
    """One place where settings stand.

    Attributes:
        origin: which layer it is.
        place: the file or option, for people; a variable's name follows from the setting's.
        values: name to value, as it stands there; names may be unknown and values wrong.
    """

    origin: Origin
    place: str
    values: Mapping[str, Any]

    def where(self, name: str) -> str:
        """Return where one setting of it stands."""
        known = name in Settings.model_fields
        return variable(name) if known and self.origin is Origin.ENVIRONMENT else self.place


def checked(name: str, value: object, place: str = "", *, anywhere: bool = False) -> Any:
    """Return a setting's value as what it is.

    Args:
        name: of the setting.
        value: as it was given, which may be text.
        place: where it stands, for people.
        anywhere: whether a folder or file must be the same wherever the program is started.

    Raises:
        InstallerError: `setting-invalid`, which says where, which, what and why.
    """
    if name not in Settings.model_fields:
        raise refused(name, value, "there is no such setting", place)
    try:
        found = getattr(Settings.model_validate({name: value}), name)
    except (ValidationError, RuntimeError) as error:  # RuntimeError: nobody's home has that name
        raise refused(name, value, _reason(error), place) from error
    if anywhere and name in PLACES and counts_from_here(found):
        raise refused(name, value, "it is not written in full, from the disk's top or from ~ on", place)
    return found


def refused(name: str, value: object, reason: str, place: str = "") -> InstallerError:
    """Return the error for a value that can't be used."""
    setting = f"{name} ({place})" if place else name
    return InstallerError(FaultCode.SETTING_INVALID, setting=setting, value=unsigned(value), reason=reason)


def unsigned(value: object) -> str:
    """Return a value for people, without the user name, password or key that an address may carry."""
    return _QUERY.sub(r"\g<address>***", _SIGNED.sub("//***@", str(value)))


def _reason(error: ValidationError | RuntimeError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    said = error.errors(include_url=False, include_input=False, include_context=False)[0]["msg"]
    said = said.removeprefix("Value error, ").partition(" for <class")[0].rstrip(".")
    for theirs, ours in _WORDS:
        said = said.replace(theirs, ours)
    return said


def layered(layers: Iterable[Layer], locked: AbstractSet[str] = frozenset(), lock: str = "") -> Effective:
    """Return the settings in force: a later origin wins over the earlier ones, except where an admin locked it.

    A value that can't be used counts as not given, and is told as a fault.

    Args:
        layers: in any order; of two of one origin the later wins.
        locked: names that nobody but the admin's file may set; one without a value there keeps its default.
        lock: the file that locks them.
    """
    chosen: dict[str, Any] = {}
    sources = {name: Source(locked=name in locked, place=lock if name in locked else "") for name in NAMES}
    faults: list[Fault] = []
    overruled: list[Overruled] = []
    unknown = [(name, lock) for name in sorted(locked - sources.keys())]
    for layer in sorted(layers, key=lambda each: _RANK[each.origin]):
        for name, value in layer.values.items():
            where = layer.where(name)
            if name not in sources:
                unknown.append((name, where))
            elif name in locked and layer.origin not in _FREE:
                overruled.append(Overruled(name=name, place=where, lock=lock))
            else:
                try:
                    chosen[name] = checked(name, value, where, anywhere=layer.origin not in _HERE)
                except InstallerError as error:
                    faults.append(error.fault)
                else:
                    sources[name] = Source(origin=layer.origin, place=where, locked=name in locked)
    return Effective(
        settings=Settings().but(**chosen),
        sources=sources,
        faults=tuple(faults),
        overruled=tuple(overruled),
        unknown=tuple(unknown),
    )


def dropped(effective: Effective, name: str, reason: str) -> Effective:
    """Return settings without a value that proved of no use; it is told as a fault, and the usual one is in force.

    Args:
        effective: the settings so far.
        name: of the setting.
        reason: why the value can't be used.
    """
    source, value = effective.source(name), getattr(effective.settings, name)
    usual = Source(locked=source.locked, place=source.place if source.locked else "")
    return effective.but(
        settings=effective.settings.but(**{name: Settings.model_fields[name].default}),
        sources={**effective.sources, name: usual},
        faults=(*effective.faults, refused(name, value, reason, source.place).fault),
    )


def overridden(
    effective: Effective, values: Mapping[str, object], origin: Origin = Origin.COMMAND_LINE, place: str = ""
) -> Effective:
    """Return settings with some values on top.

    Args:
        effective: the settings so far.
        values: name to value.
        origin: what the values count as.
        place: where they stand.

    Raises:
        InstallerError: `setting-invalid` for an unknown name, a value that can't be used, or a locked setting.
    """
    chosen: dict[str, Any] = {}
    for name, value in values.items():
        chosen[name] = checked(name, value, place)
        check_free(effective, name, value)
    sources = dict.fromkeys(chosen, Source(origin=origin, place=place))
    return effective.but(settings=effective.settings.but(**chosen), sources={**effective.sources, **sources})


def check_free(effective: Effective, name: str, value: object) -> None:
    """Refuse to change what an admin has locked, or what is no setting.

    Raises:
        InstallerError: `setting-invalid`.
    """
    source = effective.sources.get(name)
    if source is None:
        raise refused(name, value, "there is no such setting")
    if source.locked:
        raise refused(name, value, f"whoever looks after this computer has fixed it in {source.place}")
