"""Installs, repairs and updates the VS Code Runtime."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("vsrt-gui")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0.0.0"
