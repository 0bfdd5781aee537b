"""Templates of launch records become argument lists."""

import pytest
from simulators.prefix_samples import Sample, sample

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.launching import Place, arguments, command, commands
from vsrt_gui.model.manifest import Launch

PLACE = Place(store="/rt/store", data="/home/me/data")
NODE = sample("nodejs").with_launch(
    Launch(bin={"node": "bin/node", "npm": ("{bin:node}", "{module}/npm.js")})
)


def pyright(*argv: str) -> Sample:
    return sample("pyright").with_launch(Launch(bin={"pyright": argv}))


def test_a_path_lies_in_its_module() -> None:
    assert command((NODE.target,), "node", PLACE) == (f"/rt/store/{NODE.target.folder}/bin/node",)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("{bin:node}", "{module}/x.js"), ("/rt/store/{node}/bin/node", "/rt/store/{pyright}/x.js")),
        (("{bin:node}", "--dir={data}/cache"), ("/rt/store/{node}/bin/node", "--dir=/home/me/data/cache")),
        (("{bin:npm}", "run"), ("/rt/store/{node}/bin/node", "/rt/store/{node}/npm.js", "run")),
        (
            ("{module}/run", "--node={bin:node}"),
            ("/rt/store/{pyright}/run", "--node=/rt/store/{node}/bin/node"),
        ),
        (("{module}/run", '{"a": 1}', "{other}"), ("/rt/store/{pyright}/run", '{"a": 1}', "{other}")),
    ],
)
def test_templates_are_filled_in(argv: tuple[str, ...], expected: tuple[str, ...]) -> None:
    server = pyright(*argv)
    found = command((NODE.target, server.target), "pyright", PLACE)
    folders = (("{node}", NODE.target.folder), ("{pyright}", server.target.folder))
    for mark, folder in folders:
        expected = tuple(part.replace(mark, folder) for part in expected)
    assert found == expected


def test_a_proof_speaks_of_its_own_module() -> None:
    server = pyright("{bin:node}")
    found = arguments((NODE.target, server.target), server.target, ("{bin:pyright}", "{module}"), PLACE)
    assert found == (f"/rt/store/{NODE.target.folder}/bin/node", f"/rt/store/{server.target.folder}")


@pytest.mark.parametrize(
    "argv", [("{bin:deno}",), ("{module}/x", "--with={bin:npm}"), ("{bin:pyright}", "x")]
)
def test_a_template_that_leads_nowhere_is_a_fault(argv: tuple[str, ...]) -> None:
    with pytest.raises(InstallerError) as caught:
        command((NODE.target, pyright(*argv).target), "pyright", PLACE)
    assert caught.value.fault.code is FaultCode.MANIFEST_INVALID


def test_an_unknown_command_is_a_fault() -> None:
    with pytest.raises(InstallerError) as caught:
        command((NODE.target,), "deno", PLACE)
    assert caught.value.fault.facts["field"] == "launch.bin.deno"


def test_of_two_modules_with_one_command_the_first_brings_it() -> None:
    other = sample("nodejs-beta").with_launch(Launch(bin={"node": "bin/other"}))
    assert commands((NODE.target, other.target))["node"] == NODE.target
