"""Command lines that make no sense: each is answered with what is wrong, and nothing is touched."""

import pytest
from bad_input_house import World, ended, explained, refused

from vsrt_gui.cli.exit_codes import USAGE
from vsrt_gui.model.faults import FaultCode as F


def test_a_module_that_nobody_knows(world: World) -> None:
    with world.guarded():
        fault = refused(world.told("install", "bogus"), F.MODULE_UNKNOWN, module="bogus")
        explained(world.run("install", "bogus", "--yes"), fault)
        refused(world.told("install", "base", "../evil"), F.MODULE_UNKNOWN, module="../evil")
        refused(world.told("modules", "bogus"), F.MODULE_UNKNOWN, module="bogus")
        refused(world.told("uninstall", "bogus"), F.MODULE_UNKNOWN, module="bogus")


USAGE_ERRORS = {
    "unknown-command": ("instal", "--yes"),
    "unknown-option": ("install", "--yess"),
    "no-yes": ("install",),
    "to-nothing": ("rollback", "--yes", "--to", "0"),
    "to-text": ("rollback", "--yes", "--to", "yesterday"),
    "too-much": ("update", "base", "--yes"),
}


@pytest.mark.parametrize("args", USAGE_ERRORS.values(), ids=USAGE_ERRORS.keys())
def test_a_command_line_that_can_not_be_followed(world: World, args: tuple[str, ...]) -> None:
    with world.guarded():
        runs = [world.start(*args), world.start(*_before_a_dangling_option(args))]
        said, told = [ended(run) for run in runs]
        assert (said.code, said.out) == (USAGE, "")
        assert said.err.splitlines()[-1] == "To see what can be said: vsrt --help"
        assert (told.code, told.err) == (USAGE, "")
        assert (told.end["event"], told.end["outcome"]) == ("run-finished", "failed")
        assert [fault["code"] for fault in told.end["faults"]] == [F.SETTING_INVALID]


def _before_a_dangling_option(args: tuple[str, ...]) -> tuple[str, ...]:
    return (args[0], "--json", *args[1:])


@pytest.mark.parametrize(
    "address",
    ["ftp://host/x", "javascript://x", "http://", "http://host:99999", "https://[::1"],
)
def test_an_address_that_is_none(world: World, address: str) -> None:
    with world.guarded():
        fault = refused(
            world.told("update", catalog=address), F.SETTING_INVALID, setting="manifest_url (command line)"
        )
        if address.startswith("ftp"):
            explained(world.run("update", "--yes", catalog=address), fault)
        refused(world.told("install", catalog=address, prefix=world.fresh), F.SETTING_INVALID)


def test_a_catalog_that_is_not_there(world: World) -> None:
    nowhere = world.root / "nowhere"
    with world.guarded():
        fault = refused(world.told("update", catalog=nowhere), F.CATALOG_NOT_FOUND, source=str(nowhere))
        explained(world.run("update", "--yes", catalog=nowhere), fault)
        refused(world.told("install", catalog=nowhere, prefix=world.fresh), F.CATALOG_NOT_FOUND)
        refused(world.told("modules", catalog=world.precious), F.CATALOG_NOT_FOUND)


def test_a_catalog_that_is_no_list(world: World) -> None:
    """A folder by the list's name has none in it."""
    (world.catalog.folder / "manifest.json").unlink()
    (world.catalog.folder / "manifest.json").mkdir()
    with world.guarded():
        refused(world.told("update"), F.CATALOG_NOT_FOUND)


def test_an_earlier_version_that_is_not_there(world: World) -> None:
    with world.guarded():
        fault = refused(world.told("rollback"), F.NO_EARLIER_GENERATION, path=str(world.prefix), newer="")
        explained(world.run("rollback", "--yes"), fault)
        refused(world.told("rollback", "--to", "7"), F.GENERATION_UNKNOWN, generation="7", kept="1")
        refused(world.told("rollback", "--to", str(10**30)), F.GENERATION_UNKNOWN)


@pytest.mark.parametrize("verb", ["update", "repair", "verify", "rollback", "uninstall"])
def test_nothing_is_installed(world: World, verb: str) -> None:
    with world.guarded():
        fault = refused(world.told(verb, prefix=world.fresh), F.NOT_INSTALLED, path=str(world.fresh))
        explained(world.run(verb, "--yes", prefix=world.fresh), fault)
        assert not world.fresh.exists()


def test_a_prefix_whose_name_is_too_long(world: World) -> None:
    with world.guarded():
        refused(world.told("install", prefix=world.fresh / ("x" * 300)), F.DISK_ERROR)
