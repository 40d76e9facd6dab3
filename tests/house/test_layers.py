"""The house: arrows point down, the domain stands on the standard library alone, files stay small."""

import ast
import sys
from pathlib import Path

import pytest
from importlinter.application.use_cases import lint_imports
from importlinter.configuration import configure

PACKAGE = Path(__file__).parents[2] / "nudger"
MODULES = sorted(PACKAGE.rglob("*.py"))


def test_layers_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import contracts in pyproject.toml are kept."""
    monkeypatch.chdir(PACKAGE.parent)
    configure()
    assert lint_imports(is_debug_mode=False, cache_dir=None) is True


@pytest.mark.parametrize("path", sorted((PACKAGE / "domain").glob("*.py")), ids=lambda path: path.stem)
def test_domain_imports_the_standard_library_alone(path: Path) -> None:
    """A domain module imports the standard library and its neighbours, nothing else."""
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    foreign = {
        name
        for name in imported
        if not name.startswith("nudger.domain") and name.split(".")[0] not in sys.stdlib_module_names
    }
    assert set() == foreign


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_stay_small(path: Path) -> None:
    """No file grows past 400 lines: one subject each."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_no_file_is_named_for_no_subject() -> None:
    """Names like utils or helpers attract everything, so there are none."""
    vague = {"utils", "helpers", "common", "base", "manager", "core", "models", "views"}
    assert set() == {path.stem for path in MODULES} & vague
