"""Every command by its name: which module it lives in, and the line that the help shows.

The one table that the lazy command group, the help and the completion read; a module is imported
only when one of its commands is called.
"""

from collections.abc import Iterator
from typing import NamedTuple


class Listed(NamedTuple):
    """A command: where its function is, the help's section and line."""

    module: str
    function: str
    section: str
    help: str
    writes: bool = False
    asks: bool = False  # whether it changes what a query finds


SECTIONS = WORK, FIND, REPORT, PEOPLE, MAIL, DATA, CARE = (
    *("Work", "Find", "Report", "People", "Mail", "Data", "Start and care"),
)
COMMANDS: dict[str, Listed] = {
    "create": Listed("create", "create", WORK, "Make an opportunity, or a lead", writes=True),
    "set": Listed("set", "set_fields", WORK, "Set fields of records", writes=True, asks=True),
    "edit": Listed("edit", "edit", WORK, "Edit a record's file, checked when you save", writes=True),
    "move": Listed(
        "move", "move", WORK, "Move records to another stage; its rules fire", writes=True, asks=True
    ),
    "win": Listed("move", "win", WORK, "Win records: the nearest won stage", writes=True, asks=True),
    "lose": Listed(
        "move", "lose", WORK, "Lose records, with a reason; they keep their stage", writes=True, asks=True
    ),
    "reopen": Listed("move", "reopen", WORK, "Open closed records again", writes=True, asks=True),
    "qualify": Listed("qualify", "qualify", WORK, "Make leads opportunities", writes=True, asks=True),
    "tag": Listed("set", "tag", WORK, "Put tags on records and take them off", writes=True, asks=True),
    "note": Listed("set", "note", WORK, "Add a note to the history of records", writes=True, asks=True),
    "done": Listed(
        "activity", "done", WORK, "Mark activities done, with what came of it", writes=True, asks=True
    ),
    "activity add": Listed("activity", "add", WORK, "Plan an activity on records", writes=True, asks=True),
    "activity edit": Listed("activity", "edit", WORK, "Change activities", writes=True, asks=True),
    "activity snooze": Listed("activity", "snooze", WORK, "Put activities off", writes=True, asks=True),
    "activity reassign": Listed(
        "activity", "reassign", WORK, "Hand activities to others", writes=True, asks=True
    ),
    "activity cancel": Listed(
        "activity", "cancel", WORK, "Cancel activities, with a reason", writes=True, asks=True
    ),
    "plan start": Listed(
        "plan", "start", WORK, "Start a plan of activities around a day", writes=True, asks=True
    ),
    "plan list": Listed("plan", "list_plans", WORK, "List the plans there are"),
    "tick": Listed("tick", "tick", WORK, "Do what has come due: waiting rules, late things", writes=True),
    "activity list": Listed("due", "list_activities", WORK, "List activities over all records"),
    "delete": Listed(
        "set", "delete", WORK, "Delete records (crm undo brings them back)", writes=True, asks=True
    ),
    "merge": Listed(
        "merge",
        "merge",
        WORK,
        "Make several records one, with a look at every field",
        writes=True,
        asks=True,
    ),
    "undo": Listed("undo", "undo", WORK, "Take back your last command, also a deletion", writes=True),
    "questionnaire answer": Listed(
        "questionnaire", "answer", WORK, "Answer questions about a record's project", writes=True, asks=True
    ),
    "questionnaire fill": Listed(
        "questionnaire_fill", "fill", WORK, "Be asked the questions about a record's project", writes=True
    ),
    "questionnaire show": Listed(
        "questionnaire", "show", WORK, "Show what was answered, and what is missing"
    ),
    "questionnaire render": Listed("questionnaire", "render", WORK, "Print one for paper or mail"),
    "questionnaire list": Listed(
        "questionnaire", "list_questionnaires", WORK, "List the questionnaires there are"
    ),
    "questionnaire check": Listed("questionnaire", "check", WORK, "Find every mistake in questionnaires"),
    "list": Listed("list", "list_records", FIND, "List the records that a query means"),
    "show": Listed("show", "show", FIND, "Show a record as a page"),
    "duplicates": Listed("duplicates", "duplicates", FIND, "Leads and opportunities that look like one"),
    "next": Listed("move", "next_stages", FIND, "Where a record can go, and what each move would do"),
    "why": Listed("show", "why", FIND, "Why a record is as it is: probability, rules, activities"),
    "due": Listed("due", "due", REPORT, "What is overdue, due today and in the next days", writes=True),
    "board": Listed("board", "board", REPORT, "The pipeline as a board, stages as columns"),
    "report pipeline": Listed("list", "pipeline", REPORT, "Count, expected and weighted revenue by stage"),
    "export vcf": Listed("exchange", "export_vcf", DATA, "Contacts as vCards"),
    "report sources": Listed(
        "report_sources", "sources", REPORT, "What came of deals by where they come from"
    ),
    "report referrals": Listed(
        "report_sources", "referrals", REPORT, "Who brings what, and what they get for it"
    ),
    "referral list": Listed("referral", "list_referrals", REPORT, "List the deals that somebody brought"),
    "referral tree": Listed("referral", "tree", REPORT, "Draw who brought whom"),
    "reward list": Listed("reward", "list_rewards", REPORT, "List what sponsors get: due, paid, void"),
    "reward pay": Listed("reward", "pay", WORK, "Mark rewards paid", writes=True),
    "sql": Listed("sql", "sql", DATA, "Ask the index in SQL, read-only"),
    "contact create": Listed("contact", "create", PEOPLE, "Make a contact", writes=True),
    "contact list": Listed("contact", "list_contacts", PEOPLE, "List contacts"),
    "contact show": Listed("contact", "show", PEOPLE, "Show a contact with its opportunities"),
    "contact set": Listed("contact", "set_fields", PEOPLE, "Set fields of contacts", writes=True),
    "contact edit": Listed("edit", "edit_contact", PEOPLE, "Edit a contact's file", writes=True),
    "contact new-opportunity": Listed(
        "contact_new_opportunity", "new_opportunity", PEOPLE, "Make an opportunity for a contact", writes=True
    ),
    "contact duplicates": Listed("duplicates", "contact_duplicates", PEOPLE, "Contacts that look like one"),
    "contact import": Listed(
        "exchange", "import_contacts", PEOPLE, "Take contacts from vCard and CSV", writes=True
    ),
    "contact export": Listed(
        "contact_erase", "export", PEOPLE, "All that is kept about a person, as a folder", writes=True
    ),
    "contact erase": Listed("contact_erase", "erase", PEOPLE, "Erase a person for good", writes=True),
    "contact merge": Listed("merge", "merge_contacts", PEOPLE, "Make several contacts one", writes=True),
    "contact note": Listed("contact", "note", PEOPLE, "Add a note to a contact", writes=True),
    "contact opportunities": Listed("contact", "opportunities", PEOPLE, "List a contact's opportunities"),
    "ingest": Listed("ingest", "ingest", MAIL, "File a message from standard input", writes=True),
    "email list": Listed("email", "list_templates", MAIL, "List the e-mail templates"),
    "email preview": Listed("email", "preview", MAIL, "Show an e-mail as it would leave"),
    "email queue": Listed("email", "queue", MAIL, "Put an e-mail into the outbox", writes=True, asks=True),
    "outbox list": Listed("email", "list_outbox", MAIL, "List the mails waiting to leave"),
    "outbox show": Listed("email", "show_outbox", MAIL, "Show a waiting mail, byte for byte"),
    "rules check": Listed("rules", "check", CARE, "Find what in stages, rules and templates cannot work"),
    "rules test": Listed("rules", "play_scenarios", CARE, "Play scenarios of what the rules should do"),
    "trust": Listed("trust", "trust", CARE, "Allow the programs of this workspace to run", writes=True),
    "cron print": Listed("cron", "print_lines", CARE, "The lines to install for cron, or systemd units"),
    "cron check": Listed("cron", "check", CARE, "Run them as cron would; say what would break"),
    "help": Listed("help", "help", CARE, "Explain a topic: query, dates, exit-codes, scripting …"),
    "completion": Listed("completion", "completion", CARE, "Complete command lines in bash, zsh or fish"),
    "schema": Listed("schema", "schema", DATA, "JSON Schema of files and documents"),
    "init": Listed("init", "init", CARE, "Make a workspace, empty or with the demo", writes=True),
    "check": Listed("check", "check", CARE, "Check all files; exit 5 if something is wrong", writes=True),
    "config show": Listed("check", "show_config", CARE, "Show crm.yaml as it is understood"),
    "config check": Listed("check", "check_config", CARE, "Check crm.yaml and all it refers to"),
}
GROUPS = {
    "activity": "Things to do, over all records",
    "plan": "Activities that belong together",
    "questionnaire": "What is asked about a project, and the answers",
    "contact": "People and companies",
    "email": "E-mails from templates",
    "export": "Data for other programs",
    "outbox": "Mails waiting to leave",
    "report": "Figures",
    "referral": "Who brought whom",
    "reward": "What sponsors get",
    "rules": "What happens by itself",
    "cron": "Running by the clock",
    "config": "What crm.yaml says",
}


def list_names(prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the commands of a group, or all, with the help's line; groups stand for theirs."""
    for name, listed in COMMANDS.items():
        if name.startswith(prefix) and " " not in name.removeprefix(prefix):
            yield name.removeprefix(prefix), listed.help
    yield from () if prefix else GROUPS.items()
