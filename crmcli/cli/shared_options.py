"""Options that several commands have, declared once."""

import inspect
from collections.abc import Callable, Collection
from typing import Any

Command = Callable[..., Any]


def with_options_of(source: Command, leaving_out: Collection[str] = ()) -> Callable[[Command], Command]:
    """Return a decorator that adds the parameters of another function to a command, after its own.

    The command receives their values as keyword arguments, so it ends with `**options`.
    """

    def decorate(command: Command) -> Command:
        known = inspect.signature(source, eval_str=True).parameters
        own = inspect.signature(command, eval_str=True).parameters
        first = [each for each in own.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
        others = [each for name, each in known.items() if name not in (*own, *leaving_out)]
        parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*first, *others)]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        return command

    return decorate
