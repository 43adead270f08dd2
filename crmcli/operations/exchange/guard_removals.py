"""The guard against a mistyped query that would empty a folder of calendar or contact files."""

from collections.abc import Set

from crmcli.domain.values.errors import RefusedError


def refuse_removals(known: Set[str], unmatched: Set[str]) -> None:
    """Refuse to remove most of the known items only because they do not match; one alone may go.

    Written again, they would lack what crm does not know: photos, birthdays, colours.
    """
    if len(unmatched) > 1 and 2 * len(unmatched) > len(known):
        raise RefusedError(
            f"{len(unmatched)} of {len(known)} items do not match and would be removed; nothing was changed",
            hint="check the query; --remove removes them",
        )
