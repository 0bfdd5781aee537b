"""A module that can be left out never fails the whole; a critical one that can't be updated does."""

from pathlib import Path

import pytest
from cli_house import Catalog, Vsrt


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "catalog").write()


@pytest.fixture
def vsrt(catalog: Catalog, tmp_path: Path) -> Vsrt:
    return Vsrt(str(catalog.folder), tmp_path / "runtime")


def test_an_optional_module_that_fails_each_time(catalog: Catalog, vsrt: Vsrt) -> None:
    catalog.archive("extra").write_bytes(b"not what was published")
    for _ in range(3):
        done = vsrt.run("install", "--yes", "--json")
        assert (done.code, done.end["outcome"], done.end["severity"]) == (3, "partial", "P3")
        assert [fault["module"] for fault in done.end["faults"]] == ["extra"]
    catalog.write()
    assert vsrt.run("install", "--yes").code == 0


def test_an_update_whose_critical_module_fails(catalog: Catalog, vsrt: Vsrt) -> None:
    assert vsrt.run("install", "--yes").code == 0
    newer = Catalog(catalog.folder, version="2.0.0").write()
    newer.archive("core").write_bytes(b"not what was published")
    for _ in range(2):
        done = vsrt.run("update", "--yes", "--json")
        assert (done.end["outcome"], done.end["severity"]) == ("failed", "P4")
        assert done.code == 31
    assert vsrt.run("verify").code == 0
