"""The commands in the prefix's `bin`: what is wrong with them is found and mended, and a user's own file stays."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_house import Catalog, Vsrt


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = Catalog(tmp_path / "catalog").write()
    manifest = made.manifest()
    for module, command in zip(manifest["modules"], ("run", "walk", "extra"), strict=True):
        module["launch"] = {"bin": {command: "bin/run"}}
    made.write_manifest(manifest)
    return made


@pytest.fixture
def vsrt(catalog: Catalog, tmp_path: Path) -> Vsrt:
    vsrt = Vsrt(str(catalog.folder), tmp_path / "runtime")
    assert vsrt.run("install", "--yes").code == 0
    return vsrt


def drifts(vsrt: Vsrt) -> dict[str, str]:
    return {module["id"]: module["drift"] for module in vsrt.run("status", "--json").events[0]["modules"]}


def said(vsrt: Vsrt) -> str:
    return subprocess.run([vsrt.prefix / "bin" / "run"], capture_output=True, text=True, check=False).stdout


HARMS: list[Callable[[Path], object]] = [
    lambda prefix: (prefix / "bin/run").unlink(),
    lambda prefix: (prefix / "bin/run").write_bytes(b""),
    lambda prefix: (prefix / "bin/run").chmod(0o644),
    lambda prefix: (prefix / "bin/run").write_text((prefix / "bin/run").read_text() + "rm -rf x\n"),
    lambda prefix: (prefix / "generations/1.bin/run").unlink(),
    lambda prefix: (prefix / "generations/1.bin/run").write_text("#!/bin/sh\n"),
]


@pytest.mark.parametrize("harm", HARMS)
def test_a_launcher_that_is_wrong_is_damage_that_a_repair_mends(
    vsrt: Vsrt, harm: Callable[[Path], object]
) -> None:
    assert said(vsrt) == "here\n"
    harm(vsrt.prefix)
    found = vsrt.run("verify")
    assert (found.code, "base 1.0.0: damaged (1 command): the command run" in found.out) == (1, True)
    assert drifts(vsrt) == {"base": "damaged", "core": "satisfied", "extra": "satisfied"}
    repaired = vsrt.run("repair", "--yes")
    assert (repaired.code, repaired.err) == (0, "")
    assert said(vsrt) == "here\n"
    assert vsrt.run("verify").code == 0


def started_as(catalog: Catalog, launch: object) -> None:
    """Publish that the first module is started in another way; its archive stays."""
    manifest = catalog.manifest()
    manifest["version"] = "1.0.1"
    manifest["modules"][0]["launch"] = launch
    catalog.write_manifest(manifest)


def test_another_way_to_start_a_module_comes_with_an_update_and_without_a_download(
    vsrt: Vsrt, catalog: Catalog
) -> None:
    started_as(catalog, {"bin": {"jog": "bin/run"}})
    catalog.archive("base").unlink()
    assert vsrt.run("status", "--json").events[0]["status"]["status"] == "updateAvailable"
    done = vsrt.run("update", "--yes")
    assert (done.code, done.err) == (0, "")
    assert sorted(path.name for path in (vsrt.prefix / "bin").iterdir()) == ["extra", "jog", "run", "walk"]
    assert vsrt.run("status", "--json").events[0]["status"]["version"] == "1.0.1"
    assert vsrt.run("rollback", "--yes").code == 0
    assert said(vsrt) == "here\n"
    assert vsrt.run("verify").code == 0


def test_a_way_to_start_that_does_not_work_stays_out_of_force(vsrt: Vsrt, catalog: Catalog) -> None:
    proof = [{"argv": ["{bin:run}"], "expect": "^there"}]
    started_as(catalog, {"bin": {"run": "bin/run"}, "proof": proof})
    assert vsrt.run("update", "--yes", "--json").end["faults"][0]["code"] == "proof-failed"
    assert (vsrt.prefix / "current").read_text() == "1\n"
    assert vsrt.run("verify").code == 0


@pytest.mark.parametrize("verb", ["install", "update"])
def test_what_else_is_done_mends_it_too(vsrt: Vsrt, verb: str) -> None:
    (vsrt.prefix / "bin/run").unlink()
    assert vsrt.run(verb, "--yes").code == 0
    assert said(vsrt) == "here\n"
    assert vsrt.run("verify").code == 0


def test_a_users_own_file_stays_and_is_named(vsrt: Vsrt) -> None:
    own = vsrt.prefix / "bin/run"
    own.write_text("#!/bin/sh\necho mine\n")
    for command in (("verify",), ("repair", "--yes"), ("install", "--yes")):
        done = vsrt.run(*command)
        assert done.code == 0
        assert f"{own} is a file of your own and stays as it is" in done.out
        told = vsrt.run(*command, "--json").events
        assert [e for e in told if e["event"] == "command-taken"] == [
            {"event": "command-taken", "command": "run", "path": str(own)}
        ]
    assert vsrt.run("uninstall", "--yes").code == 0
    assert own.read_text() == "#!/bin/sh\necho mine\n"
