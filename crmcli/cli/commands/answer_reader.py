"""How answers that people type or write are understood in this workspace, today."""

from functools import partial

from crmcli.cli.context import CommandContext
from crmcli.cli.regex_timeout import Patience
from crmcli.domain.localization.days import parse_day
from crmcli.domain.model.answer_types import Reader


def reader(call: CommandContext) -> Reader:
    """Days as they are typed here, patterns searched with patience."""
    return Reader(
        partial(parse_day, today=call.request.today, config=call.request.config), Patience().searching
    )
