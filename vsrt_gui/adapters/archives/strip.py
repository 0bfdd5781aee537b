"""From a member's name in the archive to its path in the module's folder."""

from vsrt_gui.adapters.archives.verdict import archive_name, unsafe
from vsrt_gui.model.manifest import Artifact
from vsrt_gui.model.paths import escape_refusal

Parts = tuple[str, ...]


class Stripping:
    """Drops what an artifact says of each member's path: first `strip_prefix`, then `strip_components`.

    Attributes:
        archive: the archive's name, for faults.
    """

    def __init__(self, artifact: Artifact) -> None:
        self.archive = archive_name(artifact)
        self._prefix = _parts(artifact.strip_prefix or "")
        self._components = artifact.strip_components

    def parts(self, name: str) -> Parts:
        """Return the parts of a member's name, without the `.` and empty ones that tools put in.

        Raises:
            InstallerError: `archive-unsafe` for a name that could lead out of the folder, stripped or not.
        """
        if refusal := escape_refusal(name):
            raise unsafe(self.archive, name, refusal)
        return _parts(name)

    def path(self, parts: Parts) -> str | None:
        """Return the path below the module's folder, None where nothing of it is left."""
        if parts[: len(self._prefix)] != self._prefix:
            return None
        return "/".join(parts[len(self._prefix) + self._components :]) or None


def _parts(name: str) -> Parts:
    return tuple(part for part in name.split("/") if part not in ("", "."))
