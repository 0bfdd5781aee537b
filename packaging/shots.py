"""Photographs every page and dialog of the window, light and dark, at 100 % and 200 %, onto contact sheets.

    python packaging/shots.py [--out artifacts/shots] [--only NAME]

Each combination runs in a process of its own, because Qt reads its scale once. Runs without a display.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCHEMES = ("light", "dark")
SCALES = (1, 2)
COLUMNS = 4
GAP = 24


def main() -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "artifacts" / "shots")
    parser.add_argument("--only", default="", help="scenes whose name holds this")
    parser.add_argument("--size", default="900x600", help="of the window, WIDTHxHEIGHT")
    parser.add_argument("--scheme", choices=SCHEMES)
    parser.add_argument("--scale", type=int, default=1)
    options = parser.parse_args()
    if options.scheme:
        return photograph(options)
    options.out.mkdir(parents=True, exist_ok=True)
    for scheme in SCHEMES:
        for scale in SCALES:
            one = [sys.executable, __file__, "--scheme", scheme, "--scale", str(scale), "--out", options.out]
            more = ["--only", options.only, "--size", options.size]
            environment = os.environ | {"QT_SCALE_FACTOR": str(scale), "QT_QPA_PLATFORM": "offscreen"}
            subprocess.run([*one, *more], check=True, env=environment)
            print(options.out / f"contact-{scheme}-{scale * 100}.png")
    return 0


def photograph(options: argparse.Namespace) -> int:
    """Take the pictures of one scheme and scale, in this process."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    from PySide6.QtWidgets import QApplication

    from vsrt_gui.ui.loop import WindowLoop

    app = QApplication([])
    loop = WindowLoop(app)
    with tempfile.TemporaryDirectory() as folder:
        pictures = loop.run_until_complete(_take(options, Path(folder)))
    loop.close()
    _contact_sheet(pictures, options)
    return 0


@dataclass(frozen=True)
class Scene:
    """One picture: its name, and what is shown for it; a dialog is returned."""

    name: str
    show: Callable[[], object]


async def _take(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    from PySide6.QtWidgets import QWidget

    from vsrt_gui.app import open_runbook, open_session
    from vsrt_gui.resources import resource
    from vsrt_gui.ui.tokens import DARK, LIGHT
    from vsrt_gui.ui.wizard import Wizard

    (folder / "catalog").mkdir()
    session = open_session(str(folder / "catalog"), folder / "prefix")
    runbook = open_runbook()
    wizard = Wizard(session, runbook, resource("icons"))
    width, height = (int(part) for part in options.size.split("x"))
    wizard.resize(width, height)
    wizard.show()
    wizard.theme.wear(DARK if options.scheme == "dark" else LIGHT)
    await asyncio.sleep(0.5)
    pictures = {}
    target = options.out / f"{options.scheme}-{options.scale * 100}"
    target.mkdir(parents=True, exist_ok=True)
    for scene in _scenes(wizard, runbook):
        if options.only not in scene.name:
            continue
        shown = scene.show()
        await asyncio.sleep(0.35)
        widget = shown if isinstance(shown, QWidget) else wizard
        pictures[scene.name] = widget.grab()
        pictures[scene.name].save(str(target / f"{scene.name}.png"))
        if widget is not wizard:
            widget.close()
    wizard.dismiss()
    await wizard.closed()
    await session.close()
    return pictures


def _scenes(wizard, runbook) -> Iterator[Scene]:  # noqa: ANN001, C901 -- Qt's names are imported late
    """Yield every page in every state, then every dialog."""
    from simulators import window_states as states

    from vsrt_gui.ui import journey
    from vsrt_gui.ui.dialogs.confirm import ConfirmDialog, Question
    from vsrt_gui.ui.dialogs.fault import FaultDialog, Trouble
    from vsrt_gui.ui.pages.finish import Ending
    from vsrt_gui.ui.pages.folder import Place
    from vsrt_gui.ui.pages.page import PageId
    from vsrt_gui.ui.selection import Selection

    def on(page: PageId, way: journey.Journey, fill: Callable[[], object]) -> Callable[[], None]:
        def show() -> None:
            wizard.travel(way)
            if wizard.currentId() != page:
                wizard.go(page)
            fill()

        return show

    def dialog(made: Callable[[], object]) -> Callable[[], object]:
        def show() -> object:
            opened = made()
            opened.open()
            return opened

        return show

    welcome, components, folder = wizard.welcome, wizard.components, wizard.folder
    yield Scene("welcome-looking", on(PageId.WELCOME, journey.NOWHERE, welcome.show_loading))
    for name, overview in states.OVERVIEWS.items():
        way = journey.INSTALL if name == "fresh" else journey.NOWHERE
        fill = lambda o=overview: welcome.show_overview(o)  # noqa: E731
        yield Scene(f"welcome-{name}", on(PageId.WELCOME, way, fill))
    words = runbook.page(states.DENIED)
    yield Scene(
        "welcome-trouble",
        on(PageId.WELCOME, journey.NOWHERE, lambda: welcome.show_trouble(words, "/opt/runtime")),
    )

    everything = Selection.of(states.CATALOG, states.NAMES)
    lost = {"java-debug": runbook.page(states.UNFIT).title}

    def change() -> None:
        components.offer(everything.untick("debugpy").untick("pyright"), {}, frozenset(states.NAMES))
        components.tree.setFocus()
        components.tree.toggle("nodejs")

    yield Scene(
        "components-install",
        on(PageId.COMPONENTS, journey.INSTALL, lambda: components.offer(everything, lost)),
    )
    yield Scene("components-change", on(PageId.COMPONENTS, journey.CHANGE, change))

    volume = states.OVERVIEWS["fresh"].volume
    places = {
        "plain": Place(states.FOLDER, states.FOLDER, volume, 1 * states.GB),
        "subfolder": Place(states.FOLDER, states.FOLDER + "/vscode-runtime", volume, 1 * states.GB),
        "installed": Place(states.FOLDER, states.FOLDER, volume, 300 * states.MB, installed=True),
        "tight": Place(states.FOLDER, states.FOLDER, volume.but(free=600 * states.MB), 1 * states.GB),
        "denied": Place(states.FOLDER, states.FOLDER, volume, None, (words.title, words.cause)),
    }
    for name, place in places.items():

        def show_place(place: Place = place) -> None:
            folder.blockSignals(True)  # the flow would look at the real disk
            folder.begin(states.FOLDER)
            folder.blockSignals(False)
            folder.show_place(place)

        yield Scene(f"folder-{name}", on(PageId.FOLDER, journey.INSTALL, show_place))

    ways = {v.verb: v for v in (journey.FINISH, journey.REPAIR, journey.UPDATE, journey.UNINSTALL)}
    for name, state in states.RUNS.items():

        def show_run(state=state, opened=name == "rough") -> None:  # noqa: ANN001
            page = wizard.progress
            page.begin(state.request.verb, states.NAMES)
            page.show_state(state)
            if opened:
                for text in ("Node.js: downloading.", "Pyright: downloading.", "Node.js: downloaded."):
                    page.details.add(f"09:41:07   {text}")
                page.details.toggle.setChecked(True)

        yield Scene(f"progress-{name}", on(PageId.PROGRESS, ways[state.request.verb], show_run))
    for name, (verb, state) in states.ENDINGS.items():
        ending = Ending(verb, state, states.FOLDER, states.NAMES)
        fill = lambda e=ending: wizard.finish.show_ending(e)  # noqa: E731
        yield Scene(f"finish-{name}", on(PageId.FINISH, ways[verb], fill))

    stop = Question(
        "stopDialog",
        "Stop the installation?",
        "What is downloaded is kept. You can go on any time.",
        "&Stop",
        "&Keep going",
    )
    yield Scene("dialog-stop", dialog(lambda: ConfirmDialog(wizard, wizard.theme, stop)))
    for name, (faults, severity) in states.FAULTS.items():
        trouble = Trouble(faults, severity, states.NAMES)
        yield Scene(f"dialog-{name}", dialog(lambda t=trouble: FaultDialog(wizard, wizard.theme, runbook, t)))


def _contact_sheet(pictures, options: argparse.Namespace) -> None:  # noqa: ANN001
    """Put all pictures onto one sheet, each under its name."""
    from PySide6.QtCore import QRect, Qt
    from PySide6.QtGui import QColor, QPainter, QPixmap

    ratio = options.scale
    width, height = 900 // 2, 640 // 2
    rows = -(-len(pictures) // COLUMNS)
    sheet = QPixmap(ratio * (COLUMNS * (width + GAP) + GAP), ratio * (rows * (height + GAP) + GAP))
    sheet.setDevicePixelRatio(ratio)
    sheet.fill(QColor("#7a7f88"))
    painter = QPainter(sheet)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for number, (name, picture) in enumerate(pictures.items()):
        left = GAP + number % COLUMNS * (width + GAP)
        top = GAP + number // COLUMNS * (height + GAP)
        fitted = picture.scaled(
            width * ratio,
            (height - 16) * ratio,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        painter.drawPixmap(left, top + 16, fitted)
        painter.setPen(QColor("white"))
        painter.drawText(QRect(left, top - 2, width, 16), Qt.AlignmentFlag.AlignLeft, name)
    painter.end()
    sheet.save(str(options.out / f"contact-{options.scheme}-{ratio * 100}.png"))


if __name__ == "__main__":
    raise SystemExit(main())
