from hashlib import sha256

import pytest

from vsrt_gui.adapters.archives.strip import Stripping
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.manifest import ArchiveFormat, Artifact
from vsrt_gui.model.paths import Refusal


def stripping(components: int = 0, prefix: str | None = None, url: str = "https://host/a/b.tgz") -> Stripping:
    return Stripping(
        Artifact(
            url=url,
            sha256=sha256().hexdigest(),
            format=ArchiveFormat.TAR_GZ,
            strip_components=components,
            strip_prefix=prefix,
        )
    )


@pytest.mark.parametrize(
    ("components", "prefix", "name", "path"),
    [
        (0, None, "a/b", "a/b"),
        (0, None, "./a//b/", "a/b"),
        (0, None, "./", None),
        (1, None, "top/a/b", "a/b"),
        (1, None, "./top/a", "a"),
        (1, None, "file-at-the-top", None),
        (3, None, "a/b/c", None),
        (0, "extension", "extension/out/main.js", "out/main.js"),
        (0, "extension", "extension", None),
        (0, "extension", "extensions/x", None),
        (0, "extension", "Extension/x", None),
        (0, "a/b/", "a/b/c", "c"),
        (1, "a", "a/b/c", "c"),
        (1, "b", "a/b/c", None),
    ],
)
def test_the_prefix_goes_first_then_the_components(
    components: int, prefix: str | None, name: str, path: str | None
) -> None:
    rule = stripping(components, prefix)
    assert rule.path(rule.parts(name)) == path


@pytest.mark.parametrize("name", ["../x/a", "x/../a", "/x/a", "C:/x", "x\\a", "x\0a", "x\udc80"])
def test_a_name_that_could_lead_out_is_refused_before_stripping(name: str) -> None:
    with pytest.raises(InstallerError) as caught:
        stripping(1).parts(name)
    assert caught.value.fault.facts["reason"] in set(Refusal)
    assert str(caught.value.fault.facts["member"]).isprintable()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://host/files/node%20v22.tar.gz?token=secret#x", "node v22.tar.gz"),
        ("file:///media/usb/a.zip", "a.zip"),
        ("https://host/", sha256().hexdigest()),
    ],
)
def test_a_fault_names_the_archive_and_no_secret(url: str, name: str) -> None:
    assert stripping(url=url).archive == name
