"""Where the templates, static files and migrations lie: in a checkout at its top, else in the package."""

import tomllib
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
"""The installed package `warehouse`."""


def _checkout_above(package: Path) -> Path | None:
    """The working copy of Pickface that holds `package`, or None where it was installed from a wheel."""
    try:
        project = tomllib.loads((package.parent / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return package.parent if project.get("project", {}).get("name") == "pickface" else None


CHECKOUT = _checkout_above(PACKAGE)
"""The top of the working copy; None for an installed wheel."""

_TOP = CHECKOUT or PACKAGE / "_shipped"

TEMPLATES = _TOP / "templates"
STATIC = _TOP / "static"
MIGRATIONS = _TOP / "migrations"
TRANSLATIONS = PACKAGE / "translations"
