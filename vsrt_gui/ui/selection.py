"""What is ticked on the components page, and why something can't be: pure rules, no widgets."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from vsrt_gui.model.manifest import Target


@dataclass(frozen=True)
class Selection:
    """The modules on offer and which of them are ticked.

    The one rule: what a ticked module needs is ticked too, and stays so as long as that module is ticked.

    Attributes:
        targets: on offer, in dependency order.
        ticked: ids; always holds the critical ones, and with a module all that it needs.
    """

    targets: tuple[Target, ...]
    ticked: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, targets: tuple[Target, ...], ticked: Iterable[str]) -> "Selection":
        """Make a selection that keeps the rule."""
        critical = {target.id for target in targets if not target.module.optional}
        bare = cls(targets)
        return cls(targets, bare.needed({*critical, *ticked}))

    def target(self, module: str) -> Target | None:
        """Return the target of that id, or None."""
        return next((target for target in self.targets if target.id == module), None)

    def needed(self, modules: Iterable[str]) -> frozenset[str]:
        """Return these modules and all that they need, as far as it is on offer."""
        found: set[str] = set()
        open_ = list(modules)
        while open_:
            target = self.target(open_.pop())
            if target is not None and target.id not in found:
                found.add(target.id)
                open_.extend(target.module.dependencies)
        return frozenset(found)

    def critical(self, module: str) -> bool:
        """Tell whether the runtime can't do without it."""
        target = self.target(module)
        return target is not None and not target.module.optional

    def holders(self, module: str) -> tuple[Target, ...]:
        """Return the ticked modules that directly need this one."""
        return tuple(t for t in self.targets if t.id in self.ticked and module in t.module.dependencies)

    def locked(self, module: str) -> bool:
        """Tell whether it must stay ticked."""
        return module in self.ticked and (self.critical(module) or bool(self.holders(module)))

    def tick(self, module: str) -> "Selection":
        """Tick a module and all that it needs."""
        return replace(self, ticked=self.ticked | self.needed({module}))

    def untick(self, module: str) -> "Selection":
        """Untick a module; nothing happens while it must stay."""
        return self if self.locked(module) else replace(self, ticked=self.ticked - {module})

    @property
    def chosen(self) -> tuple[Target, ...]:
        """The ticked targets, in dependency order."""
        return tuple(target for target in self.targets if target.id in self.ticked)

    @property
    def download_size(self) -> int:
        """Bytes of the ticked archives whose size is known."""
        return sum(target.artifact.size or 0 for target in self.chosen)

    @property
    def sizes_known(self) -> bool:
        """Whether the publisher told every ticked archive's size."""
        return all(target.artifact.size is not None for target in self.chosen)
