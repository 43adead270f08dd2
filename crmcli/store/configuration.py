"""`crm.yaml` as text: read, and what means nothing in it refused."""

from pathlib import Path

from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Part
from crmcli.domain.values.suggest import suggest_name
from crmcli.store import records
from crmcli.store.codec import typed_values
from crmcli.store.codec.parser import line_of
from crmcli.store.unreadable import UnreadableError


def read_config(path: Path, content: bytes) -> Config:
    """The configuration that these bytes hold; a key that means nothing is an error.

    Raises UnreadableError with the line that is wrong.
    """
    config = records.read_record(path, content, Config).value
    text = content.decode("utf-8")
    if config.schema > records.NEWEST_SCHEMA:
        reason = f"is {config.schema}, this crm reads {records.NEWEST_SCHEMA}"
        raise UnreadableError(path, line_of(text, ("schema",)), "schema", reason)
    refuse_unknown(path, content, config)
    if config.only_stages and config.pipelines:
        reason = "has stages beside pipelines; each pipeline holds its own"
        raise UnreadableError(path, line_of(text, ("stages",)), "stages", reason)
    if not config.stages:
        raise UnreadableError(path, line_of(text, ("stages",)), "stages", "is empty")
    for index, pipeline in enumerate(config.pipelines):
        if not pipeline.stages:
            raise UnreadableError(
                path, line_of(text, ("pipelines", index)), f"pipelines.{index}.stages", "is empty"
            )
    return config


def refuse_unknown(path: Path, content: bytes, part: Part) -> None:
    """Make sure that every key of a file means something.

    Raises UnreadableError with the line of one that does not, and the nearest that does.
    """
    for key, known in typed_values.unknown_keys(part):
        hint = suggest_name(str(key[-1]), known)
        reason = f"means nothing here{f'; {hint}' if hint else ''}"
        raise UnreadableError(path, line_of(content.decode("utf-8"), key), ".".join(map(str, key)), reason)
