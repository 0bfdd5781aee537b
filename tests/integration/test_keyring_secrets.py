"""Logins in the real keyring of a desktop, and none where there is no desktop: nobody is asked, nothing hangs."""

import os
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import keyring.errors
import pytest
from keyring.backend import KeyringBackend

from vsrt_gui.adapters.keyring_secrets import KeyringSecrets
from vsrt_gui.model.faults import FaultCode, InstallerError

DESKTOP = [shutil.which(name) for name in ("dbus-run-session", "gnome-keyring-daemon")]
UNLOCKED = "printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec "
LOCKED = "gnome-keyring-daemon --start --components=secrets >/dev/null; exec "

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="D-Bus is Linux'")
with_keyring = pytest.mark.skipif(None in DESKTOP, reason="needs gnome-keyring and dbus-run-session")


class Drawer(KeyringBackend):
    """A keyring in memory, as the library wants keyrings."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Broken(Drawer):
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked(f"{service} {username}")


class Asking(Drawer):
    """Waits for somebody to type a password."""

    def get_password(self, service: str, username: str) -> str | None:
        time.sleep(2)
        return super().get_password(service, username)


def test_a_login_is_kept_replaced_and_forgotten() -> None:
    secrets = KeyringSecrets(Drawer())
    assert secrets.available
    assert secrets.get("proxy.example") is None
    secrets.set("proxy.example", "müller", 'p:a"ss wörd')
    secrets.set("other.example", "other", "")
    assert secrets.get("proxy.example") == ("müller", 'p:a"ss wörd')
    secrets.set("proxy.example", "maier", "new")
    assert secrets.get("proxy.example") == ("maier", "new")
    secrets.delete("proxy.example")
    secrets.delete("proxy.example")
    assert secrets.get("proxy.example") is None
    assert secrets.get("other.example") == ("other", "")


@pytest.mark.parametrize("written", ["", "user:password", '{"user": 1}', '["user"]', '["user", 2]'])
def test_an_entry_of_another_program_is_no_login(written: str) -> None:
    drawer = Drawer()
    secrets = KeyringSecrets(drawer)
    secrets.set("proxy.example", "user", "password")
    (entry,) = drawer.kept
    drawer.kept[entry] = written
    assert secrets.get("proxy.example") is None


def test_a_keyring_that_refuses() -> None:
    secrets = KeyringSecrets(Broken())
    assert secrets.get("proxy.example") is None
    with pytest.raises(InstallerError) as caught:
        secrets.delete("proxy.example")
    assert caught.value.fault.code is FaultCode.SECRETS_UNAVAILABLE


def test_a_keyring_that_asks_is_left_behind() -> None:
    begun = time.monotonic()
    assert KeyringSecrets(Asking(), seconds=0.2).get("proxy.example") is None
    assert time.monotonic() - begun < 1


@on_linux
def test_a_server_without_a_desktop_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    secrets = KeyringSecrets()
    assert not secrets.available
    assert secrets.get("proxy.example") is None
    with pytest.raises(InstallerError) as caught:
        secrets.set("proxy.example", "user", "password")
    assert caught.value.fault.code is FaultCode.SECRETS_UNAVAILABLE
    assert "password" not in str(caught.value.fault.facts["reason"])


@on_linux
def test_a_bus_that_is_silent_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "bus"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(place))
        silent.listen()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={place}")
        begun = time.monotonic()
        assert not KeyringSecrets(seconds=0.3).available
        assert time.monotonic() - begun < 2


def in_desktop(tmp_path: Path, daemon: str, program: str) -> str:
    """Run a program on a bus of its own, with a real keyring daemon."""
    home = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    shell = ["dbus-run-session", "--", "sh", "-c", f'{daemon}"$0" -c "$1"', sys.executable, program]
    done = subprocess.run(
        shell, env=os.environ | home, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@with_keyring
def test_the_desktops_own_keyring(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        from vsrt_gui.adapters.keyring_secrets import KeyringSecrets
        secrets = KeyringSecrets()
        assert secrets.available
        secrets.set("proxy.example", "user", "first")
        secrets.set("proxy.example", "user", "p@ss")
        print(KeyringSecrets().get("proxy.example"))
        secrets.delete("proxy.example")
        print(secrets.get("proxy.example"))
    """)
    assert in_desktop(tmp_path, UNLOCKED, program) == "('user', 'p@ss')\nNone"


@with_keyring
def test_a_keyring_that_is_locked_is_left_alone(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import time
        from vsrt_gui.adapters.keyring_secrets import KeyringSecrets
        begun = time.monotonic()
        secrets = KeyringSecrets()
        print(secrets.available, secrets.get("proxy.example"), time.monotonic() - begun < 3)
    """)
    assert in_desktop(tmp_path, LOCKED, program) == "False None True"
