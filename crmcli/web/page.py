"""The HTML of a web form: its page, the answers to it, the snippet for an existing site; always escaped."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup

from crmcli.domain.incoming.form_submission import (
    LONGEST,
    LONGEST_LINE,
    Submission,
    field_choices,
    input_type,
)
from crmcli.domain.incoming.form_texts import field_label, form_texts
from crmcli.domain.model.config import Config
from crmcli.domain.model.web_forms import FormField, InputType, WebForm

TOKEN = "form-token"  # noqa: S105 - the name of a field
INPUTS = {InputType.EMAIL: "email", InputType.PHONE: "tel"}
AUTOCOMPLETE = {
    "name": "name",
    "first_name": "given-name",
    "email": "email",
    "phone": "tel",
    "company": "organization",
    "street": "street-address",
    "postcode": "postal-code",
    "city": "address-level2",
}
STYLE = """
*{box-sizing:border-box}
body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:#1b1b1b;background:#fff;overflow-wrap:anywhere}
main{max-width:38rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;line-height:1.25}
.field,fieldset{margin:0 0 1.25rem;padding:0;border:0;min-width:0}
label,legend{font-weight:600}
.mark{font-weight:400;color:#555}
input[type=text],input[type=email],input[type=tel],textarea,select{display:block;width:100%;font:inherit;
padding:.5rem;border:1px solid #6b6b6b;border-radius:.25rem;background:#fff;color:inherit}
.check{display:flex;gap:.5rem;margin:.25rem 0}.check label{font-weight:400}
.check input{width:1.5rem;height:1.5rem;flex:none}
:focus-visible{outline:3px solid #0b57d0;outline-offset:2px}
.faulty{border-left:4px solid #b3261e;padding-left:.75rem}
.faulty input,.faulty textarea,.faulty select{border-color:#b3261e}
.fault{margin:.25rem 0;color:#b3261e;font-weight:600}
.notice{padding:.75rem;border-left:4px solid #555;background:#f2f2f2}
.privacy{color:#444;font-size:.9rem}
button{font:inherit;font-weight:600;padding:.75rem 1.5rem;min-height:2.75rem;border:0;border-radius:.25rem;
background:#0b57d0;color:#fff}
.apart{position:absolute;left:-9999px;top:auto;width:1px;height:1px;overflow:hidden}
"""
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


class ShownField(NamedTuple):
    """A field as the templates show it."""

    name: str
    label: str
    type: str
    input: str
    required: bool
    choices: tuple[str, ...]
    values: tuple[str, ...]
    fault: str
    is_first_fault: bool
    longest: int
    autocomplete: str


@cache
def load_template(name: str) -> jinja2.Template:
    """Return a template of this package; every value in it is escaped."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(resources.files(__package__).joinpath(name).read_text("utf-8"))


def show_fields(form: WebForm, config: Config, submission: Submission | None = None) -> list[ShownField]:
    """Return the fields of a form, with what the visitor typed and what is wrong with it."""
    faults = submission.faults if submission else {}
    first = next((each.name for each in form.fields if each.name in faults), "")
    return [
        show_field(each, config, submission.values.get(each.name, ()) if submission else (), faults, first)
        for each in form.fields
    ]


def show_field(
    field: FormField, config: Config, values: tuple[str, ...], faults: Mapping[str, str], first: str
) -> ShownField:
    """Return a field as the templates show it."""
    kind = input_type(field, config)
    return ShownField(
        name=field.name,
        label=field_label(field, config),
        type=str(kind),
        input=INPUTS.get(kind, "text"),
        required=field.required,
        choices=field_choices(field, config),
        values=values,
        fault=faults.get(field.name, ""),
        is_first_fault=field.name == first,
        longest=LONGEST.get(kind, LONGEST_LINE),
        autocomplete=AUTOCOMPLETE.get(field.name, ""),
    )


def write_page(
    form: WebForm,
    config: Config,
    token: str,
    *,
    submission: Submission | None = None,
    problem: str = "",
    referrer: str = "",
    page: str = "",
) -> str:
    """Return the page of a form, empty or with what the visitor typed; `problem` is a key of the texts."""
    texts = form_texts(config)
    notice = texts[problem] if problem else ""
    return render_page(
        form,
        config,
        heading=f"{texts['failed']} – {form.title}" if problem else form.title,
        notice=notice,
        is_problem=bool(problem),
        fields=show_fields(form, config, submission),
        token=token,
        referrer=referrer,
        page=page,
    )


def write_thanks(form: WebForm, config: Config) -> str:
    """Return the page that a visitor sees after sending a form."""
    notice = form.thanks or form_texts(config)["thanks"]
    return render_page(form, config, heading=form.title, notice=notice, back=f"../{form.id}")


def write_refusal(form: WebForm, config: Config, problem: str) -> str:
    """Return a page that says why something was not sent; `problem` is a key of the texts."""
    texts = form_texts(config)
    heading = f"{texts['failed']} – {form.title}"
    return render_page(form, config, heading=heading, notice=texts[problem], is_problem=True, back=form.id)


def render_page(form: WebForm, config: Config, *, heading: str, **values: Any) -> str:
    """Return a page with these values; those that are not given are empty."""
    nothing = dict.fromkeys(("notice", "is_problem", "fields", "token", "referrer", "page", "back"), "")
    common = {
        "language": config.language.code,
        "texts": form_texts(config),
        "style": Markup(STYLE),  # noqa: S704 - ours; its hash stands in the policy
        "title": form.title,
        "heading": heading,
        "intro": form.intro,
        "honeypot": form.honeypot,
        "privacy": form.privacy,
        "token_name": TOKEN,
    }
    return load_template("page.html").render({**nothing, **common, **values})


def write_snippet(form: WebForm, config: Config, address: str) -> str:
    """Return the HTML for an existing site, which sends the form to an address."""
    shown = load_template("snippet.html").render(
        action=address,
        fields=show_fields(form, config),
        texts=form_texts(config),
        honeypot=form.honeypot,
        privacy=form.privacy,
    )
    return f"{shown}\n"
