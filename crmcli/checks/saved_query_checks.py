"""Checks of the saved queries and views in `crm.yaml`."""

from datetime import date
from functools import partial

from crmcli.domain.documents.column_declarations import list_column_names
from crmcli.domain.documents.record_documents import ActivityDocument, ContactDocument, OpportunityDocument
from crmcli.domain.documents.typed_document import TypedDocument
from crmcli.domain.model.config import Config, View
from crmcli.domain.model.problems import Problem, Problems, check_known, check_value
from crmcli.domain.values.folding import fold_text
from crmcli.query import query_parser
from crmcli.query.query_model import QueryContext

SOME_DAY = date(2000, 1, 1)  # any day: whether a query is valid does not depend on it

LISTS: dict[str, tuple[type[TypedDocument], ...]] = {  # whose usual columns a view of this name changes
    "list": (OpportunityDocument,),
    "due": (ActivityDocument,),
    "contacts": (ContactDocument,),
}


def check_saved_queries(config: Config) -> Problems:
    """Yield a problem for each saved query that is not valid."""
    asker = QueryContext(config, SOME_DAY, me=lambda: config.users[0].id if config.users else "somebody")
    for name in config.saved_queries:
        place = ("queries",) if name in config.queries else ("views",)
        yield from check_value(place, name, partial(query_parser.parse_query, [f"@{name}"], asker))
        if name in config.queries and name in config.views:
            yield Problem(("views", name), "is the name of a saved query, too", "give it another one")
    for name, view in config.views.items():
        yield from check_view_columns(name, view, config)
        for key in ("query", "sort"):
            if name in LISTS and getattr(view, key):
                what = f"has no effect: a view called {name} changes the columns of that list"
                yield Problem(("views", name, key), what, "give the view another name: crm list @NAME")


def check_view_columns(name: str, view: View, config: Config) -> Problems:
    """Yield a problem for each column of a view that its list does not have."""
    kinds = LISTS.get(name, (OpportunityDocument, ActivityDocument))
    own = {name for each in config.fields for name in (f"field.{each.name}", *each.shown_names)}
    known = sorted(own.union(*map(list_column_names, kinds)))
    folded = set(map(fold_text, known))
    signed = [column for column in view.columns if column.startswith(("+", "-"))]
    if signed and len(signed) < len(view.columns):
        hint = "+a, -b changes the usual columns, a, b replaces them"
        yield Problem(("views", name, "columns"), "some have a sign and some have none", hint)
    for index, column in enumerate(view.columns):
        wanted = column.removeprefix("+").removeprefix("-")
        if not wanted.startswith("answer.") and fold_text(wanted) not in folded:
            yield from check_known(("views", name, "columns", index), "column", wanted, known)
