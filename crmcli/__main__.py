"""`crm`, and `python -m crmcli`: the command line, or what the shell asks while one is being typed."""

import sys

COMPLETE = "__complete"


def main() -> None:
    """Run the command line; completion needs none of it."""
    if sys.argv[1:2] == [COMPLETE]:
        from crmcli.cli import candidates

        sys.exit(candidates.main(sys.argv[2:]))
    from crmcli.cli import app

    app.main()


if __name__ == "__main__":
    main()
