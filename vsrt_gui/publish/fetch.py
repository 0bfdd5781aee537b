"""Gets a module's files from wherever its source says that they come from."""

from pathlib import Path
from typing import assert_never

from vsrt_gui.model.manifest import Platform
from vsrt_gui.publish.addons import Recipe, build_package
from vsrt_gui.publish.clients import ClientError, NothingForPlatformError
from vsrt_gui.publish.npm import fetch_tarball, fetch_tree
from vsrt_gui.publish.shelf import Shelf
from vsrt_gui.publish.sources import (
    LocalFiles,
    ModuleSource,
    NpmBuild,
    NpmPackage,
    PipPackage,
    Sources,
)
from vsrt_gui.publish.wheels import OLDEST_PYTHON, Fetched, Wheel, fetch_wheel


def fetch(sources: Sources, module: ModuleSource, platform: Platform, shelf: Shelf) -> Fetched:
    """Return a module's files for a platform, from the cache where they are there already.

    Raises:
        NothingForPlatformError: the package has nothing for that platform.
        InstallerError: `sources-invalid`: there is no such package, file, client or network.
    """
    try:
        match module.source:
            case PipPackage(package=package, version=version, python=python):
                wheel = Wheel(package, version or module.version, platform, python or OLDEST_PYTHON)
                return fetch_wheel(wheel, shelf)
            case NpmPackage(package=package, version=version, dependencies=True):
                return fetch_tree(package, version or module.version, shelf)
            case NpmPackage(package=package, version=version):
                return fetch_tarball(package, version or module.version, shelf)
            case NpmBuild(version=version):
                recipe = Recipe(
                    module.source, version or module.version, _node_version(sources, module.source)
                )
                return build_package(recipe, platform, shelf)
            case LocalFiles():
                return _find_local(module.source, sources.file.parent, platform)
            case _:
                assert_never(module.source)
    except ClientError as error:
        raise sources.wrong(f"module.{module.id}.source", str(error)) from error


def _node_version(sources: Sources, source: NpmBuild) -> str:
    """Return the version of the Node.js that will run a module; reading the sources saw that it is there."""
    brings = next(module for module in sources.modules if module.id == source.node)
    pinned = brings.source.version if isinstance(brings.source, PipPackage) else None
    return pinned or brings.version


def _find_local(source: LocalFiles, beside: Path, platform: Platform) -> Fetched:
    """Return a folder or an archive of the release engineer's own."""
    place = source.place(beside, platform)
    if place.exists():
        return Fetched(place, universal=not source.per_platform)
    if source.per_platform:
        raise NothingForPlatformError
    raise ClientError(f"{source.path} is not there")
