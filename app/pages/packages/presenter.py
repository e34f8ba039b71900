"""Reads the catalogue and checks hashes off the window's thread."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from medimg_workstation.pages.packages.state import Failed, Loading, PackagesState, Ready
from medimg_workstation.work import Work

from medimg.packages.catalogue import Catalogue, survey, verify
from medimg.packages.manifest import Package
from medimg.values.errors import PackageRefused

CARD = "docs/README.md"


class PackagesView(Protocol):
    """What the presenter needs of the view."""

    def show_state(self, state: PackagesState) -> None:
        """Draw a state: the only way in."""


class PackagesPresenter:
    """One for the page of packages; no widget inside."""

    def __init__(self, view: PackagesView, work: Work) -> None:
        self._view, self._work = view, work
        self._state: PackagesState = Loading()
        self._wanted = ""

    @property
    def titles(self) -> dict[str, str]:
        """Titles by id of the packages that are listed."""
        if not isinstance(self._state, Ready):
            return {}
        return {package.id: package.title for package in self._state.packages}

    def load(self) -> None:
        """Read the catalogue again; hashes are checked after the list is shown."""
        self._work.run(survey, self._surveyed, lambda failure: self._show(Failed(failure)))

    def select(self, package_id: str) -> None:
        """Open a card, as soon as there is one."""
        self._wanted = package_id
        if isinstance(self._state, Ready):
            self._show(replace(self._state, selected=package_id))

    def _surveyed(self, catalogue: Catalogue) -> None:
        found = tuple(catalogue.packages.values())
        first = self._wanted or (found[0].id if found else "")
        self._show(Ready(found, catalogue.damaged, first))
        self._work.run(
            lambda: [(p.id, _check(p), _card(p)) for p in found],
            self._checked,
            lambda failure: self._show(Failed(failure)),
        )

    def _checked(self, results: list[tuple[str, str, str]]) -> None:
        if isinstance(self._state, Ready):
            checks = {key: word for key, word, _ in results}
            cards = {key: text for key, _, text in results}
            self._show(replace(self._state, checks=checks, cards=cards))

    def _show(self, state: PackagesState) -> None:
        self._state = state
        self._view.show_state(state)


def _check(package: Package) -> str:
    try:
        verify(package)
    except PackageRefused as error:
        return str(error)
    return ""


def _card(package: Package) -> str:
    path = package.folder / CARD
    return path.read_text("utf-8") if path.is_file() else ""
