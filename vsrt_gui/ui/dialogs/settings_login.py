"""The proxy's user name and password, which go to the system's keyring and never into a file."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLineEdit, QVBoxLayout

from vsrt_gui.ui.dialogs.settings_rules import MistakeError, ProxyLogin
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.labels import label, restyle, toned


class LoginRow(QFrame):
    """Two lines, or a sentence where this computer has no keyring."""

    edited = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("settingRow")
        self._available = False
        self._kept = ""
        self.user = self._line(theme, "proxyUserEdit", self.tr("User name for the proxy"))
        self.password = self._line(theme, "proxyPasswordEdit", self.tr("Password for the proxy"))
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self._help = label(theme, Size.SMALL, muted=True)
        self._help.setObjectName("proxyLoginHelp")
        self._mistake = label(theme, Size.SMALL)
        self._mistake.setObjectName("proxyLoginMistake")
        self._mistake.hide()
        toned(self._mistake, Tone.DANGER)
        self._captions = (label(theme, text=self.tr("User name")), label(theme, text=self.tr("Password")))
        self._lay_out(theme)
        self.show_kept(None)
        self._help.setText(self.tr("Looking for this computer's keyring…"))

    def show_kept(self, user: str | None) -> None:
        """Show what the keyring said; a password is never shown.

        Args:
            user: the name that it holds, empty for none; None where there is no keyring.
        """
        self._available, self._kept = user is not None, user or ""
        for widget in (*self._captions, self.user, self.password):
            widget.setVisible(self._available)
        if self._available:
            self._help.setText(
                self.tr("Only if the proxy asks for them. They are kept in this computer's keyring.")
            )
            self.user.setText(self._kept)
            self.password.setPlaceholderText(self.tr("Kept in the keyring") if user else "")
        else:
            self._help.setText(
                self.tr(
                    "This computer has no keyring that is open, so no password can be kept. A proxy that asks for "
                    "one can't be used from here; your IT department may know another way."
                )
            )

    def wish(self, proxy: str | None) -> ProxyLogin | None:
        """Return what is to be done with the keyring, None for nothing.

        Args:
            proxy: the address that it is for, None where no proxy is set by hand.

        Raises:
            MistakeError: one of the two is missing.
        """
        user, password = self.user.text().strip(), self.password.text()
        if proxy is None or not self._available or (user == self._kept and not password):
            return None
        if password and not user:
            raise MistakeError(self.tr("Write the user name, too."))
        if user and not password:
            raise MistakeError(self.tr("Write the password that belongs to this user name."))
        return ProxyLogin(proxy, user, password or None)

    def check(self, proxy: str | None) -> bool:
        """Tell below the lines what is wrong with them, and whether nothing is."""
        try:
            self.wish(proxy)
        except MistakeError as mistake:
            self.refuse(str(mistake))
            return False
        self.refuse("")
        return True

    def refuse(self, why: str) -> None:
        """Say what is wrong, an empty text that nothing is."""
        self._mistake.setText(why)
        self._mistake.setVisible(bool(why))
        restyle(self, "wrong", bool(why))

    def _line(self, theme: Theme, name: str, spoken: str) -> QLineEdit:
        made = QLineEdit()
        made.setObjectName(name)
        made.setAccessibleName(spoken)
        made.setFont(theme.font(Size.BODY))
        made.textEdited.connect(self._typing)
        return made

    def _typing(self) -> None:
        self.refuse("")
        self.edited.emit()

    def _lay_out(self, theme: Theme) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, (caption, line) in enumerate(zip(self._captions, (self.user, self.password), strict=True)):
            caption.setWordWrap(False)
            caption.setBuddy(line)
            grid.addWidget(caption, row, 0)
            grid.addWidget(line, row, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 13)
        column.setSpacing(7)
        column.addWidget(label(theme, Size.STRONG, self.tr("Sign in to the proxy")))
        column.addWidget(self._help)
        column.addLayout(grid)
        column.addWidget(self._mistake)
