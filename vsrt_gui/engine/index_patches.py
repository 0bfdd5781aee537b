"""Makes a published file index of one that is kept of an earlier version; nothing depends on whether that goes well."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from vsrt_gui.engine.context import Context
from vsrt_gui.engine.persist import Turn
from vsrt_gui.engine.ports import Prefix
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.manifest import IndexDocument, IndexPatch, IndexReference, Target
from vsrt_gui.model.survey import PrefixRecord


@dataclass(frozen=True)
class Way:
    """How an index is made: by this patch, of the document of one that is kept."""

    patch: IndexPatch
    base: bytes


def earlier(record: PrefixRecord, module: str) -> tuple[Target, ...]:
    """Return what the prefix has of a module, that of the set in force first and of each archive once."""
    current = (record.current,) if record.current else ()
    targets = [each for one in (*current, *record.generations) for each in one.modules if each.id == module]
    return tuple({target.artifact.digest: target for target in targets}.values())


def way_to(document: IndexDocument | None, there: Iterable[Target], prefix: Prefix) -> Way | None:
    """Find an index that is kept of one of these, and that there is a patch of; blocks."""
    patches = {patch.base: patch for patch in document.patches} if document else {}
    for target in there if patches else ():
        with suppress(InstallerError):
            kept = prefix.index(target)
            base = kept.document if kept else b""
            if patch := patches.get(sha256(base).hexdigest()):
                return Way(patch, base)
    return None


async def made(context: Context, reference: IndexReference, way: Way, turn: Turn) -> FileIndex | None:
    """Make an index; None where that fails, for whatever reason, and the whole of it may be asked for.

    Args:
        context: of the run.
        reference: to the index.
        way: how it is made.
        turn: to ask for the whole of it; the patch is asked for in the same place.
    """
    catalog, places = context.tools.catalog, context.tools.copies.places
    if catalog is None or reference.document is None:
        return None
    beside = dict(zip(places(reference.url), places(way.patch.url), strict=False))
    patch = way.patch.model_copy(update={"url": beside.get(turn.url, way.patch.url)})
    with suppress(InstallerError):
        work = catalog.patched_index
        index = await context.work(work, reference.document, patch, way.base, context.stop)
        return index.but(published=reference.sha256)
    await turn.next()
    return None
