"""Makes the simulators importable from every test folder: `from simulators.http_server import HttpServer`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
