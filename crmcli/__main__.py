"""`python -m crmcli`."""

from crmcli.cli.app import main

main()
