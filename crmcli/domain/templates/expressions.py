"""Conditions and short texts of a workspace, for one record on one day.

Jinja is imported only where one of them really is an expression: most commands meet none.
"""

from datetime import date

from crmcli.domain.model.deal_context import Facts

MARK = "{"  # without it a text is what it says


def condition_holds_for(condition: str, facts: Facts, day: date) -> bool:
    """Whether a condition holds for a record.

    Raises RefusedError for a condition that cannot be evaluated.
    """
    from crmcli.domain.templates import sandbox
    from crmcli.domain.templates.template_variables import build_variables

    return sandbox.evaluate_condition(condition, build_variables(facts, day))


def render_text(template: str, facts: Facts, day: date) -> str:
    """A short text about a record, such as the summary of an activity.

    Raises RefusedError naming what is missing in it.
    """
    if MARK not in template:
        return template.strip()
    from crmcli.domain.templates import sandbox
    from crmcli.domain.templates.template_variables import build_variables

    return sandbox.evaluate_text(template, build_variables(facts, day))
