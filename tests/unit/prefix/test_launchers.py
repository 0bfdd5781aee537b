"""The texts of start scripts, for systems that this test does not run on as well."""

import pytest
from simulators.prefix_samples import sample

from vsrt_gui.adapters.prefix.launchers import stable_launcher, start_script
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import Launch


def script(*argv: str, system: str) -> str:
    one = sample("node").with_launch(Launch(bin={"node": argv}))
    text = start_script((one.target,), "node", system=system).decode()
    return text.replace(one.target.folder, "FOLDER")


def test_windows_finds_the_store_from_the_script_itself() -> None:
    text = script("{module}/bin/node", "{data}/x", "100%", "a b\\", "", system="win32")
    last = text.splitlines()[-1]
    assert last == '"%root%\\store\\FOLDER\\bin\\node" "%data%\\x" "100%%" "a b\\\\" "" %*'
    assert 'for %%I in ("%~dp0..\\..") do set "root=%%~fI"' in text
    assert text.count("\r\n") == text.count("\n")


def test_windows_keeps_slashes_that_belong_to_no_path_of_ours() -> None:
    assert '"http://localhost/x"' in script("{module}/node", "http://localhost/x", system="win32")


@pytest.mark.parametrize("argument", ['say "hi"', "two\nlines", "nul\0"])
def test_windows_refuses_what_cmd_cannot_pass_on(argument: str) -> None:
    with pytest.raises(InstallerError) as caught:
        script("{module}/node", argument, system="win32")
    assert caught.value.fault.code is FaultCode.MANIFEST_INVALID


def test_macos_has_its_own_data_folder() -> None:
    assert "$HOME/Library/Application\\ Support/vscode-runtime" in script("{data}/x", system="darwin")


def test_the_data_folder_is_only_looked_for_where_it_is_used() -> None:
    assert "XDG_DATA_HOME" not in script("{module}/node", system="linux")


def test_the_windows_launcher_reads_current_at_each_start() -> None:
    text = stable_launcher(windows=True).decode()
    assert 'set /p "number=" <"%~dp0..\\current"' in text
    assert "exit /b 127" in text
    assert text.isascii()
