"""Knows the places of the same bytes, and in which order they are asked: pure, deterministic, explainable."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from vsrt_gui.engine.retry import COUNTED, DAMAGED_BYTES, LONGEST_PAUSE, OF_THE_PLACE, pause
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.policies import MirrorPolicy, RetryPolicy


def host_of(url: str) -> str:
    """Name the server of an address, with its port where it names one; empty for a folder."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return "" if parts.scheme == "file" else parts.netloc.rpartition("@")[2].lower()


def told(url: str) -> str:
    """Return an address as people and notes may see it: without password, token or query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _below(folder: str, path: str) -> str:
    """Return the address of what lies in a folder; a query of the folder's (a key to it) goes for all that is in it."""
    parts = urlsplit(folder)
    name, _, own = path.partition("?")
    query = "&".join(each for each in (own, parts.query) if each)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}", query=query, fragment=""))


@dataclass(frozen=True)
class Copies:
    """Copies of the catalog's folder, as they were set.

    Attributes:
        base: address of the catalog's own folder, ending with a slash; empty where there is none.
        mirrors: addresses of the copies' folders, the preferred one first.
    """

    base: str = ""
    mirrors: tuple[str, ...] = ()

    def places(self, url: str, published: Iterable[str] = ()) -> tuple[str, ...]:
        """Return where something lies, each place once: the copies first, since somebody chose them.

        Args:
            url: where the catalog says that it is; looked for in the copies only if that is under its own folder.
            published: the mirrors that the catalog names.
        """
        path = url.removeprefix(self.base) if self.base and url.startswith(self.base) else ""
        own = bool(path) and ".." not in path.split("/")
        copies = (_below(mirror, path) for mirror in self.mirrors if own)
        return tuple(dict.fromkeys((*copies, url, *published)))


@dataclass
class Standing:
    """What one run knows of a server.

    Attributes:
        failures: in a row.
        lied: whether it sent bytes that were not what they must be.
        speed: bytes a second of its last good transfer, None while that is not known.
    """

    failures: int = 0
    lied: bool = False
    speed: float | None = None


class MirrorOrder:
    """What one run has learned of all servers. Time and bytes are handed to it."""

    def __init__(self, policy: MirrorPolicy) -> None:
        self._policy = policy
        self._standings: dict[str, Standing] = {}

    def standing(self, url: str) -> Standing:
        """Return what is known of an address's server; every folder stands for itself."""
        return self._standings.setdefault(host_of(url) or url, Standing())

    def failed(self, url: str) -> None:
        """Count a failure of the server."""
        self.standing(url).failures += 1

    def lied(self, url: str) -> None:
        """Set the server aside for the rest of the run: it is asked when nobody else is left."""
        self.standing(url).lied = True

    def served(self, url: str, count: int, seconds: float) -> None:
        """Take note of bytes that proved right, and how long they took; a few bytes say nothing of speed."""
        standing = self.standing(url)
        standing.failures = 0
        if count >= self._policy.enough and seconds > 0:
            standing.speed = count / seconds

    def slow(self, url: str) -> bool:
        """Tell whether the server is known to be slow."""
        speed = self.standing(url).speed
        return speed is not None and speed < self._policy.slow


@dataclass
class Place:
    """One address, and how it fared in one hunt.

    Attributes:
        url: the address.
        position: in the given order, from 0.
        failures: attempts in a row that brought nothing.
        spoilt: how often its bytes were wrong.
        suspect: whether what it added to bytes that were there before made them wrong together.
        ready_at: when it may be asked again.
        out: whether it is asked no more.
    """

    url: str
    position: int
    failures: int = 0
    spoilt: int = 0
    suspect: bool = False
    ready_at: float = 0.0
    out: bool = False

    @property
    def host(self) -> str:
        """Its server."""
        return host_of(self.url)


@dataclass(frozen=True)
class Failure:
    """One attempt that failed.

    Attributes:
        fault: with what.
        brought: bytes that it brought all the same.
        blended: whether bytes that were there before had a part in it, so that nobody knows whose are wrong.
        chance: a random number from 0 to 1, for the pause.
        further: whether it was answered, and failed with a request behind that.
    """

    fault: Fault
    brought: int = 0
    blended: bool = False
    chance: float = 0.0
    further: bool = False


class Hunt:
    """One thing that is looked for in several places; says where to ask next, and when to give up.

    Every place has the whole patience of the policy, but nobody waits for one while another may be asked.
    """

    def __init__(self, urls: Iterable[str], order: MirrorOrder, policy: RetryPolicy) -> None:
        self._places = [Place(url, number) for number, url in enumerate(dict.fromkeys(urls))]
        self._order = order
        self._policy = policy
        self._own_failures = 0
        self._excused = False

    @property
    def places(self) -> tuple[Place, ...]:
        """All places, in the given order."""
        return tuple(self._places)

    def choose(self, now: float, closed_for: Callable[[str], float]) -> Place:
        """Return the place to ask next; it may have to be waited for.

        First those that told no lie, nor may have; of them one that can be asked at once, else the one that can be
        asked soonest; of those the one that failed least, in this hunt and then in this run; slow ones last; then the
        given order.

        Args:
            now: on the clock of all waiting.
            closed_for: host to the seconds until its breaker lets a request through.
        """
        order = self._order

        def rank(place: Place) -> tuple[bool, bool, float, int, int, bool, int]:
            standing = order.standing(place.url)
            seconds = max(0.0, place.ready_at - now, closed_for(place.host))
            aside = place.spoilt > 0 or standing.lied
            slow = order.slow(place.url)
            return aside, place.suspect, seconds, place.failures, standing.failures, slow, place.position

        return min((place for place in self._places if not place.out), key=rank)

    def failed(self, place: Place, failure: Failure, now: float) -> bool:
        """Take note of an attempt that failed, and tell whether the hunt goes on."""
        code = failure.fault.code
        if code is FaultCode.FILE_IN_USE:
            return self._held_up(failure, now)
        if code not in OF_THE_PLACE:
            return False  # nobody else would do better
        if failure.further and failure.brought > 0:
            self._put_off(place, failure, now)
        elif code in DAMAGED_BYTES:
            self._spoilt(place, failure, now)
        else:
            self._refused(place, failure, now)
        return not all(one.out for one in self._places)

    def served(self, place: Place, count: int, seconds: float) -> None:
        """Take note of a place whose bytes proved right."""
        self._order.served(place.url, count, seconds)

    def hurry(self) -> None:
        """Wait for no pause that has begun: somebody asked for that by hand."""
        for place in self._places:
            place.ready_at = 0.0

    def _held_up(self, failure: Failure, now: float) -> bool:
        """Pause because of something on this computer, whatever place is asked then."""
        self._own_failures += 1
        delay = pause(self._policy, failure.fault, self._own_failures, failure.chance)
        for place in self._places:
            place.ready_at = max(place.ready_at, now + (delay or 0.0))
        return delay is not None

    def _put_off(self, place: Place, failure: Failure, now: float) -> None:
        """Let the place be asked again, by the first request of another attempt; how that fares is what counts."""
        asked = float(failure.fault.facts.get("retry_after", 0.0))
        usual = self._policy.first_delay * (1 - self._policy.jitter * failure.chance)
        odd = failure.fault.code is FaultCode.BAD_RESPONSE  # no sign that it is asked too much
        place.ready_at = now if odd else now + min(LONGEST_PAUSE, max(asked, usual))

    def _spoilt(self, place: Place, failure: Failure, now: float) -> None:
        """Set a place aside whose bytes are wrong; one clean restart is its due, when nobody else is left."""
        place.ready_at = now
        if failure.blended and not self._excused:
            # Whose bytes were wrong shows when one place alone sends them all: rather not the one that came last.
            self._excused = place.suspect = True
            return
        place.spoilt += 1
        place.out = place.spoilt > 1
        self._order.lied(place.url)

    def _refused(self, place: Place, failure: Failure, now: float) -> None:
        place.failures = 1 if failure.brought >= self._policy.progress else place.failures + 1
        delay = pause(self._policy, failure.fault, place.failures, failure.chance)
        place.out = delay is None
        place.ready_at = now + (delay or 0.0)
        if failure.fault.code in COUNTED or failure.fault.code is FaultCode.RATE_LIMITED:
            self._order.failed(place.url)
