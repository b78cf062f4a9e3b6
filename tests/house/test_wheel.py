"""The wheel: installed into an empty environment it finds all that it needs, wherever it is started."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from warehouse.paths import CHECKOUT

ASK = """
import json
from warehouse import paths
names = ("TEMPLATES", "STATIC", "MIGRATIONS", "CHECKOUT")
print(json.dumps({name: str(getattr(paths, name)) for name in names}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(CHECKOUT)]
    run(sys.executable, *build, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The programs of an environment that holds the wheel, and lends its dependencies from this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    pip = ["-m", "pip", "--quiet", "--disable-pip-version-check", "--python", str(python)]
    run(sys.executable, *pip, "install", "--no-deps", "--no-index", str(wheel), cwd=folder)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python.parent


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints when it runs outside the checkout, knowing nothing of it."""
    ours = ("PYTHON", "WAREHOUSE_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(command, cwd=cwd, env=environ, text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_carries_every_template_static_file_and_migration(wheel):
    shipped = {name for name in ZipFile(wheel).namelist() if name.startswith("warehouse/_shipped/")}
    wanted = {
        f"warehouse/_shipped/{path.relative_to(CHECKOUT)}"
        for folder in ("templates", "static", "migrations")
        for path in (CHECKOUT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= shipped
    assert "warehouse/_shipped/migrations/env.py" in shipped


def test_the_wheel_carries_every_language_as_it_was_translated(wheel):
    texts = [name for name in ZipFile(wheel).namelist() if name.startswith("warehouse/translations/")]
    assert texts == ["warehouse/translations/zh_Hans_CN/LC_MESSAGES/messages.po"]


def test_the_wheel_carries_nothing_that_is_not_the_product(wheel):
    tops = {name.partition("/")[0] for name in ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"warehouse", "devices"}


def test_the_wheel_carries_its_licence(wheel):
    assert any(name.endswith("/licenses/LICENSE") for name in ZipFile(wheel).namelist())


def test_an_installed_product_finds_its_folders_from_anywhere(installed, tmp_path):
    found = json.loads(run(installed / "python", "-c", ASK, cwd=tmp_path))
    assert found.pop("CHECKOUT") == "None"
    for place in found.values():
        assert Path(place).is_relative_to(installed.parent)
    assert Path(found["MIGRATIONS"], "env.py").is_file()


def test_an_installed_product_answers_its_command_from_anywhere(installed, tmp_path):
    assert "Usage: warehouse" in run(installed / "warehouse", "--help", cwd=tmp_path)
