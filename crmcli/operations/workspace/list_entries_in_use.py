"""The stages, custom fields and types of activities of a workspace, with how many open records use each."""

from crmcli.domain.documents.entry_documents import FieldDocument, StageDocument, TypeDocument
from crmcli.domain.records.documents import plain_data
from crmcli.operations.request import Request


def list_stages(request: Request) -> list[StageDocument]:
    """Return the stages of all pipelines, in order."""
    config = request.config
    used = request.reading_all("opportunities").index.count_open("record", request.viewing)
    if None in used:  # without a stage, a record is in the first one
        used[config.stages[0].id] = used.get(config.stages[0].id, 0) + used[None]
    return [
        StageDocument(
            id=stage.id,
            label=stage.title,
            pipeline=pipeline.id if (pipeline := config.pipeline(stage.id)) else None,
            probability=plain_data(stage.probability),
            outcome=stage.outcome.value if stage.outcome else None,
            requires=list(config.required(stage)),
            open=used.get(stage.id, 0),
        )
        for stage in config.stages
    ]


def list_custom_fields(request: Request) -> list[FieldDocument]:
    """Return the custom fields, in order."""
    used = request.reading_all("opportunities").index.count_open("custom", request.viewing)
    return [
        FieldDocument(
            id=field.name,
            label=field.label,
            type=field.type.value,
            choices=list(field.choices),
            open=used.get(f"field.{field.name}", 0),
        )
        for field in request.config.fields
    ]


def list_activity_types(request: Request) -> list[TypeDocument]:
    """Return the types of activities, in order."""
    used = request.reading_all("opportunities").index.count_open("activity", request.viewing)
    return [
        TypeDocument(
            id=kind.id,
            label=kind.title,
            suggests=kind.suggests,
            triggers=kind.triggers,
            planned=used.get(kind.id, 0),
        )
        for kind in request.config.activity_types
    ]
