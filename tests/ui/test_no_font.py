"""A system without any font: the window says so where it can be read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SHOW = """
import sys
from vsrt_gui import app
from vsrt_gui.ui import window
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
made = QApplication([])
QTimer.singleShot(300, made.closeAllWindows)
sys.exit(app.open_window({"manifest_url": sys.argv[1], "prefix": sys.argv[1] + "/prefix"}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a font")
@pytest.mark.parametrize("fonts", [True, False], ids=["fonts", "none"])
def test_a_system_without_a_font_is_told(tmp_path: Path, fonts: bool) -> None:
    config = tmp_path / "fonts.conf"
    config.write_text(f"<fontconfig><dir>{tmp_path}</dir><cachedir>{tmp_path}</cachedir></fontconfig>")
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(Path(__file__).parents[2])}
    environment |= {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    if not fonts:
        environment["FONTCONFIG_FILE"] = str(config)
    ran = subprocess.run(
        [sys.executable, "-c", SHOW, str(tmp_path)],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert ("no font" in ran.stderr) is not fonts
