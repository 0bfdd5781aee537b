"""Servers that refuse, lie, send in circles or can't prove who they are, for the list and for an archive."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from bad_input_house import World, artifacts, ended, explained, refused
from simulators.certificates import make_certificate
from simulators.http_server import Behaviour, HttpServer, page, redirect

from vsrt_gui.model.faults import FaultCode as F

LIST, ARCHIVE = "/manifest.json", "/base-2.0.0.zip"
SIGN_IN = b"<html><body>Sign in to the network</body></html>"

ANSWERS = {
    "not-found": (Behaviour(status=404), F.SOURCE_GONE),
    "gone": (Behaviour(status=410), F.SOURCE_GONE),
    "forbidden": (Behaviour(status=403), F.ACCESS_REFUSED),
    "sign-in-needed": (Behaviour(status=401), F.ACCESS_REFUSED),
    "out-of-order": (Behaviour(status=500), F.SERVER_ERROR),
    "come-back-tomorrow": (Behaviour(status=429, headers={"Retry-After": "86400"}), F.RATE_LIMITED),
    "captive": (page(), F.BAD_RESPONSE),
    "circle": (redirect("/elsewhere"), F.REDIRECT_LOOP),
    "teapot": (Behaviour(status=302), F.BAD_RESPONSE),
    "no-http": (Behaviour(raw=b"SSH-2.0-OpenSSH_9.9\r\n"), F.BAD_RESPONSE),
    "packed": (Behaviour(headers={"Content-Encoding": "br"}), F.BAD_RESPONSE),
}
SPOKEN = {"gone", "forbidden", "come-back-tomorrow", "captive", "circle"}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("path", [LIST, ARCHIVE], ids=["list", "archive"])
def test_a_server_that_does_not_give_what_it_should(world: World, path: str, answer: str) -> None:
    behaviour, code = ANSWERS[answer]
    if path == LIST and code is F.SOURCE_GONE:
        code = F.CATALOG_NOT_FOUND
    with HttpServer(world.catalog.folder) as server, world.guarded():
        server.behave(path, behaviour)
        server.behave("/elsewhere", redirect(path))
        runs = [world.start("update", "--yes", "--json", catalog=server.url)]
        if path == ARCHIVE:
            runs.append(world.start("install", "--yes", "--json", prefix=world.fresh, catalog=server.url))
        faults = [refused(ended(run), code) for run in runs]
        if answer in SPOKEN:
            explained(world.run("update", "--yes", catalog=server.url), faults[0])
        assert server.requests(path)


def test_a_web_page_that_says_it_is_a_list(world: World) -> None:
    sign_in = Behaviour(status=200, headers={"Content-Type": "application/json"}, body=SIGN_IN)
    with HttpServer(world.catalog.folder) as server, world.guarded():
        server.behave(LIST, sign_in)
        refused(world.told("update", catalog=server.url), F.MANIFEST_UNREADABLE)


def test_a_web_page_that_says_it_is_an_archive(world: World) -> None:
    size = world.catalog.archive("base").stat().st_size
    body = SIGN_IN.ljust(size)
    zipped = Behaviour(status=200, headers={"Content-Type": "application/zip"}, body=body)
    with HttpServer(world.catalog.folder) as server, world.guarded():
        server.behave(ARCHIVE, zipped)
        refused(world.told("update", catalog=server.url), F.CHECKSUM_MISMATCH)


def test_an_endless_list(world: World) -> None:
    with HttpServer() as server, world.guarded():
        server.put(LIST, b" " * (64 << 20))
        refused(world.told("update", catalog=server.url), F.MANIFEST_UNREADABLE)
        assert server.sent(LIST) < 40 << 20


def test_an_archive_that_breaks_off_each_time(world: World) -> None:
    """Each attempt brings nothing new; patience ends, and what came is kept for the next time."""
    with HttpServer(world.catalog.folder) as server, world.guarded():
        server.behave(ARCHIVE, Behaviour(cut_after=5000), times=1)
        server.behave(ARCHIVE, Behaviour(cut_header=True))
        fault = refused(world.told("update", catalog=server.url), F.CONNECTION_FAILED)
        assert fault.module == "base"
        staged = [path.stat().st_size for path in (world.prefix / "downloads").glob("*.part")]
        assert min(staged) == 5000  # the others came whole


def test_nobody_listens(world: World) -> None:
    with HttpServer() as server:
        url = server.url
    with world.guarded():
        refused(world.told("update", catalog=url), F.CONNECTION_FAILED)


def test_nobody_has_that_name(world: World) -> None:
    with world.guarded():
        done = world.told("update", catalog="https://nowhere.invalid/catalog")
        refused(done, F.NAME_NOT_FOUND, host="nowhere.invalid")


@contextmanager
def untrusted(world: World) -> Iterator[HttpServer]:
    """Serve the catalog with a certificate that nobody has signed."""
    with ExitStack() as stack:
        folder = world.root / "certificate"
        folder.mkdir()
        certificate = make_certificate(folder, "IP:127.0.0.1")
        yield stack.enter_context(HttpServer(world.catalog.folder, tls=certificate.server()))


def test_a_server_that_can_not_prove_who_it_is(world: World) -> None:
    with untrusted(world) as server, world.guarded():
        fault = refused(world.told("update", catalog=server.url), F.CERTIFICATE_REJECTED, host="127.0.0.1")
        explained(world.run("update", "--yes", catalog=server.url), fault)
        assert server.log == ()


def test_an_archive_from_a_server_that_can_not_prove_who_it_is(world: World) -> None:
    with untrusted(world) as server:
        with artifacts(world.catalog) as offered:
            for artifact in offered:
                artifact["url"] = f"{server.url}{ARCHIVE}"
        with world.guarded():
            refused(world.told("update"), F.CERTIFICATE_REJECTED)


def test_a_mirror_stands_in(world: World) -> None:
    with HttpServer(world.catalog.folder) as server:
        server.behave("/broken.zip", page())
        with artifacts(world.catalog) as offered:
            for artifact in offered:
                artifact |= {"url": f"{server.url}/broken.zip", "mirrors": [f"{server.url}{ARCHIVE}"]}
        done = world.told("update")
    assert (done.code, done.end["outcome"]) == (0, "completed")
    assert world.run("verify").code == 0
