"""What can go wrong, as codes and facts; the words for them stand in the runbook."""

from collections.abc import Mapping
from enum import StrEnum

from vsrt_gui.model.value import Value

Fact = str | int | float


class FaultCode(StrEnum):
    """One name for each thing that can go wrong; `FACTS` says what is known about it."""

    NAME_NOT_FOUND = "name-not-found"
    CONNECTION_FAILED = "connection-failed"
    CONNECT_TIMEOUT = "connect-timeout"
    STALLED = "stalled"
    CERTIFICATE_REJECTED = "certificate-rejected"
    SERVER_ERROR = "server-error"
    RATE_LIMITED = "rate-limited"
    ACCESS_REFUSED = "access-refused"
    SOURCE_GONE = "source-gone"
    SOURCE_REPLACED = "source-replaced"
    REDIRECT_LOOP = "redirect-loop"
    BAD_RESPONSE = "bad-response"
    PROXY_UNREACHABLE = "proxy-unreachable"
    PROXY_AUTH_REQUIRED = "proxy-auth-required"
    PROXY_REFUSED = "proxy-refused"
    PROXY_SCRIPT = "proxy-script"
    SECRETS_UNAVAILABLE = "secrets-unavailable"

    CHECKSUM_MISMATCH = "checksum-mismatch"
    SIZE_MISMATCH = "size-mismatch"
    ARCHIVE_DAMAGED = "archive-damaged"
    ARCHIVE_UNSAFE = "archive-unsafe"
    INDEX_INVALID = "index-invalid"

    DISK_SPACE_LOW = "disk-space-low"
    DISK_FULL = "disk-full"
    DISK_ERROR = "disk-error"
    FOLDER_NOT_WRITABLE = "folder-not-writable"
    FILE_IN_USE = "file-in-use"
    TOO_MANY_OPEN_FILES = "too-many-open-files"
    PREFIX_TOO_NEW = "prefix-too-new"
    PREFIX_DAMAGED = "prefix-damaged"
    FOLDER_MISSING = "folder-missing"
    FILE_MISSING = "file-missing"
    FILE_UNREADABLE = "file-unreadable"
    DAMAGED_AGAIN = "damaged-again"
    NOT_A_FOLDER = "not-a-folder"

    CATALOG_NOT_FOUND = "catalog-not-found"
    MANIFEST_UNREADABLE = "manifest-unreadable"
    MANIFEST_INVALID = "manifest-invalid"
    CLIENT_TOO_OLD = "client-too-old"
    MODULE_UNKNOWN = "module-unknown"
    DEPENDENCY_CYCLE = "dependency-cycle"
    DEPENDENCY_MISSING = "dependency-missing"
    DEPENDENCY_FAILED = "dependency-failed"
    PLATFORM_UNSUPPORTED = "platform-unsupported"
    REQUIREMENT_UNMET = "requirement-unmet"

    ALREADY_RUNNING = "already-running"
    NOT_INSTALLED = "not-installed"
    NO_EARLIER_GENERATION = "no-earlier-generation"
    GENERATION_UNKNOWN = "generation-unknown"
    PROOF_FAILED = "proof-failed"
    NO_SERVER = "no-server"
    SERVER_CRASHED = "server-crashed"
    SERVER_NOT_READY = "server-not-ready"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    SETTING_INVALID = "setting-invalid"
    SETTINGS_UNREADABLE = "settings-unreadable"
    SOURCES_INVALID = "sources-invalid"
    UNEXPECTED = "unexpected"


FACTS: Mapping[FaultCode, frozenset[str]] = {
    code: frozenset(names.split())
    for code, names in {
        FaultCode.NAME_NOT_FOUND: "host",
        FaultCode.CONNECTION_FAILED: "host reason",
        FaultCode.CONNECT_TIMEOUT: "host seconds",
        FaultCode.STALLED: "host seconds",
        FaultCode.CERTIFICATE_REJECTED: "host reason",
        FaultCode.SERVER_ERROR: "host status retry_after",
        FaultCode.RATE_LIMITED: "host retry_after",
        FaultCode.ACCESS_REFUSED: "url status",
        FaultCode.SOURCE_GONE: "url status",
        FaultCode.SOURCE_REPLACED: "url status version",
        FaultCode.REDIRECT_LOOP: "url",
        FaultCode.BAD_RESPONSE: "url reason",
        FaultCode.PROXY_UNREACHABLE: "proxy reason",
        FaultCode.PROXY_AUTH_REQUIRED: "proxy",
        FaultCode.PROXY_REFUSED: "proxy host status",
        FaultCode.PROXY_SCRIPT: "host script",
        FaultCode.SECRETS_UNAVAILABLE: "reason",
        FaultCode.CHECKSUM_MISMATCH: "file expected actual",
        FaultCode.SIZE_MISMATCH: "file expected actual",
        FaultCode.ARCHIVE_DAMAGED: "file reason",
        FaultCode.ARCHIVE_UNSAFE: "file member reason",
        FaultCode.INDEX_INVALID: "file reason",
        FaultCode.DISK_SPACE_LOW: "path needed free",
        FaultCode.DISK_FULL: "path",
        FaultCode.DISK_ERROR: "path reason",
        FaultCode.FOLDER_NOT_WRITABLE: "path",
        FaultCode.FILE_IN_USE: "path program",
        FaultCode.TOO_MANY_OPEN_FILES: "path",
        FaultCode.PREFIX_TOO_NEW: "path format supported",
        FaultCode.PREFIX_DAMAGED: "path reason",
        FaultCode.FOLDER_MISSING: "path",
        FaultCode.FILE_MISSING: "path",
        FaultCode.FILE_UNREADABLE: "path reason",
        FaultCode.DAMAGED_AGAIN: "module file",
        FaultCode.NOT_A_FOLDER: "path",
        FaultCode.CATALOG_NOT_FOUND: "source",
        FaultCode.MANIFEST_UNREADABLE: "source reason",
        FaultCode.MANIFEST_INVALID: "source field reason",
        FaultCode.CLIENT_TOO_OLD: "needed have",
        FaultCode.MODULE_UNKNOWN: "module",
        FaultCode.DEPENDENCY_CYCLE: "modules",
        FaultCode.DEPENDENCY_MISSING: "module dependency",
        FaultCode.DEPENDENCY_FAILED: "module dependency",
        FaultCode.PLATFORM_UNSUPPORTED: "module platform",
        FaultCode.REQUIREMENT_UNMET: "module requirement needed have",
        FaultCode.ALREADY_RUNNING: "path pid",
        FaultCode.NOT_INSTALLED: "path",
        FaultCode.NO_EARLIER_GENERATION: "path newer",
        FaultCode.GENERATION_UNKNOWN: "path generation kept",
        FaultCode.PROOF_FAILED: "module command reason",
        FaultCode.NO_SERVER: "path",
        FaultCode.SERVER_CRASHED: "module log exit",
        FaultCode.SERVER_NOT_READY: "module log seconds",
        FaultCode.CANCELLED: "",
        FaultCode.INTERRUPTED: "",
        FaultCode.SETTING_INVALID: "setting value reason",
        FaultCode.SETTINGS_UNREADABLE: "path reason",
        FaultCode.SOURCES_INVALID: "file field reason",
        FaultCode.UNEXPECTED: "kind detail",
    }.items()
}


class Fault(Value):
    """One failure: its code, what is known about it, and where in the run it happened."""

    code: FaultCode
    facts: Mapping[str, Fact] = {}
    module: str | None = None
    step: str | None = None


class InstallerError(Exception):
    """The one exception of ours that crosses rooms; carries a `Fault`."""

    def __init__(self, code: FaultCode, **facts: Fact) -> None:
        """Make the error.

        Args:
            code: what went wrong.
            **facts: exactly the facts that `FACTS` names for the code.
        """
        if facts.keys() != FACTS[code]:
            msg = f"{code} carries {sorted(FACTS[code])}, not {sorted(facts)}"
            raise TypeError(msg)
        super().__init__(code, facts)
        self.fault = Fault(code=code, facts=facts)

    def at(self, module: str | None, step: str | None) -> Fault:
        """Return the fault with its place in the run, keeping a place it already has."""
        return self.fault.model_copy(
            update={"module": self.fault.module or module, "step": self.fault.step or step}
        )


class FaultsError(Exception):
    """Ends a run that several faults stopped at once."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(", ".join(fault.code for fault in faults))
        self.faults = faults
