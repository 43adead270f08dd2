"""`crm rules check`, `rules test`, `rules release`: check and test rules, and let new ones fire."""

import os
from pathlib import Path
from typing import Annotated

import typer

from crmcli.checks import mail_samples
from crmcli.checks import workspace_checks as checking
from crmcli.checks.rule_samples import check_rules_on_samples
from crmcli.cli.commands.check import reported
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.workspace_documents import ReleaseDocument, ScenarioDocument
from crmcli.domain.localization.translations import deferred_plural, translate, translate_plural
from crmcli.domain.records.documents import plain_data
from crmcli.domain.rules.scenarios import Scenario, play_scenario
from crmcli.domain.values.errors import Exit, UsageError
from crmcli.domain.values.visible_text import visible
from crmcli.mail.outgoing import template
from crmcli.operations.tick import ReleaseReport, find_held, release_rule
from crmcli.store import scenario_files
from crmcli.store.transactions import files
from crmcli.store.workspace import CONFIG


def check(ctx: typer.Context) -> int:
    """Check stages, rules and templates by trying all of them on sample records. Exit 5 on problems.

    Finds stages that cannot be reached, unknown names, conditions that are never true, and texts and
    mails that cannot be written for some deals.

    \b
    Examples:
      crm rules check
      crm rules check -o json
      crm rules check --quiet
    """
    call: CommandContext = ctx.obj
    root = call.request.workspace.root
    found = checking.check_config_file(call.request.workspace, template.list_templates(root))
    if call.request.workspace.is_configured:
        content = files.read_file(root / CONFIG) or b""
        known = {(each.line, each.what) for each in found}
        tried = checking.locate_problems(str(CONFIG), content, check_rules_on_samples(call.request.config))
        found += [each for each in tried if (each.line, each.what) not in known]
        found += mail_samples.find_template_faults(call.request.config, root)
        for held in find_held(call.request):
            call.request.advise(str(held))
    return reported(call, found)


def release(
    ctx: typer.Context,
    rule: Annotated[
        str, typer.Argument(metavar="RULE", help="as in histories, like quoted.chase"), offers.TIMED_RULE
    ],
    since: Annotated[
        str,
        typer.Option("--from", metavar="WHEN", help="today: what comes due later; all: what is due now, too"),
        offers.RELEASE_FROM,
    ] = "today",
) -> int:
    """Let a new rule fire that `crm tick` holds back because it is due for many records.

    The release is a file in pipeline_data/rules, for every clone of the workspace.

    \b
    Examples:
      crm rules release forgotten --dry-run
      crm rules release forgotten
      crm rules release forgotten --from all
    """
    call: CommandContext = ctx.obj
    if since not in ("today", "all"):
        raise UsageError(f"--from {since!r}", hint="today or all")

    report = release_rule(call.request, rule, has_all=since == "all")
    said = [describe_release(call, report)]
    return printing.report_changes(call, said, [released(report)], columns_of(ReleaseDocument)).told()


RELEASED = {  # one record, many, by whether it is a dry run, and whether what is due already counts
    (True, True): deferred_plural(
        "would release {rule}: it is due for {count} record, and the next tick fires it",
        "would release {rule}: it is due for {count} records, and the next tick fires it",
    ),
    (False, True): deferred_plural(
        "released {rule}: it is due for {count} record, and the next tick fires it",
        "released {rule}: it is due for {count} records, and the next tick fires it",
    ),
    (True, False): deferred_plural(
        "would release {rule} for what comes due from now on; {count} record due before is left out",
        "would release {rule} for what comes due from now on; {count} records due before are left out",
    ),
    (False, False): deferred_plural(
        "released {rule} for what comes due from now on; {count} record due before is left out",
        "released {rule} for what comes due from now on; {count} records due before are left out",
    ),
}


def describe_release(call: CommandContext, report: ReleaseReport) -> str:
    """Return what was released as a line for people."""
    one, many = RELEASED[call.request.dry_run, report.release.from_ is None]
    return translate_plural(one, many, report.due, rule=report.release.rule)


def released(report: ReleaseReport) -> ReleaseDocument:
    """Return what was released as `crm.release/1`."""
    release = report.release
    since, at = plain_data(release.from_), plain_data(release.at)
    return ReleaseDocument(rule=release.rule, due=report.due, since=since, at=at, by=release.by or "")


def play_scenarios(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]…", help="default: pipeline_data/scenarios/*.yaml")
    ] = None,
) -> int:
    """Run scenarios: a deal, events, and what the rules should do. Exit 1 if one fails.

    \b
    Examples:
      crm rules test
      crm rules test pipeline_data/scenarios/premier-contact.yaml
      crm rules test -o json
    """
    call: CommandContext = ctx.obj
    wanted = [Path(path) for path in paths or ()] or scenario_files.find_scenarios(
        call.request.workspace.root
    )
    rows = [
        played(call, path, scenario)
        for path in wanted
        for scenario in scenario_files.read_scenarios(path).scenarios
    ]
    if not rows:
        raise UsageError("no scenarios found", hint=f"in {scenario_files.FOLDER}/*.yaml, or name a file")
    failed = [row for row in rows if not row.passed]
    if call.output.is_for_people:
        if not call.output.quiet or failed:
            printing.print_text("\n".join(visible(line) for row in rows for line in lines(row)))
            passed = len(rows) - len(failed)
            printing.print_text(
                translate("{passed} of {count} scenarios passed", passed=passed, count=len(rows))
            )
    else:
        printing.print_rows(call, rows, columns_of(ScenarioDocument))
    return Exit.FAILURE if failed else Exit.OK


def played(call: CommandContext, path: Path, scenario: Scenario) -> ScenarioDocument:
    """Play a scenario and return its result as `crm.scenario/1`."""
    failures = [
        f"step {each.step} ({each.at}): {each.what}" for each in play_scenario(scenario, call.request.config)
    ]
    return ScenarioDocument(
        file=os.path.relpath(path), name=scenario.name, passed=not failures, failures=failures
    )


def lines(row: ScenarioDocument) -> list[str]:
    """Return the result of a scenario as lines for people."""
    word = translate("ok") if row.passed else translate("FAILED")
    return [f"{word:<7} {row.name}", *(f"          {failure}" for failure in row.failures)]
