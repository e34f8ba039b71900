"""Findings, most concerning first: name, decision, bar, "78 of 100 such images (69–85)"."""

from __future__ import annotations

from html import escape

from medimg_workstation.pages.read.state import Result
from medimg_workstation.theme import Theme
from medimg_workstation.widgets.painted import DECISIONS, BarKey, Chip, ProbabilityBar
from medimg_workstation.widgets.section import Section
from medimg_workstation.widgets.text import column, label, line, notice, rich, row
from PySide6.QtWidgets import QFrame

from medimg.display.wording import such_images
from medimg.values.analysis import Analysis
from medimg.values.findings import Decision, Finding
from medimg.values.verdict import Outcome

_CONCERN = {Decision.FLAGGED: 0, Decision.BORDERLINE: 1, Decision.NOT_FLAGGED: 2}


def concerning_first(analyses: tuple[Analysis, ...]) -> tuple[Finding, ...]:
    """All findings, flagged before borderline before not flagged, higher first."""
    findings = [finding for analysis in analyses for finding in analysis.findings]
    return tuple(sorted(findings, key=lambda f: (_CONCERN[f.decision], -f.probability)))


def warnings(analyses: tuple[Analysis, ...]) -> tuple[str, ...]:
    """What the gate warned of, each sentence once."""
    reasons = [
        reason.sentence
        for analysis in analyses
        for reason in analysis.verdict.reasons
        if reason.outcome is Outcome.WARN
    ]
    return tuple(dict.fromkeys(reasons))


def notes(analyses: tuple[Analysis, ...]) -> tuple[str, ...]:
    """What was done to the image on the way, each sentence once."""
    return tuple(dict.fromkeys(note for analysis in analyses for note in analysis.notes))


class FindingsSection(Section):
    """Warnings above, a row per finding, the key to the bar below."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Findings")
        self._theme = theme
        self.body.setSpacing(0)

    def show_result(self, result: Result | None) -> None:
        """List what the packages said; says how to get an answer where there is none."""
        self.empty()
        if result is None:
            self.say("")
            self.body.addWidget(label("Run a package to see findings.", "second"))
            return
        for sentence in warnings(result.analyses):
            self.body.addWidget(notice(self._theme, sentence))
            self.body.addSpacing(8)
        self._show_findings(concerning_first(result.analyses))
        for note in notes(result.analyses):
            self.body.addSpacing(4)
            self.body.addWidget(label(note, "second", wrap=True))

    def _show_findings(self, findings: tuple[Finding, ...]) -> None:
        self.say("calibrated" if findings else "")
        if not findings:
            words = "These packages mark regions and give no probability."
            self.body.addWidget(label(words, "second", wrap=True))
            return
        for i, finding in enumerate(findings):
            if i:
                self.body.addWidget(line())
            self.body.addWidget(self._row(finding))
        self.body.addWidget(line())
        self.body.addSpacing(6)
        self.body.addWidget(BarKey(self._theme))
        self.body.addWidget(label(_assumption(findings), "second", wrap=True))

    def _row(self, finding: Finding) -> QFrame:
        token, icon = DECISIONS[finding.decision]
        count, such, interval = (escape(part) for part in such_images(finding))
        muted = self._theme.tokens.muted
        figure = rich(f'<b>{count}</b> <span style="color:{muted}">{such}</span> {interval}')
        figure.setObjectName("finding-figure")
        head = row(
            label(finding.label, "strong"),
            None,
            Chip(self._theme, finding.decision.value, token, icon),
        )
        frame = QFrame()
        inside = column(
            head, ProbabilityBar(self._theme, finding), figure, gap=2, margins=(0, 8, 0, 8)
        )
        frame.setLayout(inside)
        frame.setFixedHeight(max(84, inside.minimumSize().height()))
        return frame


def _assumption(findings: tuple[Finding, ...]) -> str:
    shares = sorted({round(f.prevalence * 100) for f in findings})
    words = " or ".join(str(share) for share in shares)
    return f"Assumes that {words} of 100 images like these have it."
