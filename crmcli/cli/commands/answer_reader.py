"""How answers that people type or write are understood in this workspace, today."""

from functools import partial

from crmcli.cli.context import Invocation
from crmcli.cli.regex_timeout import Patience
from crmcli.domain.model.answer_types import Reader
from crmcli.domain.localization.days import parse_day


def reader(call: Invocation) -> Reader:
    """Days as they are typed here, patterns searched with patience."""
    return Reader(partial(parse_day, today=call.today, config=call.config), Patience().searching)
