"""How two sets of modules differ: which change, which come, which go; pure rules and their words."""

from collections.abc import Iterable
from dataclasses import dataclass

from vsrt_gui.model.manifest import ModuleType, Target
from vsrt_gui.ui.translation import translate

ICONS = {
    ModuleType.RUNTIME: "runtime",
    ModuleType.SERVER: "server",
    ModuleType.EXTENSIONS: "extensions",
    ModuleType.LANGUAGE_SERVER: "language-server",
    ModuleType.DEBUG_ADAPTER: "debug-adapter",
}


@dataclass(frozen=True)
class Change:
    """One module that is not the same in both sets; at least one of the two is there.

    Attributes:
        old: as it is, None for one that comes new.
        new: as it will be, None for one that goes.
    """

    old: Target | None
    new: Target | None

    @property
    def target(self) -> Target:
        """The module, as new as it is known."""
        target = self.new or self.old
        if target is None:
            msg = "a change of nothing"
            raise ValueError(msg)
        return target

    @property
    def words(self) -> str:
        """What happens to it: `24.18.0 → 24.19.0`, where the arrow says enough."""
        if self.old is None:
            return translate("changes", "New, version {version}").format(version=self.target.module.version)
        old = self.old.module.version
        if self.new is None:
            return translate("changes", "Goes, version {version}").format(version=old)
        new = self.new.module.version
        if old == new and self.old.folder == self.new.folder:
            return translate("changes", "{version}, set up anew").format(version=new)
        if old == new:
            return translate("changes", "{version}, built anew").format(version=new)
        return translate("changes", "{old} → {new}").format(old=old, new=new)


def changes(before: Iterable[Target], after: Iterable[Target]) -> tuple[Change, ...]:
    """Return what differs: what changes or comes, in the order of `after`, then what goes."""
    old, new = {t.id: t for t in before}, {t.id: t for t in after}
    kept = (Change(old.get(key), target) for key, target in new.items())
    differing = (each for each in kept if each.old is None or each.old.effect != each.target.effect)
    gone = (Change(target, None) for key, target in old.items() if key not in new)
    return (*differing, *gone)
