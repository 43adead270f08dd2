"""Whether a program prints colours, as the environment says."""

from collections.abc import Mapping


def allows_colour(environment: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Tell whether to print colours: NO_COLOR forbids them, CLICOLOR_FORCE asks for them, else at a terminal.

    NO_COLOR (no-color.org) and CLICOLOR_FORCE (bixense.com/clicolors) are what other programs read, too.

    >>> allows_colour({"TERM": "dumb"}, is_terminal=True), allows_colour({}, is_terminal=True)
    (False, True)
    """
    if environment.get("NO_COLOR"):
        return False
    if environment.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return is_terminal and environment.get("TERM") != "dumb"
