"""A world to break: a good installation, a newer catalog to spoil, and neighbours that nothing may touch."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from integration.cli_house import PATIENCE, Catalog, Ended, environment
from simulators.http_server import HttpServer

from vsrt_gui.cli.exit_codes import FAULT_CODES
from vsrt_gui.model.faults import FACTS, Fault, FaultCode
from vsrt_gui.resources import resource_text
from vsrt_gui.runbook.library import load

OLDER, NEWER = "1.0.0", "2.0.0"
NAMES = {"base": "base", "core": "core", "extra": "extra"}
"""Each name is the id, so that a page reads the same whether the plan was known or not."""
SIZES = dict.fromkeys(NAMES, 20_000)
NOBODY = 65534
POWERLESS = ("setpriv", "--inh-caps=-all", "--bounding-set=-all", "--")
"""Takes the rights from root that let it pass over permissions; it can still read this Python, wherever that lies."""

_STAGED = re.compile(r"downloads/[0-9a-f]{64}\.(part|json)")
_NOTES = re.compile(r"index/[0-9a-f]{64}\.json\.zst|journal\.jsonl|wanted\.json")
_UNFINISHED = re.compile(r"store/[a-z-]+-2\.0\.0-[0-9a-f]{8}(/.*)?")
_SKELETON = re.compile(r"\.|\.vsrt\.json|store|downloads|generations|index|bin")
_NOTED = re.compile(
    r"vscode-runtime(/locks(/[0-9a-f]{64}\.lock)?|/log(/[a-z]+\.log)?|/breakers(/[a-z]+_circuit-[0-9a-f]{32}\.json)?)?"
)
_TEMPORARY = re.compile(r"\.vsrt-[0-9a-f]{8}-")
_CODES = re.compile(rf"\b({'|'.join(code for code in FaultCode if '-' in code)})\b")
_RUNBOOK = load(resource_text("runbook/en.toml"))

Print = Mapping[str, tuple[object, ...]]
"""Relative path to what is there: kind and mode, and of a file its content and time, of a link its target."""


def fingerprint(folder: Path, *without: Path) -> Print:
    """Take down all that a folder holds, itself included; what lies in the folders `without` is left out."""
    found = {".": _entry(folder)} if folder.exists() else {}
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if Path(parent, name) not in without]
        for name in (*folders, *files):
            path = Path(parent, name)
            found[path.relative_to(folder).as_posix()] = _entry(path)
    return found


def _entry(path: Path) -> tuple[object, ...]:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return ("link", str(path.readlink()))
    if stat.S_ISDIR(status.st_mode):
        return ("folder", stat.S_IMODE(status.st_mode))
    digest = sha256(path.read_bytes()).hexdigest()
    return ("file", stat.S_IMODE(status.st_mode), digest, status.st_mtime_ns)


@dataclass(frozen=True)
class World:
    """One case's own computer: everything that the program can reach by a relative step lies in `root`."""

    root: Path

    @property
    def prefix(self) -> Path:
        """Holds a whole, older runtime."""
        return self.root / "place" / "runtime"

    @property
    def fresh(self) -> Path:
        """Holds nothing yet."""
        return self.root / "place" / "fresh"

    @property
    def precious(self) -> Path:
        """Lies beside the prefixes, and is nobody's to write."""
        return self.root / "place" / "precious"

    @property
    def catalog(self) -> Catalog:
        """Offers the newer runtime."""
        return Catalog(self.root / "catalog", NEWER, NAMES, SIZES)

    def environment(self) -> dict[str, str]:
        home = {"HOME": "home", "XDG_STATE_HOME": "state", "TMPDIR": "temp"}
        return environment(**{name: str(self.root / folder) for name, folder in home.items()})

    def start(
        self,
        *args: str,
        prefix: Path | None = None,
        catalog: str | Path | None = None,
        plain: bool = False,
        **env: str,
    ) -> subprocess.Popen[str]:
        """Begin a command; by default on the older installation and with the newer catalog's folder.

        With `plain` it has none of root's powers: to it, folders of another user are as they are to anybody.
        """
        where = ["--catalog", str(catalog or self.catalog.folder), "--prefix", str(prefix or self.prefix)]
        return subprocess.Popen(
            [*(POWERLESS if plain else ()), sys.executable, "-B", "-m", "vsrt_gui", *args, *where],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={**self.environment(), **env},
            cwd=self.root,
        )

    def run(self, *args: str, **how: Any) -> Ended:
        return ended(self.start(*args, **how))

    def told(self, *args: str, **how: Any) -> Ended:
        return self.run(*args, "--yes", "--json", **how)

    @contextmanager
    def guarded(self, *also: Path) -> Iterator[None]:
        """Within the block nothing that is in force changes, nothing foreign appears, and nothing outside moves.

        Args:
            *also: folders that the block itself may change.
        """
        state = self.root / "state"
        outside, installed = fingerprint(self.root, self.prefix, self.fresh, state, *also), self._installed()
        yield
        assert fingerprint(self.root, self.prefix, self.fresh, state, *also) == outside
        assert _only(fingerprint(state), _NOTED, "state")
        after = fingerprint(self.prefix)
        kept = {path: entry for path, entry in after.items() if path in installed}
        assert kept == installed
        strays = {path: entry for path, entry in after.items() if path not in installed}
        assert _only(strays, _STAGED, _NOTES, _UNFINISHED)
        assert _only(fingerprint(self.fresh), _SKELETON, _STAGED, _NOTES, _UNFINISHED)

    def _installed(self) -> Print:
        """Take down what is installed; only the two notes that every run writes may change."""
        found = fingerprint(self.prefix)
        return {path: entry for path, entry in found.items() if path not in ("journal.jsonl", "wanted.json")}


def _only(found: Print, *allowed: re.Pattern[str] | str) -> bool:
    """Make sure that every path is one that a run may leave, and that none is half-written."""
    patterns = [pattern for pattern in allowed if isinstance(pattern, re.Pattern)]
    odd = [path for path in found if path != "." and not any(p.fullmatch(path) for p in patterns)]
    odd += [path for path in found if _TEMPORARY.search(path)]
    assert odd == []
    return True


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for a command, which must not show a traceback, whatever came."""
    with process:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert "Traceback" not in out + err, out + err
    return Ended(process.returncode, out, err)


def refused(done: Ended, code: FaultCode, **facts: object) -> Fault:
    """Make sure that a command ended with this fault first, by name, by exit code and by facts; returns it."""
    assert done.err == ""
    end = done.end
    fault = Fault.model_validate_json(json.dumps(end["faults"][0])) if end["faults"] else None
    assert fault is not None, done.out
    assert (end["event"], end["outcome"], fault.code) == ("run-finished", "failed", code), done.out
    assert done.code == FAULT_CODES[code]
    assert fault.facts.keys() == FACTS[code]
    assert {name: fault.facts[name] for name in facts} == facts
    assert {each["code"] for each in end["faults"]} <= {code, FaultCode.DEPENDENCY_FAILED}
    return fault


def explained(done: Ended, fault: Fault) -> None:
    """Make sure that a person was told all that the runbook says of a fault, and not its name."""
    page = _RUNBOOK.page(fault)
    lines = done.err.splitlines()
    assert done.code == FAULT_CODES[fault.code]
    assert any(line in (page.title, f"{fault.module}: {page.title}") for line in lines), done.err
    assert page.cause in lines
    assert page.meaning in lines
    assert [line for line in lines if re.match(r" +\d+\. ", line)] == [
        f"{number:3}. {step}" for number, step in enumerate(page.steps, 1)
    ]
    words = [
        line for line in (done.out + done.err).splitlines() if not line.startswith("Details for support: ")
    ]
    assert not [line for line in words if _CODES.search(line) or "Error" in line or "(unknown)" in line]


def make_template(root: Path) -> World:
    """Install the older catalog into a world that every case gets a copy of."""
    world = World(root)
    for folder in ("place/precious", "home", "state", "temp"):
        (root / folder).mkdir(parents=True)
    (world.precious / "letter").write_text("to be kept", encoding="utf-8")
    Catalog(root / "older", OLDER, NAMES, SIZES).write()
    _add_command(Catalog(root / "older", OLDER, NAMES, SIZES))
    world.catalog.write()
    _add_command(world.catalog)
    done = world.told("install", catalog=root / "older")
    assert done.code == 0, done.out + done.err
    return world


def _add_command(catalog: Catalog) -> None:
    """Let the base bring a command, so that launchers and scripts are there to be kept."""
    with edited(catalog) as manifest:
        manifest["modules"][0]["launch"] = {"bin": {"run": "bin/run"}}


def copied(template: World, root: Path) -> World:
    """Return a world that is as if all of it had been done there."""
    shutil.copytree(template.root, root, symlinks=True, dirs_exist_ok=True)
    world = World(root)
    mark = world.prefix / ".vsrt.json"
    if mark.exists():
        mark.write_text(json.dumps({**json.loads(mark.read_text()), "root": str(world.prefix)}))
    return world


@contextmanager
def edited(catalog: Catalog) -> Iterator[Any]:
    """Change the manifest within the block."""
    manifest = catalog.manifest()
    yield manifest
    catalog.write_manifest(manifest)


@contextmanager
def artifacts(catalog: Catalog, module: int = 0) -> Iterator[list[Any]]:
    """Change one module's artifacts within the block, which are alike for all platforms."""
    with edited(catalog) as manifest:
        yield list(manifest["modules"][module]["platformArtifacts"].values())


def publish(catalog: Catalog, data: bytes, form: str, module: int = 0) -> None:
    """Offer these bytes, honestly described, as a module's archive."""
    name = f"published-{module}.{form}"
    (catalog.folder / name).write_bytes(data)
    with artifacts(catalog, module) as offered:
        for artifact in offered:
            artifact |= {
                "url": name,
                "hash": sha256(data).hexdigest(),
                "sizeBytes": len(data),
                "compressionFormat": form,
            }


def refused_everywhere(
    world: World, code: FaultCode, *, words: bool = False, fresh: bool = True, **facts: object
) -> Fault:
    """Update the old installation from the folder and install anew over HTTP, at once: both must be refused.

    Args:
        world: whose newer catalog was spoilt.
        code: that both must end with.
        words: whether to try what a person is told, too.
        fresh: whether to install anew at all.
        **facts: that the fault must carry.
    """
    with world.guarded(), HttpServer(world.catalog.folder) as server:
        runs = [world.start("update", "--yes", "--json")]
        if fresh:
            anew = world.start("install", "--yes", "--json", prefix=world.fresh, catalog=server.url)
            runs.append(anew)
        updated, *installed = [ended(run) for run in runs]
        fault = refused(updated, code, **facts)
        for done in installed:
            refused(done, code)
        if words:
            explained(world.run("update", "--yes"), fault)
    return fault
