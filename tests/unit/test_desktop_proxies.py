"""The desktop's own proxy settings: GNOME's real store, macOS' words, and scripts that are named."""

import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from vsrt_gui.adapters.desktop_proxies import Desktop, DesktopProxies, of_gsettings, of_scutil, of_system
from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.adapters.proxies import Proxy, Routes, listed
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.network import NetworkFit, ProxyChoice

SCRIPT = "http://intranet.example/proxy.pac"
NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def has_gnome() -> bool:
    if shutil.which("gsettings") is None:
        return False
    schemas = subprocess.run(["gsettings", "list-schemas"], capture_output=True, text=True, check=False)
    return "org.gnome.system.proxy\n" in schemas.stdout


@pytest.mark.skipif(not has_gnome(), reason="needs GNOME's settings")
class TestGnome:
    @pytest.fixture(autouse=True)
    def settings(self, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Keep the settings in a file of the test's own."""
        environment.setenv("GSETTINGS_BACKEND", "keyfile")
        environment.setenv("XDG_CONFIG_HOME", str(tmp_path))
        environment.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")

    def put(self, **values: str) -> None:
        for name, value in values.items():
            schema, _, key = name.rpartition("__")
            place = ".".join(part for part in ("org.gnome.system.proxy", schema) if part)
            command = ["gsettings", "set", place, key.replace("_", "-"), value]
            subprocess.run(command, check=True, env=os.environ, capture_output=True)

    def test_nothing_is_set(self) -> None:
        assert of_system() == Desktop()

    def test_a_proxy(self) -> None:
        self.put(
            mode="manual",
            http__host="proxy.example",
            http__port="3128",
            https__host="secure.example",
            https__port="3129",
            http__use_authentication="true",
            http__authentication_user="me",
            http__authentication_password="it's",
            ignore_hosts="['localhost', '10.0.0.0/8', '*.intranet.example']",
        )
        desktop = of_system()
        assert desktop.proxies == {
            "http": "http://me:it's@proxy.example:3128",
            "https": "http://secure.example:3129",
        }
        routes = Routes(NetworkFit(), DesktopProxies(lambda: desktop))
        assert routes.to(httpx.URL("https://files.example/a")) == (Proxy(url="http://secure.example:3129"),)
        (route,) = routes.to(httpx.URL("http://files.example/a"))
        assert route == Proxy(url="http://proxy.example:3128", login=("me", "it's"))
        assert "it's" not in repr(route)
        assert routes.to(httpx.URL("https://wiki.intranet.example/a")) == (None,)
        assert routes.to(httpx.URL("https://10.1.2.3/a")) == (None,)

    def test_a_script(self) -> None:
        self.put(mode="auto", autoconfig_url=SCRIPT)
        assert of_system() == Desktop(script=SCRIPT)

    def test_another_desktop_is_not_asked(self, environment: pytest.MonkeyPatch) -> None:
        self.put(mode="auto", autoconfig_url=SCRIPT)
        environment.setenv("XDG_CURRENT_DESKTOP", "KDE")
        assert of_system() == Desktop()

    def test_without_the_program_nothing_is_known(
        self, environment: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        environment.setenv("PATH", str(tmp_path))
        assert of_system() == Desktop()


@pytest.mark.parametrize("text", ["", "\n", "No such schema", "org.gnome.system.proxy mode", "a b c'"])
def test_words_that_make_no_sense(text: str) -> None:
    assert of_gsettings(text) == of_scutil(text) == Desktop()


def test_macos_names_its_script() -> None:
    said = (
        "<dictionary> {\n  HTTPEnable : 0\n  ProxyAutoConfigEnable : %d\n  ProxyAutoConfigURLString : %s\n}\n"
    )
    assert of_scutil(said % (1, SCRIPT)) == Desktop(script=SCRIPT)
    assert of_scutil(said % (0, SCRIPT)) == Desktop()


@pytest.mark.parametrize(
    ("host", "pattern", "fits"),
    [
        ("files.example", "files.example", True),
        ("FILES.example", "Files.Example", True),
        ("www.files.example", "files.example", True),
        ("otherfiles.example", "files.example", False),
        ("www.files.example", ".files.example", True),
        ("www.files.example", "*.files.example", True),
        ("192.168.1.7", "192.168.0.0/16", True),
        ("192.169.1.7", "192.168.0.0/16", False),
        ("192.168.1.7", "192.168.*", True),
        ("fe80::1", "fe80::/10", True),
    ],
)
def test_exceptions(host: str, pattern: str, fits: bool) -> None:
    assert Desktop(exceptions=(pattern,)).excepts(host) is fits


@pytest.mark.parametrize(
    ("told", "routes"),
    [
        ("", (None,)),
        ("one.example:80", (Proxy(url="http://one.example:80"),)),
        (
            "one.example;two:81 x",
            tuple(Proxy(url=f"http://{each}") for each in ("one.example:80", "two:81", "x:80")),
        ),
        ("http=one:1;https=two:2", (Proxy(url="http://one:1"), Proxy(url="http://two:2"))),
    ],
)
def test_lists_of_proxies(told: str, routes: tuple[Proxy | None, ...]) -> None:
    assert listed(told) == tuple(route and Proxy(url=str(httpx.URL(route.url))) for route in routes)


def test_settings_are_read_now_and_then_only() -> None:
    reads: list[int] = []

    def read() -> Desktop:
        reads.append(1)
        return Desktop(script=SCRIPT)

    proxies = DesktopProxies(read)
    assert [proxies.now().script for _ in range(5)] == [SCRIPT] * 5
    assert len(reads) == 1


class TestScript:
    """A network that chooses its proxy by a script that can't be followed here."""

    def code(
        self, fit: NetworkFit, monkeypatch: pytest.MonkeyPatch, url: str = "http://nowhere.invalid/a.zip"
    ) -> tuple[FaultCode, dict[str, object]]:
        told = "vsrt_gui.adapters.desktop_proxies.of_system"
        monkeypatch.setattr(told, lambda: Desktop(script="http://user:secret@intranet.example/proxy.pac"))
        source = HttpSource(fit)
        with pytest.raises(InstallerError) as caught, source.open(Ask(url=url), Stop()):
            pytest.fail("it opened")
        source.close()
        return caught.value.fault.code, dict(caught.value.fault.facts)

    def test_it_is_named_where_there_is_no_connection(self, environment: pytest.MonkeyPatch) -> None:
        expected = {"host": "nowhere.invalid", "script": SCRIPT}
        assert self.code(NetworkFit(), environment) == (FaultCode.PROXY_SCRIPT, expected)

    def test_it_has_no_say_in_this_computer(self, environment: pytest.MonkeyPatch) -> None:
        assert self.code(NetworkFit(), environment, "http://127.0.0.1:1/a")[0] is FaultCode.CONNECTION_FAILED

    def test_it_does_not_count_where_something_else_was_set(self, environment: pytest.MonkeyPatch) -> None:
        direct = NetworkFit(proxy=ProxyChoice.NONE)
        assert self.code(direct, environment)[0] is FaultCode.NAME_NOT_FOUND
        environment.setenv("http_proxy", "http://127.0.0.1:1")
        assert self.code(NetworkFit(), environment)[0] is FaultCode.PROXY_UNREACHABLE
