"""Reading of `crm.yaml`, with unknown keys refused."""

from pathlib import Path

from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Part
from crmcli.domain.values.suggest import suggest_name
from crmcli.store import records
from crmcli.store.codec import typed_values
from crmcli.store.codec.parser import locate
from crmcli.store.unreadable import UnreadableError


def read_config(path: Path, content: bytes) -> Config:
    """Parse a configuration; an unknown key is an error.

    Raises UnreadableError with the place that is wrong.
    """
    config = records.read_record(path, content, Config).value
    text = content.decode("utf-8")
    if config.schema > records.NEWEST_SCHEMA:
        reason = f"is {config.schema}, this crm reads {records.NEWEST_SCHEMA}"
        raise UnreadableError(path, locate(text, ("schema",)), "schema", reason)
    refuse_unknown(path, content, config)
    if config.only_stages and config.pipelines:
        reason = "has stages beside pipelines; each pipeline holds its own"
        raise UnreadableError(path, locate(text, ("stages",)), "stages", reason)
    if not config.stages:
        raise UnreadableError(path, locate(text, ("stages",)), "stages", "is empty")
    for index, pipeline in enumerate(config.pipelines):
        if not pipeline.stages:
            raise UnreadableError(
                path, locate(text, ("pipelines", index)), f"pipelines.{index}.stages", "is empty"
            )
    return config


def refuse_unknown(path: Path, content: bytes, part: Part) -> None:
    """Check that every key of a file is known.

    Raises UnreadableError with the place of an unknown key, and the nearest known one.
    """
    for key, known in typed_values.unknown_keys(part):
        hint = suggest_name(str(key[-1]), known)
        reason = f"means nothing here{f'; {hint}' if hint else ''}"
        raise UnreadableError(path, locate(content.decode("utf-8"), key), ".".join(map(str, key)), reason)
