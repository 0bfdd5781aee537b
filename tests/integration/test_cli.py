"""The command line as a process of its own, on a real disk: what it does, says, and leaves with."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_house import Catalog, Vsrt

from vsrt_gui import __version__
from vsrt_gui.model.manifest_document import UNINSTALLED

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

INSTALLED = pytest.mark.skipif(__version__ == UNINSTALLED, reason="a checkout has no version to be too old")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "catalog").write()


@pytest.fixture
def vsrt(catalog: Catalog, tmp_path: Path) -> Vsrt:
    return Vsrt(str(catalog.folder), tmp_path / "runtime")


def store(vsrt: Vsrt, module: str) -> Path:
    (folder,) = (vsrt.prefix / "store").glob(f"{module}-*")
    return folder


def status(vsrt: Vsrt) -> dict[str, object]:
    done = vsrt.run("status", "--json")
    assert done.code == 0
    line, end = done.events
    assert (end["event"], end["outcome"]) == ("run-finished", "completed")
    assert isinstance(line, dict)
    return line


def test_from_nothing_to_everything_and_back(vsrt: Vsrt) -> None:
    assert status(vsrt)["status"] == {"status": "notInstalled"}
    installed = vsrt.run("install", "--yes")
    assert (installed.code, installed.err) == (0, "")
    assert installed.out.splitlines()[-1] == "The VS Code Runtime is ready."
    assert vsrt.run("verify").code == 0

    (store(vsrt, "core") / "noise.bin").write_bytes(b"damaged")
    (store(vsrt, "base") / "bin" / "run").unlink()
    found = vsrt.run("verify")
    assert found.code == 1
    assert "core 1.0.0: damaged (1 file changed): noise.bin" in found.out
    assert found.out.splitlines()[-1] == "To repair: vsrt repair"
    assert vsrt.run("repair", "--yes").code == 0
    assert vsrt.run("verify").code == 0

    removed = vsrt.run("uninstall", "--yes")
    assert (removed.code, removed.out.splitlines()[-1]) == (0, "Removed.")
    assert status(vsrt)["status"] == {"status": "notInstalled"}
    assert vsrt.run("verify").code == 81


def test_json_is_nothing_but_events_and_ends_with_the_outcome(vsrt: Vsrt) -> None:
    done = vsrt.run("install", "--yes", "--json")
    assert (done.code, done.err) == (0, "")
    assert [event["event"] for event in done.events][:1] == ["run-started"]
    assert done.end == {"event": "run-finished", "outcome": "completed", "severity": None, "faults": []}
    finished = [event["module"] for event in done.events if event["event"] == "module-finished"]
    assert finished == ["base", "core", "extra"] or set(finished) == {"base", "core", "extra"}


def test_a_module_brings_what_it_needs_and_takes_what_needs_it(vsrt: Vsrt) -> None:
    assert vsrt.run("install", "core", "--yes").code == 0
    line = status(vsrt)
    assert [module["id"] for module in line["modules"]] == ["base", "core"]  # type: ignore[attr-defined]
    assert line["generation"] == 1
    assert vsrt.run("modules", "base", "--yes").code == 0
    assert [module["id"] for module in status(vsrt)["modules"]] == ["base"]  # type: ignore[attr-defined]
    assert vsrt.run("install", "extra", "--yes").code == 0
    gone = vsrt.run("uninstall", "core", "--yes")
    assert gone.code == 0
    assert [module["id"] for module in status(vsrt)["modules"]] == ["base"]  # type: ignore[attr-defined]


def test_modules_are_listed_with_what_they_need(vsrt: Vsrt) -> None:
    rows = [line.split() for line in vsrt.run("modules").out.splitlines()[1:]]
    assert [row[:3] for row in rows] == [
        ["Base", "base", "1.0.0"],
        ["Core", "core", "1.0.0"],
        ["Extra", "extra", "1.0.0"],
    ]
    assert rows[2][3] == "core"
    line, _ = vsrt.run("modules", "--json").events
    assert [(module["id"], module["optional"]) for module in line["modules"]] == [
        ("base", False),
        ("core", False),
        ("extra", True),
    ]


def test_update_and_rollback(vsrt: Vsrt, tmp_path: Path) -> None:
    assert vsrt.run("install", "--yes").code == 0
    newer = Catalog(tmp_path / "newer", version="2.0.0").write()
    later = Vsrt(str(newer.folder), vsrt.prefix)
    assert status(later)["status"] == {"status": "updateAvailable", "current": "1.0.0", "available": "2.0.0"}
    updated = later.run("update", "--yes")
    assert (updated.code, updated.out.splitlines()[-1]) == (0, "The VS Code Runtime is up to date.")
    assert status(later)["generation"] == 2
    back = later.run("rollback", "--yes")
    assert (back.code, back.out.splitlines()[-1]) == (0, "The earlier version is in use again.")
    assert status(vsrt)["generation"] == 1
    again = later.run("rollback", "--yes")
    assert again.code == 82
    assert "Version 2 is kept. To go to it: vsrt rollback --to 2" in again.err
    assert later.run("rollback", "--to", "2", "--yes").code == 0
    assert status(later)["generation"] == 2
    assert vsrt.run("rollback", "--to", "7", "--yes", "--json").code == 91


def test_an_optional_module_that_fails_makes_it_partial(vsrt: Vsrt, catalog: Catalog) -> None:
    catalog.archive("extra").write_bytes(b"x" * catalog.archive("extra").stat().st_size)
    done = vsrt.run("install", "--yes")
    assert done.code == 3
    lines = done.err.splitlines()
    assert lines[0] == "Done, except for some modules."
    assert lines[1] == "The runtime works. Only optional modules are missing or damaged."
    assert "Extra: A file did not arrive as it should" in lines
    again = Vsrt(vsrt.catalog, vsrt.prefix.with_name("another")).run("install", "--yes", "--json")
    assert (again.code, again.end["outcome"], again.end["severity"]) == (3, "partial", "P3")
    assert [(f["code"], f["module"]) for f in again.end["faults"]] == [("checksum-mismatch", "extra")]


def not_json(catalog: Catalog) -> None:
    (catalog.folder / "manifest.json").write_text("<html>Sign in</html>", encoding="utf-8")


def no_list(catalog: Catalog) -> None:
    (catalog.folder / "manifest.json").unlink()


def no_field(catalog: Catalog) -> None:
    manifest = catalog.manifest()
    del manifest["modules"][0]["version"]
    catalog.write_manifest(manifest)


def too_new(catalog: Catalog) -> None:
    catalog.write_manifest({**catalog.manifest(), "minClientVersion": "99.0"})


def wrong_hash(catalog: Catalog) -> None:
    manifest = catalog.manifest()
    for artifact in manifest["modules"][0]["platformArtifacts"].values():
        artifact["hash"] = "0" * 64
    catalog.write_manifest(manifest)


def cycle(catalog: Catalog) -> None:
    manifest = catalog.manifest()
    manifest["modules"][0]["dependencies"] = ["core"]
    catalog.write_manifest(manifest)


def unknown_need(catalog: Catalog) -> None:
    manifest = catalog.manifest()
    manifest["modules"][0]["dependencies"] = ["nowhere"]
    catalog.write_manifest(manifest)


def nothing_for_this_machine(catalog: Catalog) -> None:
    manifest = catalog.manifest()
    manifest["modules"][0]["platformArtifacts"] = {}
    catalog.write_manifest(manifest)


@pytest.mark.parametrize(
    ("spoil", "name", "code"),
    [
        (no_list, "catalog-not-found", 60),
        (not_json, "manifest-unreadable", 61),
        (no_field, "manifest-invalid", 62),
        pytest.param(too_new, "client-too-old", 63, marks=INSTALLED),
        (wrong_hash, "checksum-mismatch", 30),
        (cycle, "dependency-cycle", 65),
        (unknown_need, "dependency-missing", 66),
        (nothing_for_this_machine, "platform-unsupported", 68),
    ],
)
def test_each_fault_has_its_name_and_its_code(
    spoil: Callable[[Catalog], None], name: str, code: int, vsrt: Vsrt, catalog: Catalog
) -> None:
    spoil(catalog)
    told = vsrt.run("install", "--yes", "--json")
    assert (told.code, told.end["outcome"], told.err) == (code, "failed", "")
    assert told.end["faults"][0]["code"] == name


def test_people_get_the_words_for_it_and_the_details_for_support(vsrt: Vsrt, catalog: Catalog) -> None:
    not_json(catalog)
    said = vsrt.run("install", "--yes")
    assert said.code == 61
    assert "The list of modules can't be read" in said.err.splitlines()
    assert "  1. In a hotel, train or café, " in said.err
    assert "Details for support: manifest-unreadable reason=" in said.err


def test_a_module_that_nobody_knows(vsrt: Vsrt) -> None:
    done = vsrt.run("install", "base", "bogus", "--yes", "--json")
    assert (done.code, done.end["faults"][0]["facts"]) == (64, {"module": "bogus"})
    assert not vsrt.prefix.exists()


def test_verify_without_a_runtime_names_the_folder(vsrt: Vsrt) -> None:
    assert f"There is no runtime in {vsrt.prefix}." in vsrt.run("verify").err


def test_a_log_holds_no_control_characters_even_where_colour_is_forced(vsrt: Vsrt) -> None:
    done = vsrt.run("install", "--yes", FORCE_COLOR="1")
    assert done.code == 0
    assert not CONTROL.search(done.out + done.err)
    listed = vsrt.run("status", FORCE_COLOR="1").out
    assert not CONTROL.search(listed)
    assert "[2m" not in listed


def test_any_name_can_be_written_to_any_stream(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog", names={"base": "Grün → 日本 [/b] :+1: \x1b[31m"}).write()
    vsrt = Vsrt(str(catalog.folder), tmp_path / "Zoë")
    done = vsrt.run("install", "--yes", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert done.code == 0
    assert "Gr\\xfcn" in done.out
    assert " [/b] :+1: [31m: Done" in done.out
    assert not CONTROL.search(done.out + vsrt.run("modules").out)
    told = vsrt.run("status", "--json", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert json.loads(told.out.splitlines()[0])["prefix"].encode(errors="surrogateescape") == bytes(
        tmp_path / "Zoë"
    )


def test_leftovers_can_be_cleaned(vsrt: Vsrt) -> None:
    assert vsrt.run("clean").out == "There was nothing to remove.\n"
    assert vsrt.run("install", "--yes").code == 0
    left = vsrt.prefix / "downloads" / f"{'a' * 64}.part"
    left.write_bytes(b"x" * 5000)
    note = json.dumps({"format": 1, "sha256": left.stem, "validator": None})
    left.with_suffix(".json").write_text(note)  # it tells whose the download is
    cleaned = vsrt.run("clean", "--json")
    assert cleaned.code == 0
    assert cleaned.events[0]["bytes"] >= 5000
    assert not left.exists()
