"""Who wins when a setting stands in several places, what an admin locks, and what can't be used."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.layers import NAMES, Layer, checked, layered, overridden, unsigned
from vsrt_gui.model.settings import PLACES, Effective, Origin, Settings, Source

ADMIN = "/etc/admin.toml"
GIVING = tuple(origin for origin in Origin if origin is not Origin.DEFAULT)
ATTEMPTS = {Origin.ADMIN: 4, Origin.USER: 5, Origin.ENVIRONMENT: 6, Origin.COMMAND_LINE: 7}
USUAL = Settings().retry_max_attempts


def layer(origin: Origin, **values: Any) -> Layer:
    return Layer(origin=origin, place=f"place of {origin}", values=values)


def attempts(*origins: Origin) -> tuple[Layer, ...]:
    return tuple(layer(origin, retry_max_attempts=ATTEMPTS[origin]) for origin in origins)


def nothing() -> Effective:
    return layered(())


class TestPrecedence:
    def test_nothing_given_is_the_usual(self) -> None:
        assert nothing().settings == Settings()
        assert set(nothing().sources.values()) == {Source()}

    @pytest.mark.parametrize("highest", range(len(GIVING)))
    def test_the_highest_place_that_says_something_wins(self, highest: int) -> None:
        found = layered(attempts(*GIVING[: highest + 1]))
        assert found.settings.retry_max_attempts == ATTEMPTS[GIVING[highest]]
        assert found.source("retry_max_attempts").origin is GIVING[highest]

    @given(
        st.dictionaries(st.sampled_from(GIVING), st.integers(1, 20)),
        st.booleans(),
        st.permutations(GIVING),
    )
    def test_it_always_does(self, given_: Mapping[Origin, int], locks: bool, order: list[Origin]) -> None:
        layers = [layer(origin, retry_max_attempts=given_[origin]) for origin in order if origin in given_]
        locked = frozenset({"retry_max_attempts"} if locks else ())
        found = layered(layers, locked, ADMIN)
        counting = [Origin.ADMIN] if locks else list(GIVING)
        winner = max((o for o in counting if o in given_), key=GIVING.index, default=Origin.DEFAULT)
        assert found.settings.retry_max_attempts == given_.get(winner, USUAL)
        assert found.source("retry_max_attempts").origin is winner
        assert found.is_locked("retry_max_attempts") is locks
        losers = {one.place for one in found.overruled}
        assert len(losers) == (len(given_.keys() - {Origin.ADMIN}) if locks else 0)
        others = Settings().model_dump(exclude={"retry_max_attempts"})
        assert found.settings.model_dump(exclude={"retry_max_attempts"}) == others

    def test_places_are_named_as_people_know_them(self) -> None:
        found = layered((layer(Origin.USER, proxy="none"), layer(Origin.ENVIRONMENT, language="de")))
        assert found.source("proxy").place == "place of user"
        assert found.source("language").place == "VSRT_LANGUAGE"


class TestLocked:
    @pytest.mark.parametrize("origin", [Origin.USER, Origin.ENVIRONMENT, Origin.COMMAND_LINE])
    def test_nobody_else_counts_and_is_told(self, origin: Origin) -> None:
        found = layered(attempts(Origin.ADMIN, origin), frozenset({"retry_max_attempts"}), ADMIN)
        assert found.settings.retry_max_attempts == ATTEMPTS[Origin.ADMIN]
        assert [one.name for one in found.overruled] == ["retry_max_attempts"]
        assert found.overruled[0].lock == ADMIN
        assert found.faults == ()

    def test_without_a_value_it_keeps_the_usual_one(self) -> None:
        found = layered(attempts(Origin.USER), frozenset({"retry_max_attempts"}), ADMIN)
        assert found.settings.retry_max_attempts == USUAL
        assert found.source("retry_max_attempts") == Source(locked=True, place=ADMIN)

    def test_a_wrong_value_of_the_admin_lets_nobody_else_in(self) -> None:
        layers = (layer(Origin.ADMIN, retry_max_attempts=0), *attempts(Origin.USER))
        found = layered(layers, frozenset({"retry_max_attempts"}), ADMIN)
        assert found.settings.retry_max_attempts == USUAL
        assert len(found.faults) == 1

    def test_a_lock_on_what_is_no_setting_is_unknown(self) -> None:
        assert layered((), frozenset({"colour"}), ADMIN).unknown == (("colour", ADMIN),)

    def test_it_can_neither_be_overridden_nor_written(self) -> None:
        found = layered((), frozenset({"proxy"}), ADMIN)
        with pytest.raises(InstallerError) as stopped:
            overridden(found, {"proxy": "none"})
        assert stopped.value.fault.code is FaultCode.SETTING_INVALID
        assert ADMIN in str(stopped.value.fault.facts["reason"])


class TestMistakes:
    def test_the_next_lower_value_is_in_force(self) -> None:
        found = layered((*attempts(Origin.ADMIN), layer(Origin.USER, retry_max_attempts="many")))
        assert found.settings.retry_max_attempts == ATTEMPTS[Origin.ADMIN]
        assert found.source("retry_max_attempts").origin is Origin.ADMIN

    def test_the_fault_says_where_which_what_and_why(self) -> None:
        fault = layered((layer(Origin.USER, retry_max_attempts=99),)).faults[0]
        assert fault.facts == {
            "setting": "retry_max_attempts (place of user)",
            "value": "99",
            "reason": "it should be less than or equal to 20",
        }

    def test_unknown_names_are_kept_quiet_but_listed(self) -> None:
        found = layered((layer(Origin.USER, future=1, table={"a": 1}),))
        assert found.unknown == (("future", "place of user"), ("table", "place of user"))
        assert found.faults == ()

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("manifest_url", "ftp://example.com/"),
            ("manifest_url", "https://"),
            ("manifest_url", "http://example.com:99999/"),
            ("manifest_url", "~nobody-has-this-name/catalog"),
            ("manifest_url", "  "),
            ("manifest_url", "http://exam\0ple.com/"),
            ("manifest_url", "/media/\0"),
            ("mirrors", ["/media/\nstick"]),
            ("prefix", "/opt/\0runtime"),
            ("ca_file", "/etc/\x7f.pem"),
            ("prefix", ["/opt"]),
            ("mirrors", ["gopher://example.com"]),
            ("mirrors", 3),
            ("proxy", "sometimes"),
            ("proxy_url", "proxy.example:8080"),
            ("proxy_url", "socks5://proxy.example:1080"),
            ("proxy_url", "http://ann:secret@proxy.example:8080"),
            ("sentry_dsn", "https://sentry.example/1"),
            ("sentry_dsn", "https://key@sentry.example"),
            ("prefix", "~nobody-has-this-name/runtime"),
            ("prefix", " "),
            ("bandwidth_limit", 10),
            ("stall_timeout", 0),
            ("cache_ttl_hours", -1),
            ("retry_max_attempts", 2.5),
            ("keep_downloads", "perhaps"),
            ("language", "../../etc/passwd"),
            ("kept_generations", -1),
            ("retry_initial_delay_ms", "soon"),
        ],
    )
    def test_what_can_not_be_used(self, name: str, value: object) -> None:
        with pytest.raises(InstallerError) as stopped:
            checked(name, value, "here")
        facts = stopped.value.fault.facts
        assert facts["setting"] == f"{name} (here)"
        assert str(facts["reason"]).strip()
        assert "secret" not in str(facts)

    def test_there_is_no_such_setting(self) -> None:
        with pytest.raises(InstallerError, match="no such setting"):
            checked("colour", "blue")


class TestValues:
    @pytest.mark.parametrize(
        ("name", "text", "value"),
        [
            ("retry_max_attempts", "5", 5),
            ("keep_downloads", "yes", True),
            ("keep_downloads", "0", False),
            ("stall_timeout", "2.5", 2.5),
            (
                "mirrors",
                "https://a.example/, https://b.example/",
                ("https://a.example/", "https://b.example/"),
            ),
            ("mirrors", "", ()),
            ("bandwidth_limit", "", None),
            ("manifest_url", "", None),
            ("log_level", "debug", "debug"),
            ("log_level", "WARNING", "warning"),
            ("manifest_url", " https://a.example/\n", "https://a.example/"),
            ("proxy_url", "http://proxy.example:8080 ", "http://proxy.example:8080"),
            ("language", "pt-BR", "pt-BR"),
            ("proxy_url", "http://proxy.example:8080", "http://proxy.example:8080"),
        ],
    )
    def test_text_becomes_what_it_means(self, name: str, text: str, value: object) -> None:
        assert checked(name, text) == value

    def test_an_empty_text_takes_back_what_a_lower_place_set(self) -> None:
        found = layered((layer(Origin.ADMIN, bandwidth_limit=5000), layer(Origin.USER, bandwidth_limit="")))
        assert found.settings.bandwidth_limit is None
        assert found.source("bandwidth_limit").origin is Origin.USER

    @pytest.mark.parametrize(
        ("given_", "shown"),
        [
            ("https://ann:pw@example.com/x", "https://***@example.com/x"),
            ("https://key@sentry.example/1", "https://***@sentry.example/1"),
            ("https://example.com/a@b", "https://example.com/a@b"),
            ("https://example.com/copy?sig=k&x=1", "https://example.com/copy?***"),
            (["https://a.test/?k=1", "https://b.test/"], "['https://a.test/?***', 'https://b.test/']"),
            (3, "3"),
        ],
    )
    def test_nobody_is_shown_a_password(self, given_: object, shown: str) -> None:
        assert unsigned(given_) == shown

    def test_overriding_leaves_all_else(self) -> None:
        before = layered(attempts(Origin.USER))
        after = overridden(before, {"proxy": "none"}, Origin.COMMAND_LINE, "here")
        assert after.settings == before.settings.but(proxy="none")
        assert {name for name in NAMES if after.source(name) != before.source(name)} == {"proxy"}


class TestFolders:
    """A file or a variable is read wherever the program is started; a command line is typed in one folder."""

    RELATIVE: Mapping[str, Any] = {
        "prefix": "runtime",
        "download_dir": "../downloads",
        "ca_file": "company.pem",
        "log_file": "./all.log",
        "manifest_url": "catalog",
        "mirrors": ("https://a.example/", "copy"),
    }

    def test_each_place_is_tried(self) -> None:
        assert self.RELATIVE.keys() == PLACES

    @pytest.mark.parametrize("origin", [Origin.ADMIN, Origin.USER, Origin.ENVIRONMENT])
    @pytest.mark.parametrize("name", sorted(PLACES))
    def test_one_that_counts_from_the_current_folder_is_refused(self, origin: Origin, name: str) -> None:
        found = layered([layer(origin, **{name: self.RELATIVE[name]})])
        assert found.settings == Settings()
        assert found.source(name) == Source()
        (fault,) = found.faults
        assert fault.code is FaultCode.SETTING_INVALID
        assert str(fault.facts["setting"]).startswith(f"{name} (")
        assert "written in full" in str(fault.facts["reason"])

    @pytest.mark.parametrize("name", sorted(PLACES))
    def test_a_command_line_may_say_it(self, name: str) -> None:
        found = layered([layer(Origin.COMMAND_LINE, **{name: self.RELATIVE[name]})])
        assert found.faults == ()
        assert found.source(name).origin is Origin.COMMAND_LINE

    @pytest.mark.parametrize("value", ["~/runtime", Path.home() / "runtime", ""])
    def test_the_home_folder_and_none_at_all_are_clear(self, value: object) -> None:
        assert layered([layer(Origin.USER, prefix=value, download_dir=value)]).faults == ()

    def test_addresses_are_the_same_everywhere(self) -> None:
        found = layered([layer(Origin.USER, manifest_url="https://a.example/", mirrors=["file:///srv/copy"])])
        assert found.faults == ()
