"""What fits: a card a package with its figure of merit and Run; the others folded, with why."""

from __future__ import annotations

from medimg_workstation.pages.read.state import Done, Fit, Running, Stopped
from medimg_workstation.theme import Theme
from medimg_workstation.widgets.painted import Chip, ProgressLine
from medimg_workstation.widgets.section import Section
from medimg_workstation.widgets.text import button, card, clear, column, label, notice, row
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from medimg.display.wording import duration, left
from medimg.values.verdict import Outcome

#: Reasons on a refused card; the card of the package holds the whole contract.
MOST_REASONS = 2


class FitCard(QWidget):
    """One fitting package: what it is for, how good it is, and the one thing to do with it."""

    run_wanted = Signal(str)
    """Run this package; carries its id."""
    stop_wanted = Signal(str)
    """Stop it; carries its id."""
    card_wanted = Signal(str)
    """Open its card; carries its id."""

    def __init__(self, theme: Theme, fit: Fit) -> None:
        super().__init__()
        self._theme, self._fit = theme, fit
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._stage = label("", "small")
        self._left = label("", "second")
        self._bar = ProgressLine(theme)
        self.setObjectName(f"fit-{fit.package_id}")
        self._build()

    def show_fit(self, fit: Fit) -> None:
        """Draw another state of the same package; while it runs only the figures move."""
        before, self._fit = self._fit, fit
        if isinstance(before.run, Running) and isinstance(fit.run, Running):
            self._tell(fit.run)
        elif before != fit:
            self._build()

    def _build(self) -> None:
        clear(self._outer)
        fit, run = self._fit, self._fit.run
        body = column(self._head(), gap=4)
        if isinstance(run, Running):
            self._stage, self._left = label("", "small"), label("", "second")
            self._bar = ProgressLine(self._theme)
            body.addLayout(row(self._stage, None, self._left))
            body.addWidget(self._bar)
            self._tell(run)
        else:
            body.addWidget(label(fit.summary, "second", wrap=True))
            self._add_merit(body)
        if isinstance(run, Stopped):
            body.addWidget(notice(self._theme, run.failure.sentence, "danger"))
            if run.failure.todo:
                body.addWidget(label(run.failure.todo, "second", wrap=True))
        if fit.is_non_commercial:
            body.addWidget(label("Non-commercial use only", "second", "warn"))
        tone = (
            "accent" if isinstance(run, Running) else "danger" if isinstance(run, Stopped) else ""
        )
        self._outer.addWidget(card(body, tone))

    def _head(self) -> QVBoxLayout:
        fit, run = self._fit, self._fit.run
        title = label(fit.title, "strong", wrap=True)
        if isinstance(run, Running):
            act = button("Stop", lambda: self.stop_wanted.emit(fit.package_id), small=True)
            act.setIcon(self._theme.icon("cross"))
        else:
            words = "Run again" if isinstance(run, Done | Stopped) else "Run"
            look = "primary" if words == "Run" else ""
            act = button(words, lambda: self.run_wanted.emit(fit.package_id), look, small=True)
            icon, token = ("again", "text") if words != "Run" else ("play", "on_accent")
            act.setIcon(self._theme.icon(icon, token))
        act.setObjectName(f"run-{fit.package_id}")
        act.setAccessibleName(f"{act.text()}: {fit.title}")
        line = row(title, act)
        line.setStretch(0, 1)
        line.setAlignment(act, Qt.AlignmentFlag.AlignTop)
        return column(line, gap=0)

    def _add_merit(self, body: QVBoxLayout) -> None:
        fit = self._fit
        more = button("Card", lambda: self.card_wanted.emit(fit.package_id), "link")
        more.setAccessibleName(f"Card of {fit.title}")
        if fit.merit is None:
            body.addLayout(row(label("No figure of merit", "second"), None, more))
            return
        name, value, interval, note = fit.merit
        words = row(
            label(name, "small"),
            label(value, "figure"),
            label(interval, "small"),
            None,
            more,
            gap=4,
        )
        body.addLayout(words)
        if note:
            body.addWidget(label(note, "second", wrap=True))

    def _tell(self, run: Running) -> None:
        self._stage.setText(run.stage)
        self._left.setText(left(run.left_s))
        self._bar.show_fraction(run.fraction)


class FitsSection(Section):
    """Cards of what fits; what does not, folded below with reasons."""

    run_wanted = Signal(str)
    stop_wanted = Signal(str)
    card_wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__("What fits")
        self._theme = theme
        self._cards: dict[str, FitCard] = {}
        self._shown: tuple[str, ...] | None = None
        self._refusals: tuple[Fit, ...] = ()
        self._is_unfolded = False
        self._fold = QFrame()

    def show_fits(self, fits: tuple[Fit, ...] | None, waiting: str = "") -> None:
        """Draw the packages beside the open series; None while they are not judged yet."""
        if fits is None:
            self._shown, self._cards = None, {}
            self.empty()
            self.say("")
            self.body.addWidget(label(waiting, "second", wrap=True))
            return
        good = tuple(f for f in fits if not f.is_refused)
        refused = tuple(f for f in fits if f.is_refused)
        self._say_note(fits, good)
        ids = tuple(f.package_id for f in fits)
        if ids != self._shown or refused != self._refusals:
            self._build(good, refused)
            self._shown, self._refusals = ids, refused
        for fit in good:
            self._cards[fit.package_id].show_fit(fit)

    def _say_note(self, fits: tuple[Fit, ...], good: tuple[Fit, ...]) -> None:
        done = [f.run.seconds for f in good if isinstance(f.run, Done)]
        running = sum(isinstance(f.run, Running) for f in good)
        if running:
            self.say(f"{running} running")
        elif any(isinstance(f.run, Stopped) for f in good):
            self.say("✕ stopped", "danger")
        elif done:
            self.say(f"✓ done in {duration(done[-1])}", "ok")
        elif not fits:
            self.say("no package is installed")
        else:
            self.say("" if good else "nothing fits this image")

    def _build(self, good: tuple[Fit, ...], refused: tuple[Fit, ...]) -> None:
        self.empty()
        self._cards = {}
        for fit in good:
            made = FitCard(self._theme, fit)
            made.run_wanted.connect(self.run_wanted)
            made.stop_wanted.connect(self.stop_wanted)
            made.card_wanted.connect(self.card_wanted)
            self._cards[fit.package_id] = made
            self.body.addWidget(made)
        if refused:
            self._add_refusals(refused, open_=self._is_unfolded or not good)

    def _add_refusals(self, refused: tuple[Fit, ...], *, open_: bool) -> None:
        count = len(refused)
        words = f"{count} package{'s do' if count > 1 else ' does'} not fit this image"
        head = button(words, None, "quiet", small=True)
        head.setCheckable(True)
        head.setObjectName("refused-fold")
        self._fold = QFrame()
        self._fold.setLayout(column(*(self._refusal(f) for f in refused), gap=8))

        def fold(is_open: bool) -> None:
            self._fold.setVisible(is_open)
            head.setIcon(self._theme.icon("chevron-down" if is_open else "chevron-right", "muted"))

        def remember(is_open: bool) -> None:
            self._is_unfolded = is_open

        head.clicked.connect(remember)
        head.toggled.connect(fold)
        self.body.addWidget(head)
        self.body.addWidget(self._fold)
        head.setChecked(open_)
        fold(open_)

    def _refusal(self, fit: Fit) -> QFrame:
        chip = Chip(self._theme, "refused", "danger", "refused")
        title = label(fit.title, "strong", wrap=True)
        head = row(title, chip)
        head.setStretch(0, 1)
        head.setAlignment(chip, Qt.AlignmentFlag.AlignTop)
        more = button("Show the card", lambda: self.card_wanted.emit(fit.package_id), "link")
        against = [r.sentence for r in fit.verdict.reasons if r.outcome is Outcome.REFUSE]
        reasons = [label(sentence, "small", wrap=True) for sentence in against[:MOST_REASONS]]
        return card(column(head, *reasons, row(more, None), gap=4), "danger")
