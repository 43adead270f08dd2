"""`crm`, and `python -m crmcli`: the command line, or what the shell asks while one is being typed."""

import gc
import os
import sys
from contextlib import suppress

COMPLETE = "__complete"


def main() -> None:
    """Run the command line, and leave at once.

    A command is over before its garbage matters: neither while modules load nor at the end is any of
    it collected, which takes Python a fifth of the time that loading typer takes.
    """
    gc.disable()
    status = run(sys.argv[1:])
    with suppress(OSError):  # a command that is to end well has flushed already
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    os._exit(status)


def run(arguments: list[str]) -> int:
    """The exit code of this call; completion needs none of the command line's modules."""
    if arguments[:1] == [COMPLETE]:
        from crmcli.cli.completion import engine

        return engine.complete_line(arguments[1:])
    from crmcli.cli import app

    return app.run_program()


if __name__ == "__main__":
    main()
