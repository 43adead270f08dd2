"""The private names of typer that crm uses: typer contains click as the private module `_click`.

All other modules use only public names of typer. If a new version of typer breaks this module,
`tests/cli/test_typer_internals.py` says what to look for.
"""

from typer._click.core import Command, Context, Parameter
from typer._click.exceptions import ClickException, MissingParameter, NoSuchOption
from typer._click.formatting import HelpFormatter

__all__ = [
    "ClickException",
    "Command",
    "Context",
    "HelpFormatter",
    "MissingParameter",
    "NoSuchOption",
    "Parameter",
]
