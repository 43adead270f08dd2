"""Files with test scenarios for rules: `pipeline_data/scenarios/*.yaml`, or any other."""

from pathlib import Path

from crmcli.domain.rules.scenarios import Script
from crmcli.store import records
from crmcli.store.configuration import refuse_unknown
from crmcli.store.transactions import files
from crmcli.store.unreadable import UnreadableError

FOLDER = "pipeline_data/scenarios"


def find_scenarios(root: Path) -> list[Path]:
    """Return the scenario files of a workspace."""
    return sorted((root / FOLDER).glob("*.yaml"))


def read_scenarios(path: Path) -> Script:
    """Read the scenarios of a file.

    Raises UnreadableError with the line that is wrong.
    """
    try:
        content = files.read_file(path)
    except OSError as error:
        raise UnreadableError(path, None, "", f"cannot be read: {error.strerror}") from error
    if content is None:
        raise UnreadableError(path, None, "", "does not exist")
    script = records.read_record(path, content, Script).value
    refuse_unknown(path, content, script)
    return script
