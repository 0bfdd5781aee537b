"""Finds out what a shell can offer, from the disk alone: no server is asked and nothing is waited for."""

from pathlib import Path

from vsrt_gui.adapters.prefix import DiskPrefix, choose_prefix
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.catalog_port import Catalog
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.hints import Hints
from vsrt_gui.model.manifest import Manifest
from vsrt_gui.model.survey import PrefixRecord


def hints(folder: Path, catalog: Catalog | None) -> Hints:
    """Return what is known; what can't be read is left out.

    Args:
        folder: that the user chose for the runtime.
        catalog: that modules come from; one on a server is not asked, what is kept of it counts.
    """
    record, manifest = _record(folder), _manifest(catalog)
    here = record.current.modules if record.current else ()
    offered = {module.id: module.name for module in manifest.modules} if manifest else {}
    others = (
        each for each in record.generations if not record.current or each.number != record.current.number
    )
    return Hints(
        modules=offered | {target.id: target.module.name for target in here},
        installed=frozenset(target.id for target in here),
        generations={each.number: each.installed_at.strftime("%Y-%m-%d %H:%M") for each in others},
    )


def _record(folder: Path) -> PrefixRecord:
    try:
        return DiskPrefix(choose_prefix(folder)).read()
    except InstallerError:
        return PrefixRecord()


def _manifest(catalog: Catalog | None) -> Manifest | None:
    if catalog is None:
        return None
    try:
        if not catalog.source.startswith(("http://", "https://")):
            return catalog.manifest(Stop())
        kept = catalog.kept()
    except InstallerError:
        return None
    return kept.manifest if kept else None
