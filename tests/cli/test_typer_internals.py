"""crm stands on a private part of typer in one module. If a test here fails, typer has moved that part.

What to do then: typer ships click's classes; look in the new typer (`python -c "import typer; print(typer.__file__)"`)
for the module that defines `NoSuchOption`, `HelpFormatter` and `Context`, and change the imports of
`crmcli/cli/typer_internals.py`. If typer depends on the package `click` again, import them from there.
Then raise the upper bound of typer in pyproject.toml and run `make lock`.
"""

import re
from pathlib import Path

import pytest
import typer

import crmcli
from crmcli.cli import app, typer_internals

PACKAGE = Path(crmcli.__file__).parent


def test_no_other_module_imports_a_private_part_of_typer() -> None:
    private = re.compile(r"^\s*(from|import) (typer\._|click)", re.M)
    found = [path.name for path in PACKAGE.rglob("*.py") if private.search(path.read_text("utf-8"))]
    assert found == ["typer_internals.py"]


def test_the_command_line_is_built_of_the_classes_that_are_imported() -> None:
    program = app.build_program()
    assert isinstance(program, typer_internals.Command)
    context = program.make_context("crm", ["list"], resilient_parsing=True)
    assert isinstance(context, typer_internals.Context)
    assert all(isinstance(each, typer_internals.Parameter) for each in program.params)


def test_an_unknown_option_is_the_error_that_is_caught() -> None:
    command = app.build_parser(lambda: None, "x", typer.core.TyperCommand)
    with pytest.raises(typer_internals.NoSuchOption) as error:
        command.main(["--nonsense"], standalone_mode=False)
    assert isinstance(error.value, typer_internals.ClickException)
    assert error.value.option_name == "--nonsense"
