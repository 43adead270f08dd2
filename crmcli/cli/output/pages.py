"""The pages of leads and opportunities, and the parts that other pages share."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from crmcli.cli.output.value_format import (
    clock_style,
    day_style,
    in_percent,
    in_stars,
    list_style,
    money_style,
    phones_style,
    spell_value,
)
from crmcli.domain.explain.why import Reason
from crmcli.domain.localization.locale import number_text
from crmcli.domain.model import answer_types
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, CustomField, FieldType
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.fields import FieldSpec, fields_of
from crmcli.domain.model.history import stage_since
from crmcli.domain.model.mail_state import WORDS, MailState, settle_state, state_of_message
from crmcli.domain.model.questionnaires import describe_misfit
from crmcli.domain.model.record_names import describe_unsure
from crmcli.domain.model.record_types import (
    Activity,
    Attachment,
    Contact,
    Direction,
    Entry,
    HistoryEvent,
    KeptFile,
    Message,
    Money,
    Opportunity,
    Part,
    Referral,
    Reward,
    State,
)
from crmcli.domain.model.recorded_effects import describe_effects
from crmcli.domain.model.staleness import stale_since
from crmcli.domain.model.status import (
    Provenance,
    Status,
    monthly_revenue,
    probability_of,
    status_of,
    weighted_revenue,
)
from crmcli.domain.model.urgency import activity_state, planned_activities
from crmcli.domain.records import documents, questionnaire_sheet
from crmcli.domain.records.import_contact import CARD
from crmcli.domain.records.manual_edits import moved_by_hand
from crmcli.domain.records.questionnaire_sheet import Item, Sheet
from crmcli.domain.rules.rewards import PAID, is_paid_to_other
from crmcli.domain.values.list_entries import find_label
from crmcli.domain.values.money import weighted_amount
from crmcli.domain.values.untyped_values import typed_fields
from crmcli.domain.values.visible_text import visible

Lines = Iterator[str]
LABEL_WIDTH = 12
PREVIEW_LINES = 6  # of a message's text


def format_opportunity(facts: Facts, moment: Moment, similar: Iterable[str] = ()) -> str:
    """Return the page of a lead or an opportunity: its data, activities, answers, messages and history.

    `similar` are lines about contacts who may be the same as that of a lead.
    """
    deal, config = facts.opportunity, facts.config
    parts = [
        [
            *format_deal_heading(deal, facts.contact, config, moment),
            *warn_of_questionnaire(facts),
            *(f"! {each}" for each in similar),
        ],
        format_labelled(list_deal_lines(facts)),
        (deal.description or "").splitlines(),
        format_section("Next", list_planned(facts, moment)),
        format_section("Done", closed_activities(facts)),
        format_section("Project", format_labelled(list_project_lines(facts))),
        format_section("Rewards", (format_reward(each, facts) for each in deal.rewards)),
        format_section("Messages", list_messages(facts)),
        format_section("Files", (format_file(each, config) for each in deal.files)),
        format_section("History", (line for each in deal.history for line in format_entry(each, config))),
    ]
    return join_parts(parts)


def join_parts(parts: Iterable[Iterable[str]]) -> str:
    """Join the parts of a page with blank lines; empty parts are left out."""
    blocks = ["\n".join(visible(line).rstrip() for line in part) for part in parts]
    return "\n\n".join(block for block in blocks if block.strip()) + "\n"


def format_section(title: str, lines: Iterable[str]) -> list[str]:
    """Return a titled section of a page; empty if it has no lines."""
    body = [f"  {line}" for line in lines]
    return [title, *body] if body else []


def format_labelled(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return a labelled line for each pair, without those that have no value."""
    pairs = [(label, value) for label, value in pairs if value]
    width = max([LABEL_WIDTH, *(len(label) + 2 for label, _ in pairs)])
    return [f"{label:<{width}}{value}" for label, value in pairs]


def format_deal_heading(deal: Opportunity, contact: Contact | None, config: Config, moment: Moment) -> Lines:
    """Yield the heading of a deal: title, id, priority, stage, probability and amounts, then warnings."""
    yield f"{deal.title}  ({deal.id or 'no id yet: crm check --fix'})"
    stage = config.stage(deal.stage)
    chance, provenance = probability_of(deal, config)
    shown = [in_stars(deal.priority), deal.kind.capitalize(), stage.title if stage else str(deal.stage)]
    shown.append(in_percent(chance) + (" set by hand" if provenance is Provenance.MANUAL else ""))
    stands = status_of(deal, config)
    if stands is not Status.OPEN:
        reason = f": {find_label(config.lost_reasons, deal.lost)}" if deal.lost else ""
        shown.append(f"{stands}{reason} on {day_style(config)(deal.closed)}".removesuffix(" on "))
    if deal.expected_revenue is not None:
        share = money_style(config)(weighted_revenue(deal, config))
        shown.append(f"{money_style(config)(deal.expected_revenue)} (weighted {share})")
    if deal.budget is not None:
        shown.append(f"budget {money_style(config)(deal.budget)}")
    yield " · ".join(part for part in shown if part)
    if since := stale_since(deal, config, moment.at):
        yield f"! stale since {day_style(config)(since)}"
    if deal.contact_unsure:
        yield f"! {describe_unsure(deal, contact.name if contact else deal.contact or 'nobody')}"
    if deal.id and moved_by_hand(deal, config):
        yield "! edited in the file; the next command that writes the record adopts it"


def warn_of_questionnaire(facts: Facts) -> Lines:
    """Yield a warning where the record's questionnaire is for another kind of project."""
    deal = facts.opportunity
    if misfit := describe_misfit(facts.questionnaire, deal):
        yield f"! {misfit}: crm questionnaire switch {deal.id} KIND"


def list_deal_lines(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield the fields of a deal as pairs of a label and a value."""
    deal, config = facts.opportunity, facts.config
    lines = {spec.name: spec for spec in fields_of(Opportunity) if spec.declared.line}
    yield from ((lines[name].label, show(facts)) for name, show in ABOUT.items())
    for name, spec in lines.items():
        if name not in ABOUT and name not in ("fields", "created"):
            yield spec.label, format_field(spec, getattr(deal, name), config)
    yield "Created", day_style(config)(deal.created)
    yield "In stage", f"since {day_style(config)(stage_since(deal))}" if stage_since(deal) else ""
    declared = {field.name for field in config.fields}
    for name, value in documents.plain_data(typed_fields(deal.fields, declared)).items():
        field = config.custom_field(name)
        text = format_field_value(field, value, config)
        if field is not None and field.type is FieldType.CONTACT and isinstance(value, str):
            text = f"{facts.name_contact(value)} · {value}"
        yield (field.label or name) if field else name, text
    yield from list_unknown_keys(deal)


def list_unknown_keys(part: Part, under: str = "") -> Iterator[tuple[str, str]]:
    """Yield the keys of a record and its single parts that this version does not know, with their values."""
    for name, value in documents.plain_data(part.extra).items():
        yield f"{under}{name}", "" if name == CARD else spell_value(value)
    for spec in fields_of(type(part)):
        inner = getattr(part, spec.name)
        if isinstance(inner, Part):
            yield from list_unknown_keys(inner, f"{spec.key}.")


def format_unknown_keys(part: Part) -> str:
    """Return the unknown keys of an activity, a message or a reward, to be appended to its line."""
    return "".join(f"  {name}: {value}" for name, value in list_unknown_keys(part))


def format_field(spec: FieldSpec, value: Any, config: Config) -> str:
    """Return the value of a field without a format of its own; amounts and days are localized."""
    if spec.type is Money:
        return money_style(config)(value)
    return list_style(config)(documents.plain_data(value))


def format_field_value(field: CustomField | None, value: Any, config: Config) -> str:
    """Return the value of a custom field; numbers and amounts are localized."""
    if field is not None and isinstance(value, int | float):
        if field.type is FieldType.NUMBER:
            return number_text(value, config)
        if field.type is FieldType.MONEY:
            return money_style(config)(value)
    return list_style(config)(value)


def format_person(contact: Contact, company: Contact | None, config: Config) -> str:
    """Return a contact in one line."""
    cities = [address.city for address in contact.addresses if address.city]
    firm = [company.name] if company else []
    phones = [phones_style(config)([each]) for each in contact.phones]
    parts = [contact.name, *firm, contact.job or "", *contact.emails, *phones, *cities, contact.id or ""]
    return " · ".join(part for part in parts if part)


def format_recurring(deal: Opportunity, config: Config) -> str:
    """Return the recurring revenue, also per month if the number of months is known."""
    if deal.recurring_revenue is None:
        return ""
    each = monthly_revenue(deal)
    if each is None:
        return money_style(config)(deal.recurring_revenue)
    share = money_style(config)(weighted_amount(each, probability_of(deal, config)[0]))
    over = f"over {deal.recurring_months} months"
    monthly = f"{money_style(config)(each)} a month (weighted {share})"
    return f"{money_style(config)(deal.recurring_revenue)} {over}: {monthly}"


def format_origin(deal: Opportunity, config: Config) -> str:
    """Return the labels of campaign, medium and source."""
    if deal.marketing is None:
        return ""
    lists, given = config.marketing, deal.marketing
    labels = [
        find_label(lists.campaigns, given.campaign),
        find_label(lists.mediums, given.medium),
        find_label(lists.sources, given.source),
    ]
    return " · ".join(label for label in labels if label)


def format_referral(referral: Referral | None, sponsor: Contact | None, config: Config) -> str:
    """Return who referred the deal, with the label of the link."""
    if referral is None:
        return ""
    link = find_label(config.referral.links, referral.link)
    name = sponsor.name if sponsor else referral.by or ""
    return f"{name} ({link})" if link else name


ABOUT: dict[str, Callable[[Facts], str]] = {  # fields with a format of their own, in order
    "contact": lambda f: (
        format_person(f.contact, f.company, f.config) if f.contact else f.opportunity.contact or ""
    ),
    "owner": lambda f: " · ".join(part for part in (f.opportunity.owner, f.opportunity.team) if part),
    "tags": lambda f: " ".join(f.opportunity.tags),
    "recurring_revenue": lambda f: format_recurring(f.opportunity, f.config),
    "expected_close": lambda f: day_style(f.config)(f.opportunity.expected_close),
    "marketing": lambda f: format_origin(f.opportunity, f.config),
    "referral": lambda f: format_referral(f.opportunity.referral, f.sponsor, f.config),
}


def list_planned(facts: Facts, moment: Moment) -> Lines:
    """Yield a line for each planned activity, by deadline."""
    for each in planned_activities(facts.opportunity):
        late = activity_state(each, moment.at, facts.config)
        mark = f"  {late}" if late != State.PLANNED else ""
        yield f"{format_activity(each, facts.config)}{mark}"


def format_activity(each: Activity, config: Config) -> str:
    """Return an activity in one line."""
    kind = config.activity_type(each.type)
    label = kind.title if kind else each.type or ""
    when = " ".join(part for part in (day_style(config)(each.due), each.time or "") if part)
    assignee = f"  for {each.assignee}" if each.assignee else ""
    what = f"{label}: {each.summary}" if each.summary and each.summary != label else label
    again = f"  every {each.every}" if each.every else ""
    files = "".join(f"  {path}" for path in each.files)
    rest = f"{assignee}{again}{files}{format_unknown_keys(each)}"
    return f"{when or 'no date':<14}  {what}  ({each.id or '-'}){rest}"


def closed_activities(facts: Facts) -> Lines:
    """Yield a line for each activity done or cancelled, with its result."""
    for each in facts.opportunity.activities:
        if each.state is not State.PLANNED:
            came = " · ".join(part for part in (each.outcome, each.note, each.reason, *each.files) if part)
            what = each.summary or each.type or ""
            said = f"{each.state}{f', {came}' if came else ''}{format_unknown_keys(each)}"
            yield f"{day_style(facts.config)(each.closed):<14}  {what}: {said}"


def list_project_lines(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield the questionnaire with its progress, and the answers, as pairs of a label and a value."""
    deal, questionnaire = facts.opportunity, facts.questionnaire
    if deal.project is None:
        return
    if questionnaire is None:
        yield "questionnaire", deal.project.questionnaire or ""
        for name, value in documents.plain_data(deal.project.answers).items():
            yield name, spell_value(value)
        return
    sheet = questionnaire_sheet.sheet_of(questionnaire, deal)
    yield questionnaire.title, format_progress(sheet)
    for item in sheet.answered:
        yield item.question.label, format_answer(item, facts.config)
    if left := [*sheet.gone, *(item.question.id for item in sheet.items if item.fault)]:
        yield "see also", f"crm questionnaire show {deal.id}: {', '.join(left)}"


def format_progress(sheet: Sheet) -> str:
    """Return the progress of a questionnaire in words."""
    missing = len(sheet.missing)
    lack = (
        f"{missing} required {'is' if missing == 1 else 'are'} missing" if missing else "all that is required"
    )
    return f"{len(sheet.answered)} of {len(sheet.asked)} answered ({sheet.done} %), {lack}"


def format_answer(item: Item, config: Config) -> str:
    """Return an answer as it is shown to people."""
    question, meaning = item.question, item.meaning
    if meaning is None:
        return ""
    if question.choices:
        return answer_types.label_of(question, meaning)
    if question.type is FieldType.MONEY:
        return money_style(config)(meaning)
    if question.type is FieldType.DATE:
        return day_style(config)(meaning)
    text = number_text(meaning, config) if question.type is FieldType.NUMBER else spell_value(meaning)
    return f"{text} {question.unit}" if question.unit else text


def format_reward(each: Reward, facts: Facts) -> str:
    """Return a reward in one line: what, for whom, whether it is due, paid or void, and since when."""
    what = money_style(facts.config)(each.amount) or each.kind or ""
    to = facts.name_contact(each.to) if each.to else "nobody"
    flag = flag_unearned(each.state, status_of(facts.opportunity, facts.config))
    if is_paid_to_other(each, facts.opportunity, facts.config):
        flag += "  ! paid, and the sponsor is another"
    own = format_unknown_keys(each)
    return (
        f"{day_style(facts.config)(each.at):<14}  {each.state}: {what} to {to}  ({each.id or '-'}){flag}{own}"
    )


def flag_unearned(state: str | None, stands: str) -> str:
    """Return a warning for a reward that was paid for a deal that is not won any more, else an empty text."""
    return f"  ! paid, and the deal is {stands}" if state == PAID and stands != Status.WON else ""


def list_messages(facts: Facts) -> Lines:
    """Yield the lines of all messages of a deal."""
    for each in facts.opportunity.messages:
        state = settle_state(state_of_message(each), each.file, facts.mail_folder)
        yield from format_message(each, facts.config, state)


def format_message(each: Message, config: Config, state: MailState) -> Lines:
    """Yield the lines of a message: its direction, time and subject, and the beginning of its text."""
    arrow, other = ("→", each.to) if each.direction is Direction.OUT else ("←", each.from_)
    mark = describe_state(each, config, state)
    parts = (f"{arrow} {other}" if other else arrow, each.subject or "", f"({each.id or '-'})", mark)
    what = "  ".join(part for part in parts if part)
    yield f"{clock_style(config)(each.at)}  {what}{format_unknown_keys(each)}"
    lines = (each.text or "").splitlines()
    yield from (f"    {line}" for line in lines[:PREVIEW_LINES])
    if len(lines) > PREVIEW_LINES:
        yield f"    … {len(lines) - PREVIEW_LINES} more lines"
    if each.stranger:
        yield "    ! not one of the people of this record"
    if each.bounced:
        yield f"    ! came back undelivered on {clock_style(config)(each.bounced)}"
    yield from (f"    + {describe_attachment(file)}" for file in each.attachments)


def describe_attachment(each: Attachment) -> str:
    """Return an attachment on one line: its name, kind and size."""
    size = each.size or 0
    units = f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, round(size / 1024))} KB"
    return f"{each.name or 'without a name'} ({each.type or 'unknown kind'}, {units})"


def format_file(each: KeptFile, config: Config) -> str:
    """Return a file kept with a record in one line: its day, name and size, and where it lies."""
    size = size_text(each.size or 0)
    place = f"pipeline_data/{each.file}" if each.file else "not kept"
    return (
        f"{day_style(config)(each.at):<14}  {each.name or ''}  ({each.id or '-'})  {size}  {place}"
        f"{format_unknown_keys(each)}"
    )


def size_text(size: int) -> str:
    """Return a number of bytes as people read it.

    >>> size_text(512), size_text(2_345_678)
    ('512 B', '2.3 MB')
    """
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def describe_state(each: Message, config: Config, state: MailState) -> str:
    """Return the state of an outgoing message in words: since when it is sent, or why it is not."""
    at = f" {clock_style(config)(each.sent)}" if each.sent else ""
    why = f": {each.reason}" if each.reason and state is not MailState.SENT else ""
    return f"{WORDS.get(state, '')}{at}{why}"


def format_entry(each: Entry, config: Config) -> Lines:
    """Yield the lines of a history entry; a note keeps its line breaks."""
    by = f"  ({' of '.join(part for part in (each.by, each.of) if part)})" if each.by or each.of else ""
    first, *rest = describe_event(each, config).splitlines() or [""]
    yield f"{clock_style(config)(each.at)}  {first}{by}{format_unknown_keys(each)}"
    yield from (f"    {line}" for line in rest)


def describe_event(each: Entry, config: Config) -> str:
    """Return the event of a history entry in words."""
    match each.event:
        case HistoryEvent.NOTE:
            return "note, undone" if each.text is None else each.text
        case HistoryEvent.RULE:
            return f"rule {each.rule}: {describe_effects(each.did)}"
        case HistoryEvent.SET:
            return f"{each.field} {each.from_ or 'none'} → {each.to or 'none'}"
        case HistoryEvent.EDITED:
            return f"{each.field} changed{f': {describe_effects(each.did)}' if each.did else ''}"
        case HistoryEvent.MERGED:
            return f"merged with {', '.join(each.ids)}"
    was = f", was lost: {find_label(config.lost_reasons, each.was)}" if each.was else ""
    place = f" {each.from_} → {each.to}" if each.from_ else f" in {each.to}" if each.to else ""
    return f"{each.event}{place}{was}{f', {describe_effects(each.did)}' if each.did else ''}"


def format_reasons(facts: Facts, reasons: Sequence[Reason]) -> str:
    """Return the facts about a record, each with the rule or person behind it."""
    lines = []
    for each in reasons:
        told_by = f" by {each.by}" if each.by else ""
        at = f", {clock_style(facts.config)(each.at)}{told_by}" if each.at else ""
        lines.append(f"{each.what}: {each.why}{at}")
    return join_parts([[f"{facts.opportunity.title}  ({facts.opportunity.id})"], lines])
