"""The pages of leads and opportunities, and the parts that other pages share."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from crmcli.cli.output.colours import BY_OUTCOME, BY_STATE, Tone, TonedText
from crmcli.cli.output.value_format import (
    clock_style,
    day_style,
    in_stars,
    list_style,
    money_style,
    percent_style,
    phones_style,
    spell_value,
)
from crmcli.cli.pages.history_lines import EntryNames, format_history
from crmcli.cli.pages.page_parts import (
    Lines,
    format_labelled,
    format_section,
    format_unknown_keys,
    join_parts,
    list_unknown_keys,
)
from crmcli.domain.explain.why import Reason
from crmcli.domain.localization.locale import number_text
from crmcli.domain.localization.translations import deferred, screen_language, translate, translate_plural
from crmcli.domain.model import answer_types
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, CustomField, FieldType, name_lost_reason
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
    KeptFile,
    Message,
    Money,
    Opportunity,
    Referral,
    Reward,
    State,
)
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
from crmcli.domain.records.manual_edits import moved_by_hand
from crmcli.domain.records.questionnaire_sheet import Item, Sheet
from crmcli.domain.rules.rewards import PAID, is_paid_to_other
from crmcli.domain.values.list_entries import find_label
from crmcli.domain.values.money import weighted_amount
from crmcli.domain.values.untyped_values import typed_fields

NO_ID = deferred("no id yet: crm check --fix")
KINDS = {"lead": deferred("Lead"), "opportunity": deferred("Opportunity")}
REWARDED = {
    "due": deferred("due: {what} to {person}"),
    "paid": deferred("paid: {what} to {person}"),
    "void": deferred("void: {what} to {person}"),
    "": deferred("{what} to {person}"),
}
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
        format_section(translate("Next"), list_planned(facts, moment)),
        format_section(translate("Done"), closed_activities(facts)),
        format_section(translate("Project"), format_labelled(list_project_lines(facts))),
        format_section(translate("Rewards"), (format_reward(each, facts) for each in deal.rewards)),
        format_section(translate("Messages"), list_messages(facts)),
        format_section(translate("Files"), (format_file(each, config) for each in deal.files)),
        format_section(translate("History"), format_history(deal.history, EntryNames.of_deal(facts))),
    ]
    return join_parts(parts)


def format_deal_heading(deal: Opportunity, contact: Contact | None, config: Config, moment: Moment) -> Lines:
    """Yield the heading of a deal: title, id, priority, stage, probability and amounts, then warnings."""
    stands = BY_OUTCOME.get(str(status_of(deal, config)), Tone.BOLD)
    yield TonedText(f"{deal.title}  ({deal.id or translate(NO_ID)})", stands)
    stage = config.stage(deal.stage)
    chance, provenance = probability_of(deal, config)
    shown = [in_stars(deal.priority), translate(KINDS[deal.kind]), stage.title if stage else str(deal.stage)]
    percent = percent_style(config)(chance)
    is_manual = provenance is Provenance.MANUAL
    shown.append(translate("{percent} set by hand", percent=percent) if is_manual else percent)
    shown.append(describe_closing(deal, config))
    if deal.expected_revenue is not None:
        amount, share = map(money_style(config), (deal.expected_revenue, weighted_revenue(deal, config)))
        shown.append(translate("{amount} (weighted {share})", amount=amount, share=share))
    if deal.budget is not None:
        shown.append(translate("budget {amount}", amount=money_style(config)(deal.budget)))
    yield " · ".join(part for part in shown if part)
    yield from (f"! {each}" for each in warn_of_state(deal, contact, config, moment))


def warn_of_state(deal: Opportunity, contact: Contact | None, config: Config, moment: Moment) -> Lines:
    """Yield what a person should know first: that a deal is stale, its contact unsure, its file edited."""
    if since := stale_since(deal, config, moment.at):
        yield translate("stale since {day}", day=day_style(config)(since))
    if deal.contact_unsure:
        name = contact.name if contact else deal.contact or translate("nobody")
        yield describe_unsure(deal, name, screen_language())
    if deal.id and moved_by_hand(deal, config):
        yield translate("edited in the file; the next command that writes the record adopts it")


def describe_closing(deal: Opportunity, config: Config) -> str:
    """Return that a deal is won or lost, since when, and why; empty for an open one."""
    day = day_style(config)(deal.closed)
    match status_of(deal, config):
        case Status.WON:
            return translate("won on {day}", day=day) if day else translate("won")
        case Status.LOST:
            reason = name_lost_reason(config, deal.lost)
            if not day:
                return translate("lost: {reason}", reason=reason)
            return translate("lost: {reason} on {day}", reason=reason, day=day)
    return ""


def warn_of_questionnaire(facts: Facts) -> Lines:
    """Yield a warning where the record's questionnaire is for another kind of project."""
    deal = facts.opportunity
    if misfit := describe_misfit(facts.questionnaire, deal, screen_language()):
        yield f"! {misfit}: crm questionnaire switch {deal.id} KIND"


def list_deal_lines(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield the fields of a deal as pairs of a label and a value."""
    deal, config = facts.opportunity, facts.config
    lines = {spec.name: spec for spec in fields_of(Opportunity) if spec.declared.line}
    yield from ((translate(lines[name].label), show(facts)) for name, show in ABOUT.items())
    for name, spec in lines.items():
        if name not in ABOUT and name not in ("fields", "created"):
            yield translate(spec.label), format_field(spec, getattr(deal, name), config)
    yield translate("Created"), day_style(config)(deal.created)
    since = day_style(config)(stage_since(deal))
    yield translate("In stage"), translate("since {day}", day=since) if since else ""
    declared = {field.name for field in config.fields}
    for name, value in documents.plain_data(typed_fields(deal.fields, declared)).items():
        field = config.custom_field(name)
        text = format_field_value(field, value, config)
        if field is not None and field.type is FieldType.CONTACT and isinstance(value, str):
            text = f"{facts.name_contact(value)} · {value}"
        yield (field.label or name) if field else name, text
    yield from list_unknown_keys(deal)


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
    return translate_plural(
        "{amount} over {count} month: {monthly} a month (weighted {share})",
        "{amount} over {count} months: {monthly} a month (weighted {share})",
        deal.recurring_months or 0,
        amount=money_style(config)(deal.recurring_revenue),
        monthly=money_style(config)(each),
        share=share,
    )


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
        mark = f"  {translate(late)}" if late != State.PLANNED else ""
        yield TonedText(f"{format_activity(each, facts.config)}{mark}", BY_STATE.get(late))


def format_activity(each: Activity, config: Config) -> str:
    """Return an activity in one line."""
    kind = config.activity_type(each.type)
    label = kind.title if kind else each.type or ""
    when = " ".join(part for part in (day_style(config)(each.due), each.time or "") if part)
    assignee = f"  {translate('for {user}', user=each.assignee)}" if each.assignee else ""
    is_told = each.summary and each.summary != label
    what = translate("{label}: {text}", label=label, text=each.summary) if is_told else label
    again = f"  {translate('every {period}', period=each.every)}" if each.every else ""
    files = "".join(f"  {path}" for path in each.files)
    rest = f"{assignee}{again}{files}{format_unknown_keys(each)}"
    return f"{when or translate('no date'):<14}  {what}  ({each.id or '-'}){rest}"


def closed_activities(facts: Facts) -> Lines:
    """Yield a line for each activity done or cancelled, with its result."""
    for each in facts.opportunity.activities:
        if each.state is not State.PLANNED:
            why = translate(each.reason) if each.reason else ""
            came = " · ".join(part for part in (each.outcome, each.note, why, *each.files) if part)
            what = each.summary or each.type or ""
            said = f"{translate(each.state)}{f', {came}' if came else ''}{format_unknown_keys(each)}"
            told = translate("{label}: {text}", label=what, text=said)
            yield f"{day_style(facts.config)(each.closed):<14}  {told}"


def list_project_lines(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield the questionnaire with its progress, and the answers, as pairs of a label and a value."""
    deal, questionnaire = facts.opportunity, facts.questionnaire
    if deal.project is None:
        return
    if questionnaire is None:
        yield translate("questionnaire"), deal.project.questionnaire or ""
        for name, value in documents.plain_data(deal.project.answers).items():
            yield name, spell_value(value)
        return
    sheet = questionnaire_sheet.sheet_of(questionnaire, deal)
    yield questionnaire.title, format_progress(sheet)
    for item in sheet.answered:
        yield item.question.label, format_answer(item, facts.config)
    if left := [*sheet.gone, *(item.question.id for item in sheet.items if item.fault)]:
        yield translate("see also"), f"crm questionnaire show {deal.id}: {', '.join(left)}"


def format_progress(sheet: Sheet) -> str:
    """Return the progress of a questionnaire in words."""
    progress = {"answered": len(sheet.answered), "asked": len(sheet.asked), "done": sheet.done}
    if not sheet.missing:
        return translate("{answered} of {asked} answered ({done} %), all that is required", **progress)
    return translate_plural(
        "{answered} of {asked} answered ({done} %), {count} required is missing",
        "{answered} of {asked} answered ({done} %), {count} required are missing",
        len(sheet.missing),
        **progress,
    )


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
    to = facts.name_contact(each.to) if each.to else translate("nobody")
    flag = flag_unearned(each.state, status_of(facts.opportunity, facts.config))
    if is_paid_to_other(each, facts.opportunity, facts.config):
        flag += f"  ! {translate('paid, and the sponsor is another')}"
    said = translate(REWARDED.get(str(each.state), "{what} to {person}"), what=what, person=to)
    own = format_unknown_keys(each)
    return f"{day_style(facts.config)(each.at):<14}  {said}  ({each.id or '-'}){flag}{own}"


def flag_unearned(state: str | None, stands: str) -> str:
    """Return a warning for a reward that was paid for a deal that is not won any more, else an empty text."""
    if state != PAID or stands == Status.WON:
        return ""
    if stands == Status.LOST:
        return f"  ! {translate('paid, and the deal is lost')}"
    return f"  ! {translate('paid, and the deal is open')}"


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
        more = translate_plural("{count} more line", "{count} more lines", len(lines) - PREVIEW_LINES)
        yield f"    … {more}"
    if each.stranger:
        yield f"    ! {translate('not one of the people of this record')}"
    if each.bounced:
        at = clock_style(config)(each.bounced)
        yield f"    ! {translate('came back undelivered on {at}', at=at)}"
    yield from (f"    + {describe_attachment(file)}" for file in each.attachments)


def describe_attachment(each: Attachment) -> str:
    """Return an attachment on one line: its name, kind and size."""
    size = each.size or 0
    units = f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, round(size / 1024))} KB"
    name, kind = each.name or translate("without a name"), each.type or translate("unknown kind")
    return f"{name} ({kind}, {units})"


def format_file(each: KeptFile, config: Config) -> str:
    """Return a file kept with a record in one line: its day, name and size, and where it lies."""
    size = size_text(each.size or 0)
    place = f"pipeline_data/{each.file}" if each.file else translate("not kept")
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
    return f"{translate(WORDS.get(state, ''))}{at}{why}"


def format_reasons(facts: Facts, reasons: Sequence[Reason]) -> str:
    """Return the facts about a record, each with the rule or person behind it."""
    lines = []
    for each in reasons:
        at = clock_style(facts.config)(each.at)
        told = translate("{at} by {user}", at=at, user=each.by) if at and each.by else at
        lines.append(
            translate("{what}: {said}", what=each.what, said=f"{each.why}{f', {told}' if told else ''}")
        )
    return join_parts([[f"{facts.opportunity.title}  ({facts.opportunity.id})"], lines])
