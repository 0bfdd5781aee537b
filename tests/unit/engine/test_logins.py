"""Logins of proxies: under which name they are kept, and what becomes of addresses that are none."""

import asyncio
from collections.abc import Iterator

import pytest
from simulators.memory_secrets import MemorySecrets

from vsrt_gui.engine.cancel import Workers
from vsrt_gui.engine.logins import Logins


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(1)
    yield made
    made.close()


@pytest.mark.parametrize(
    "address",
    [
        "http://proxy.example:3128",
        "proxy.example:3128",
        "proxy.example",
        "https://PROXY.example/",
        "//proxy.example",
    ],
)
def test_a_proxy_is_known_by_its_host_however_it_is_written(workers: Workers, address: str) -> None:
    secrets = MemorySecrets()
    logins = Logins(secrets, workers)
    asyncio.run(logins.keep(address, "ann", "secret"))
    assert secrets.get("proxy.example") == ("ann", "secret")
    assert asyncio.run(logins.user(address)) == "ann"
    asyncio.run(logins.keep(address, "", None))
    assert asyncio.run(logins.user(address)) == ""


@pytest.mark.parametrize("address", ["", "http://", "http://[::1", "//[", None])
def test_what_is_no_address_has_no_login(workers: Workers, address: str | None) -> None:
    secrets = MemorySecrets()
    logins = Logins(secrets, workers)
    asyncio.run(logins.keep(address or "", "ann", "secret"))
    assert secrets.history == []
    assert asyncio.run(logins.user(address)) == ""
