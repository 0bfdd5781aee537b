"""What each variable of the environment does to the real program, seen from outside: on the disk and by the server."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_house import PATIENCE, Catalog, Ended, environment
from simulators.certificates import make_certificate
from simulators.http_server import Behaviour, HttpServer
from simulators.proxy import Proxy
from simulators.silent import unreachable

ARCHIVE = "/base-1.0.0.zip"
COMMAND = [sys.executable, "-m", "vsrt_gui"]
BROKEN = Behaviour(status=500)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "catalog").write()


@pytest.fixture
def server(catalog: Catalog) -> Iterator[HttpServer]:
    with HttpServer(catalog.folder) as running:
        yield running


class House:
    """The program with nothing but variables: no option names a catalog or a folder."""

    def __init__(self, server: HttpServer, folder: Path) -> None:
        self.server = server
        self.prefix = folder / "runtime"
        self.variables = {
            "VSRT_MANIFEST_URL": f"{server.url}/",
            "VSRT_PREFIX": str(self.prefix),
            "VSRT_RETRY_INITIAL_DELAY_MS": "0",
        }

    def run(self, *args: str, **variables: str) -> Ended:
        done = subprocess.run(
            [*COMMAND, *args, "--json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            env=environment(**{**self.variables, **variables}),
            timeout=PATIENCE,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    def install(self, *modules: str, **variables: str) -> Ended:
        return self.run("install", *modules, "--yes", **variables)


@pytest.fixture
def house(server: HttpServer, tmp_path: Path) -> House:
    return House(server, tmp_path)


def told(done: Ended, event: str) -> list[Any]:
    return [line for line in done.events if line["event"] == event]


def downloads(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*.part")}


class TestPlaces:
    def test_manifest_url_and_prefix(self, house: House) -> None:
        done = house.install("base")
        assert done.end["outcome"] == "completed", done.out
        assert (house.prefix / "current").exists()
        assert house.server.sent(ARCHIVE) > 0

    def test_manifest_url_may_be_a_folder(self, house: House, catalog: Catalog) -> None:
        done = house.install("base", VSRT_MANIFEST_URL=str(catalog.folder))
        assert done.end["outcome"] == "completed"
        assert house.server.log == ()

    def test_the_command_line_counts_more(self, house: House, tmp_path: Path) -> None:
        house.run("install", "base", "--yes", "--prefix", str(tmp_path / "other"))
        assert (tmp_path / "other" / "current").exists()
        assert not house.prefix.exists()

    def test_download_dir(self, house: House, tmp_path: Path) -> None:
        elsewhere = tmp_path / "big disk"
        house.server.behave(ARCHIVE, Behaviour(cut_after=150_000))
        done = house.install("base", VSRT_DOWNLOAD_DIR=str(elsewhere), VSRT_RETRY_MAX_ATTEMPTS="1")
        assert done.end["outcome"] == "failed"
        assert len(downloads(elsewhere)) == 1
        assert not (house.prefix / "downloads").exists()
        house.server.behave(ARCHIVE, Behaviour())
        done = house.install("base", VSRT_DOWNLOAD_DIR=str(elsewhere))
        assert done.end["outcome"] == "completed"
        assert house.server.requests(ARCHIVE)[-1].status == 206  # it went on where it stopped
        assert downloads(elsewhere) == set()
        house.run("uninstall", "--yes", VSRT_DOWNLOAD_DIR=str(elsewhere))
        assert not elsewhere.exists()  # it was made for the downloads
        assert not house.prefix.exists()

    def test_what_lies_in_the_prefix_is_tidied_up_too(self, house: House, tmp_path: Path) -> None:
        house.server.behave(ARCHIVE, Behaviour(cut_after=150_000))
        house.install("base", VSRT_RETRY_MAX_ATTEMPTS="1")
        assert len(downloads(house.prefix)) == 1
        house.run("clean", VSRT_DOWNLOAD_DIR=str(tmp_path / "big disk"))
        assert downloads(house.prefix) == set()


class TestKeeping:
    def test_keep_downloads(self, house: House) -> None:
        assert house.install("base", "core", VSRT_KEEP_DOWNLOADS="true").end["outcome"] == "completed"
        assert len(downloads(house.prefix)) == 2
        house.run("uninstall", "--yes", "--keep-downloads")
        house.server.forget()
        assert house.install("base", "core", VSRT_KEEP_DOWNLOADS="true").end["outcome"] == "completed"
        assert house.server.sent(ARCHIVE) == 0
        assert len(downloads(house.prefix)) == 2
        assert house.run("clean").end["outcome"] == "completed"
        assert downloads(house.prefix) == set()

    def test_kept_downloads_mend_without_a_network(self, house: House) -> None:
        house.install("base", VSRT_KEEP_DOWNLOADS="true")
        (noise,) = (house.prefix / "store").glob("base-*/noise.bin")
        noise.unlink()
        house.server.behave(ARCHIVE, BROKEN)
        assert house.run("repair", "--yes").end["outcome"] == "completed"
        assert noise.exists()

    def test_usually_they_go(self, house: House) -> None:
        house.install("base")
        assert downloads(house.prefix) == set()

    @pytest.mark.parametrize(("kept", "numbers"), [("0", [3]), ("1", [2, 3]), ("2", [1, 2, 3])])
    def test_kept_generations(self, house: House, kept: str, numbers: list[int]) -> None:
        for module in ("base", "core", "extra"):
            house.install(module, VSRT_KEPT_GENERATIONS=kept)
        assert told(house.run("status"), "status")[0]["generations"] == numbers

    def test_the_download_of_a_wanted_module_waits_while_others_are_worked_on(self, house: House) -> None:
        house.install("base")
        house.server.behave("/core-1.0.0.zip", Behaviour(cut_after=150_000), times=1)
        assert house.install("core", VSRT_RETRY_MAX_ATTEMPTS="1").end["outcome"] == "failed"
        assert house.run("repair", "--yes").end["outcome"] == "completed"
        assert house.install("core").end["outcome"] == "completed"
        assert house.server.requests("/core-1.0.0.zip")[-1].status == 206
        assert downloads(house.prefix) == set()

    def test_what_a_repair_fetched_before_it_failed_waits_for_the_next_one(self, house: House) -> None:
        house.install("base")
        (noise,) = (house.prefix / "store").glob("base-*/noise.bin")
        noise.unlink()
        house.server.behave(ARCHIVE, Behaviour(cut_after=150_000), times=1)
        assert house.run("repair", "--yes", VSRT_RETRY_MAX_ATTEMPTS="1").end["outcome"] == "failed"
        assert len(downloads(house.prefix)) == 1
        assert house.run("repair", "--yes").end["outcome"] == "completed"
        assert downloads(house.prefix) == set()

    def test_what_was_removed_does_not_come_back_for_a_module_that_never_arrived(self, house: House) -> None:
        house.server.behave("/extra-1.0.0.zip", Behaviour(status=404))
        assert house.install().end["outcome"] == "partial"
        assert house.run("uninstall", "core", "--yes").end["outcome"] == "completed"
        house.server.reform()
        assert house.run("update", "--yes").end["outcome"] == "completed"
        status = told(house.run("status"), "status")[0]
        assert (status["wanted"], status["status"]["modules"]) == (["base"], ["base"])

    def test_what_a_way_back_leaves_stays_whatever_was_set(self, house: House) -> None:
        for module in ("base", "core"):
            house.install(module)
        back = house.run("rollback", "--yes", VSRT_KEPT_GENERATIONS="0")
        assert back.end["outcome"] == "completed"
        status = told(house.run("status"), "status")[0]
        assert (status["generation"], status["generations"]) == (1, [1, 2])

    @pytest.mark.parametrize(("hours", "asked"), [("24", 1), ("0", 3)])
    def test_cache_ttl_hours(self, house: House, hours: str, asked: int) -> None:
        for _ in range(3):
            assert house.run("modules", VSRT_CACHE_TTL_HOURS=hours).code == 0
        assert len(house.server.requests("/manifest.json")) == asked


class TestPatience:
    @pytest.mark.parametrize("attempts", [1, 2, 4])
    def test_retry_max_attempts(self, house: House, attempts: int) -> None:
        house.server.behave(ARCHIVE, BROKEN)
        done = house.install(
            "base", VSRT_RETRY_MAX_ATTEMPTS=str(attempts), VSRT_CIRCUIT_BREAKER_THRESHOLD="100"
        )
        assert done.end["faults"][0]["code"] == "server-error"
        assert len(house.server.requests(ARCHIVE)) == attempts

    def test_retry_initial_delay_ms(self, house: House) -> None:
        house.server.behave(ARCHIVE, BROKEN, times=2)
        done = house.install("base", VSRT_RETRY_INITIAL_DELAY_MS="200")
        delays = [event["delay"] for event in told(done, "retrying")]
        assert len(delays) == 2
        assert 0.1 <= delays[0] <= 0.2
        assert 0.2 <= delays[1] <= 0.4  # jitter takes at most half, and each is twice the one before

    def test_circuit_breaker_threshold_and_timeout_ms(self, house: House) -> None:
        house.server.behave(ARCHIVE, BROKEN, times=1)
        done = house.install(
            "base", VSRT_CIRCUIT_BREAKER_THRESHOLD="1", VSRT_CIRCUIT_BREAKER_TIMEOUT_MS="800"
        )
        assert done.end["outcome"] == "completed"
        waits = told(done, "waiting")
        assert waits
        assert 0 < waits[0]["seconds"] <= 0.8

    def test_a_higher_threshold_leaves_the_server_alone_later(self, house: House) -> None:
        house.server.behave(ARCHIVE, BROKEN, times=1)
        done = house.install("base", VSRT_CIRCUIT_BREAKER_THRESHOLD="2")
        assert done.end["outcome"] == "completed"
        assert told(done, "waiting") == []

    @pytest.mark.parametrize(("most", "together"), [("1", False), ("3", True)])
    def test_rate_limit_max_concurrent(self, house: House, most: str, together: bool) -> None:
        house.server.set_rate(400_000)
        archives = (ARCHIVE, "/core-1.0.0.zip")
        with subprocess.Popen(
            [*COMMAND, "install", "core", "--yes", "--json"],
            stdout=subprocess.DEVNULL,
            env=environment(**house.variables, VSRT_RATE_LIMIT_MAX_CONCURRENT=most),
        ) as process:
            seen = set()
            while process.poll() is None:
                seen.add(sum(house.server.under_way(path) for path in archives))
                time.sleep(0.005)
        assert process.returncode == 0
        assert (2 in seen) is together
        assert 1 in seen

    def test_stall_timeout(self, house: House) -> None:
        house.server.behave(ARCHIVE, Behaviour(stall_after=1000), times=1)
        done = house.install("base", VSRT_STALL_TIMEOUT="0.3")
        assert done.end["outcome"] == "completed"
        assert told(done, "retrying")[0]["fault"]["facts"]["seconds"] == 0.3

    def test_manifest_connect_timeout(self, house: House) -> None:
        with unreachable() as port:
            done = house.install(
                VSRT_MANIFEST_URL=f"http://127.0.0.1:{port}/",
                VSRT_MANIFEST_CONNECT_TIMEOUT="0.2",
                VSRT_RETRY_MAX_ATTEMPTS="1",
            )
        assert done.end["faults"][0]["code"] == "connect-timeout"
        assert done.end["faults"][0]["facts"]["seconds"] == 0.2

    def test_download_connect_timeout(self, house: House, catalog: Catalog) -> None:
        with unreachable() as port:
            manifest = catalog.manifest()
            for artifact in manifest["modules"][0]["platformArtifacts"].values():
                artifact["url"] = f"http://127.0.0.1:{port}/base.zip"
            catalog.write_manifest(manifest)
            done = house.install("base", VSRT_DOWNLOAD_CONNECT_TIMEOUT="0.2", VSRT_RETRY_MAX_ATTEMPTS="1")
        assert done.end["faults"][0]["code"] == "connect-timeout"
        assert done.end["faults"][0]["facts"]["seconds"] == 0.2

    def test_bandwidth_limit(self, house: House) -> None:
        began = time.monotonic()
        assert house.install("base", VSRT_BANDWIDTH_LIMIT="100000").end["outcome"] == "completed"
        assert time.monotonic() - began > 1.5  # 300,000 bytes, and a throttle may let some through at once


class TestNetwork:
    def test_mirrors(self, house: House, catalog: Catalog) -> None:
        with HttpServer(catalog.folder) as mirror:
            done = house.install("base", VSRT_MIRRORS=f"{mirror.url}/")
            assert done.end["outcome"] == "completed"
            assert mirror.sent(ARCHIVE) > 0
        assert house.server.sent(ARCHIVE) == 0

    def test_proxy_and_proxy_url(self, house: House) -> None:
        with Proxy(house.server.port) as proxy:
            done = house.install(
                "base",
                VSRT_MANIFEST_URL="http://catalog.example/",
                VSRT_PROXY="manual",
                VSRT_PROXY_URL=proxy.url,
            )
        assert done.end["outcome"] == "completed"
        assert any("catalog.example" in line for line, _ in proxy.log)

    def test_proxy_none_passes_the_systems_by(self, house: House) -> None:
        with Proxy(house.server.port) as proxy:
            variables = {
                "VSRT_MANIFEST_URL": "http://catalog.invalid/",
                "http_proxy": proxy.url,
                "VSRT_RETRY_MAX_ATTEMPTS": "1",
            }
            assert house.run("modules", **variables).code == 0
            assert proxy.log
            before = len(proxy.log)
            done = house.run("modules", VSRT_PROXY="none", VSRT_CACHE_TTL_HOURS="0", **variables)
            assert len(proxy.log) == before
        assert "name-not-found" in done.out

    def test_ca_file(self, house: House, catalog: Catalog, tmp_path: Path) -> None:
        certificate = make_certificate(tmp_path, "IP:127.0.0.1")
        with HttpServer(catalog.folder, tls=certificate.server()) as secured:
            house.variables["VSRT_MANIFEST_URL"] = f"{secured.url}/"
            refused = house.install("base", VSRT_RETRY_MAX_ATTEMPTS="1")
            assert refused.end["faults"][0]["code"] == "certificate-rejected"
            done = house.install("base", VSRT_CA_FILE=str(certificate.file))
        assert done.end["outcome"] == "completed"


class TestTelling:
    @pytest.mark.parametrize(("level", "more"), [("error", False), ("debug", True)])
    def test_log_level_and_log_file(self, house: House, tmp_path: Path, level: str, more: bool) -> None:
        log = tmp_path / "all.log"
        assert house.install("base", VSRT_LOG_LEVEL=level, VSRT_LOG_FILE=str(log)).code == 0
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        assert (len(lines) > 3) is more


class TestMistakes:
    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("VSRT_MANIFEST_URL", "ftp://example.com/"),
            ("VSRT_CACHE_TTL_HOURS", "a day"),
            ("VSRT_RETRY_MAX_ATTEMPTS", "0"),
            ("VSRT_HEALTH_CHECK_INTERVAL_MS", "10"),
            ("VSRT_HEALTH_CHECK_TIMEOUT_MS", "-5"),
            ("VSRT_LOG_LEVEL", "loud"),
            ("VSRT_SENTRY_DSN", "sentry"),
            ("VSRT_PROXY_URL", "http://ann:secret@proxy.example:80"),
        ],
    )
    def test_a_value_that_can_not_be_used_ends_the_call(
        self, house: House, variable: str, value: str
    ) -> None:
        done = house.install(**{variable: value})
        assert done.code == 85
        (fault,) = done.end["faults"]
        assert fault["code"] == "setting-invalid"
        assert variable in fault["facts"]["setting"]
        assert "secret" not in done.out + done.err
        assert not house.prefix.exists()

    def test_unknown_variables_are_left_in_peace(self, house: House) -> None:
        assert house.run("modules", VSRT_FUTURE="1").code == 0
