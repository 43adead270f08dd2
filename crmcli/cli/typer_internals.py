"""What crm needs of typer beyond its public names: typer carries click inside, under a private name.

Everything else in the package imports `typer` alone. Where a new typer breaks this module,
`tests/cli/test_typer_internals.py` says what to look for.
"""

from typer._click.core import Command, Context, Parameter
from typer._click.exceptions import ClickException, NoSuchOption
from typer._click.formatting import HelpFormatter

__all__ = ["ClickException", "Command", "Context", "HelpFormatter", "NoSuchOption", "Parameter"]
