"""What must be true of whatever a kill, a failing disk or a power loss leaves: all that is named is there and right."""

import re
from collections.abc import Iterable, Mapping

from simulators.disk_image import pick_up
from simulators.disk_views import files_of
from simulators.recording import FOLDERS
from simulators.sweep_world import FOREIGN, World
from vsrt_gui.adapters.prefix.layout import TEMPORARY_NAME
from vsrt_gui.adapters.prefix.prefix import DiskPrefix
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.events import Outcome
from vsrt_gui.model.survey import Depth, Generation, PrefixRecord

CLEAN = {"outcome": Outcome.COMPLETED, "severity": None, "faults": []}
LOCKS = re.compile(r"personal/state/vscode-runtime(/locks(/[0-9a-f]{64}\.lock)?)?")
"""All that may stay for ever in the state folder."""
DATA = "personal/data/vscode-runtime/User/settings.json"
"""A file of the user's own, which nothing may touch."""

Files = Mapping[str, object]
"""What each file of the store holds, by its path there."""


def recorded(world: World) -> PrefixRecord:
    """Return what the prefix says of itself; a crash leaves none of its notes torn."""
    record = DiskPrefix(world.prefix, world.personal / "state").read()
    assert not record.damage, f"it is damaged: {record.damage}"
    return record


def whole(world: World, generations: Iterable[Generation]) -> None:
    """All that sets of modules name is there, byte by byte, and looks so at a glance, too."""
    prefix = DiskPrefix(world.prefix, world.personal / "state")
    for target in {target.folder: target for each in generations for target in each.modules}.values():
        index = prefix.index(target)
        assert index is not None, f"{target.id} has no index"
        for depth in Depth:
            survey = prefix.survey(target, index, depth, lambda _count: None, Stop())
            assert not survey.wrong, f"{depth} look at {target.folder}: {dict(survey.wrong)}"


def sound(world: World) -> bool:
    """All that any set of modules names is there; tells whether what is in force is all that was wanted."""
    record = recorded(world)
    whole(world, record.generations)
    return record.current is not None and record.current.complete


def stored(world: World) -> Files:
    """Return what each file of the store holds now."""
    return files_of(pick_up(world.folder, FOLDERS))


def no_worse(before: Files, after: Files, left: Files) -> None:
    """Each file is as it was, or right."""
    for path in before.keys() | after.keys() | left.keys():
        if not TEMPORARY_NAME.fullmatch(path.rpartition("/")[2]):
            assert left.get(path) in {before.get(path), after.get(path)}, f"{path} is worse than before"


def unharmed(world: World) -> None:
    """The user's own files are as they were."""
    for path in (world.folder / "home" / "mine.txt", world.folder / DATA):
        assert path.read_text() == FOREIGN
