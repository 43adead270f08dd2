"""`crm form` and `crm serve`: the web forms that are declared, their HTML, and the server for them."""

import sys
from typing import Annotated

import typer

from crmcli.cli.completion.offers import FORM
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.formats import for_a_terminal
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.workspace_documents import FormDocument
from crmcli.domain.model.web_forms import WebForm
from crmcli.domain.values.visible_text import visible
from crmcli.operations.messages.web_forms import known_form

LOOPBACK, PORT = "127.0.0.1", 8025


def list_forms(ctx: typer.Context) -> int:
    """List the web forms that crm.yaml declares.

    \b
    Examples:
      crm form list
      crm form list -o json
      crm form list --fields id,required
    """
    call: CommandContext = ctx.obj
    forms = [document_of(each) for each in call.request.config.forms]
    return printing.print_rows(call, forms, columns_of(FormDocument))


def document_of(form: WebForm) -> FormDocument:
    """Return a form as `crm.form/1`."""
    return FormDocument(
        id=form.id,
        title=form.title,
        route=form.route,
        fields=[each.name for each in form.fields],
        required=[each.name for each in form.fields if each.required],
        origins=list(form.origins),
    )


def print_html(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="[FORM]", help="the form's id; the only one if left out"), FORM
    ] = "",
    address: Annotated[str, typer.Option("--address", metavar="URL", help="where the form is sent to")] = "",
) -> int:
    """Print the HTML of a form for an existing site, with the hidden field against programs.

    The site must be among the `origins` of the form.

    \b
    Examples:
      crm form html
      crm form html contact --address https://forms.atre-granules.example/contact
      crm form html contact > contact.html
    """
    call: CommandContext = ctx.obj
    from crmcli.web.page import write_snippet

    form = known_form(call.request.config, name)
    page = write_snippet(form, call.request.config, address or f"http://{LOOPBACK}:{PORT}/{form.id}")
    sys.stdout.write(for_a_terminal(page, visible))
    return 0


def serve(
    ctx: typer.Context,
    forms: Annotated[
        list[str] | None,
        typer.Option("--form", metavar="FORM", help="serve this form; repeat for several"),
        FORM,
    ] = None,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="listen at this address")] = LOOPBACK,
    port: Annotated[int, typer.Option("--port", metavar="N", help="listen at this port; 0 is any")] = PORT,
    proxies: Annotated[
        list[str] | None,
        typer.Option("--proxy", metavar="ADDRESS", help="believe X-Forwarded-For from this proxy"),
    ] = None,
) -> int:
    """Serve web forms until the process ends; what is sent is stored before it is answered.

    Needs the extra `web`: pip install 'crm-plain[web]'. Put a web server with HTTPS in front of it.

    \b
    Examples:
      crm serve --form contact
      crm serve --form contact --port 8100
      crm serve --form contact --proxy 127.0.0.1
    """
    call: CommandContext = ctx.obj
    from crmcli.web.serve import serve_forms

    serve_forms(str(call.request.workspace.root), forms or [], host, port, proxies or [])
    return 0
