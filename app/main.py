"""`medimg-workstation [PATH…]`: opens the window; `--self-test` proves an installation."""

from __future__ import annotations

import argparse
import sys

from medimg import __version__
from medimg.values.errors import UsageError
from medimg.values.notice import RESEARCH_NOTICE
from medimg.values.site import site


def main(argv: list[str] | None = None) -> int:
    """Open the window on the given paths, or prove offscreen that everything works."""
    parser = argparse.ArgumentParser(prog="medimg-workstation", description=RESEARCH_NOTICE)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="folders or files to open")
    parser.add_argument(
        "--self-test", action="store_true", help="prove this installation, offscreen"
    )
    parser.add_argument("--version", action="version", version=f"medimg-workstation {__version__}")
    args = parser.parse_args(argv)
    if args.self_test:
        from medimg_workstation.self_test import self_test

        return self_test()
    try:
        site()
    except UsageError as error:
        parser.exit(error.exit_code, f"{error}\n")
    return _open(tuple(args.paths))


def _open(paths: tuple[str, ...]) -> int:
    from medimg_workstation.settings import Settings
    from medimg_workstation.theme import Theme
    from medimg_workstation.window import TITLE, MainWindow
    from PySide6.QtWidgets import QApplication

    app = QApplication(sys.argv[:1])
    app.setApplicationName(TITLE)
    app.setStyle("Fusion")
    settings = Settings()
    theme = Theme(settings.get("theme"), text_percent=settings.text_percent)
    theme.apply()
    window = MainWindow(theme, settings)
    window.show()
    if paths:
        window.open_paths(paths)
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
