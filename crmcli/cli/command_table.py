"""The table of all commands: the module and function of each, and its section and line in the help.

The lazy command group, the help and the completion read this table; a module is imported only when
one of its commands is called.
"""

from collections.abc import Iterator
from typing import NamedTuple


class Listed(NamedTuple):
    """A command: its module and function, and its section and line in the help."""

    module: str
    function: str
    section: str
    help: str
    writes: bool = False
    asks: bool = False  # whether it changes the records that match a query


SECTIONS = WORK, FIND, REPORT, PEOPLE, MAIL, DATA, TEAM, AUTOMATION, SCHEDULING, SETUP = (
    *("Work", "Find", "Report", "People", "Mail", "Data"),
    *("Team", "Automation", "Scheduling", "Setup"),
)
COMMANDS: dict[str, Listed] = {
    "create": Listed("create", "create", WORK, "Create an opportunity or a lead", writes=True),
    "set": Listed("set", "set_fields", WORK, "Set fields of records", writes=True, asks=True),
    "edit": Listed("edit", "edit", WORK, "Edit a record's file; it is checked on saving", writes=True),
    "move": Listed(
        "move", "move", WORK, "Move records to another stage and run its rules", writes=True, asks=True
    ),
    "win": Listed(
        "move", "win", WORK, "Mark records won: move them to the next won stage", writes=True, asks=True
    ),
    "lose": Listed("move", "lose", WORK, "Mark records lost; they keep their stage", writes=True, asks=True),
    "reopen": Listed("move", "reopen", WORK, "Reopen closed records", writes=True, asks=True),
    "qualify": Listed("qualify", "qualify", WORK, "Turn leads into opportunities", writes=True, asks=True),
    "tag": Listed("set", "tag", WORK, "Add and remove tags", writes=True, asks=True),
    "note": Listed("set", "note", WORK, "Add a note to the history of records", writes=True, asks=True),
    "done": Listed("activity", "done", WORK, "Mark activities done", writes=True, asks=True),
    "activity add": Listed("activity", "add", WORK, "Plan an activity on records", writes=True, asks=True),
    "activity edit": Listed("activity", "edit", WORK, "Change activities", writes=True, asks=True),
    "activity snooze": Listed("activity", "snooze", WORK, "Postpone activities", writes=True, asks=True),
    "activity reassign": Listed(
        "activity", "reassign", WORK, "Assign activities to another user", writes=True, asks=True
    ),
    "activity cancel": Listed(
        "activity", "cancel", WORK, "Cancel activities, with a reason", writes=True, asks=True
    ),
    "plan start": Listed(
        "plan", "start", WORK, "Start a plan: several activities around a day", writes=True, asks=True
    ),
    "plan move": Listed(
        "plan", "move", WORK, "Move what is still planned of a plan to another day", writes=True, asks=True
    ),
    "plan list": Listed("plan", "list_plans", WORK, "List plans"),
    "tick": Listed(
        "tick", "tick", SCHEDULING, "Run delayed rules and handle stale and late items", writes=True
    ),
    "activity list": Listed("due", "list_activities", WORK, "List activities of all records"),
    "delete": Listed(
        "set", "delete", WORK, "Delete records (crm undo restores them)", writes=True, asks=True
    ),
    "merge": Listed(
        "merge",
        "merge",
        WORK,
        "Merge duplicate records",
        writes=True,
        asks=True,
    ),
    "undo": Listed("undo", "undo", WORK, "Undo your last command, including deletions", writes=True),
    "redo": Listed("undo", "redo", WORK, "Redo what you undid last", writes=True),
    "questionnaire answer": Listed(
        "questionnaire", "answer", WORK, "Answer questions about a record's project", writes=True, asks=True
    ),
    "questionnaire switch": Listed(
        "questionnaire", "switch", WORK, "Choose another questionnaire for records", writes=True
    ),
    "questionnaire fill": Listed(
        "questionnaire_fill", "fill", WORK, "Fill in a questionnaire at the terminal", writes=True
    ),
    "questionnaire show": Listed("questionnaire", "show", WORK, "Show answers and missing questions"),
    "questionnaire render": Listed(
        "questionnaire", "render", WORK, "Print a questionnaire for paper or mail"
    ),
    "questionnaire list": Listed("questionnaire", "list_questionnaires", WORK, "List questionnaires"),
    "questionnaire check": Listed("questionnaire", "check", WORK, "Check the questionnaire files"),
    "list": Listed("list", "list_records", FIND, "List matching records"),
    "pick": Listed("list", "pick", FIND, "Choose records at the terminal; print their ids"),
    "show": Listed("show", "show", FIND, "Show all about a record"),
    "log": Listed("log", "log", FIND, "Tell the story of a record or a contact"),
    "open": Listed("open", "open_file", FIND, "Open a record's file in the editor, or print its path"),
    "duplicates": Listed(
        "duplicates", "duplicates", FIND, "Find leads and opportunities that may be the same"
    ),
    "next": Listed("move", "next_stages", FIND, "Show possible moves and what each would do"),
    "why": Listed("show", "why", FIND, "Explain a record's probability, rules and activities"),
    "due": Listed("due", "due", REPORT, "List activities that are overdue or due soon", writes=True),
    "board": Listed("board", "board", REPORT, "Draw the pipeline as a board, stages as columns"),
    "report pipeline": Listed(
        "report_pipeline", "pipeline", REPORT, "Count, expected and weighted revenue by stage"
    ),
    "context": Listed("context", "context", FIND, "Show what one wants to know before a call"),
    "digest": Listed("digest", "digest", REPORT, "Report what happened since a day", writes=True),
    "stats": Listed("stats", "stats", REPORT, "Show the whole on one screen"),
    "report forecast": Listed("reports", "forecast", REPORT, "Revenue to come, by month of expected close"),
    "report funnel": Listed(
        "reports", "funnel", REPORT, "Deals that entered each stage, advanced, were lost"
    ),
    "report velocity": Listed("reports", "velocity", REPORT, "Days in each stage and until deals are won"),
    "report lost": Listed("reports", "lost", REPORT, "Lost deals by reason and stage"),
    "report stale": Listed("reports", "stale", REPORT, "Open deals that are inactive for too long"),
    "report response": Listed("reports", "response", REPORT, "Time until the first answer to a lead"),
    "report activities": Listed("reports", "activities", REPORT, "Activities planned, overdue, done in time"),
    "export vcf": Listed("exchange", "export_vcf", DATA, "Export contacts as vCards"),
    "export csv": Listed("export_records", "export_csv", DATA, "Export the records as CSV tables"),
    "export json": Listed("export_records", "export_json", DATA, "Export whole records as JSON"),
    "export jsonl": Listed("export_records", "export_jsonl", DATA, "Export whole records as lines of JSON"),
    "export ics": Listed("export_calendar", "export_ics", DATA, "Export activities for calendars and phones"),
    "calendar sync": Listed(
        "calendar_sync",
        "sync_calendar",
        DATA,
        "Synchronise activities with a calendar, both ways",
        writes=True,
    ),
    "export parquet": Listed(
        "export_records", "export_parquet_files", DATA, "Export typed tables for DuckDB or Spark"
    ),
    "import csv": Listed(
        "import_records", "import_csv", DATA, "Import records from CSV, of any program", writes=True
    ),
    "import json": Listed(
        "import_records", "import_json", DATA, "Import records from JSON, or restore an export", writes=True
    ),
    "import vcf": Listed(
        "import_records", "import_contacts", DATA, "Import contacts from vCards", writes=True
    ),
    "report sources": Listed("report_sources", "sources", REPORT, "Report deals by marketing origin"),
    "report referrals": Listed(
        "report_sources", "referrals", REPORT, "Report referrals and rewards by sponsor"
    ),
    "report html": Listed("report_html", "html", REPORT, "Write a static site: board, reports, all deals"),
    "referral list": Listed("referral", "list_referrals", REPORT, "List referred deals"),
    "referral tree": Listed("referral", "tree", REPORT, "Draw who referred whom"),
    "reward list": Listed("reward", "list_rewards", REPORT, "List rewards of sponsors: due, paid, void"),
    "reward grant": Listed("reward", "grant", WORK, "Grant a reward for a won deal", writes=True, asks=True),
    "reward pay": Listed("reward", "pay", WORK, "Mark rewards paid", writes=True),
    "sql": Listed("sql", "sql", DATA, "Query the index in SQL, read-only"),
    "contact create": Listed("contact", "create", PEOPLE, "Create a contact", writes=True),
    "contact list": Listed("contact", "list_contacts", PEOPLE, "List contacts"),
    "contact show": Listed("contact", "show", PEOPLE, "Show a contact with its opportunities"),
    "contact set": Listed("contact", "set_fields", PEOPLE, "Set fields of contacts", writes=True),
    "contact delete": Listed("contact_delete", "delete", PEOPLE, "Delete contacts", writes=True),
    "contact edit": Listed("edit", "edit_contact", PEOPLE, "Edit a contact's file", writes=True),
    "contact new-opportunity": Listed(
        "contact_new_opportunity",
        "new_opportunity",
        PEOPLE,
        "Create an opportunity for a contact",
        writes=True,
    ),
    "contact duplicates": Listed(
        "duplicates", "contact_duplicates", PEOPLE, "Find contacts that may be the same"
    ),
    "contact import": Listed(
        "import_records", "import_contacts", PEOPLE, "Import contacts from vCard and CSV files", writes=True
    ),
    "contact sync": Listed(
        "contact_sync",
        "sync_contacts",
        PEOPLE,
        "Synchronise contacts with an address book, both ways",
        writes=True,
    ),
    "contact export": Listed(
        "contact_erase", "export", PEOPLE, "Export all data about a person into a folder", writes=True
    ),
    "contact erase": Listed("contact_erase", "erase", PEOPLE, "Erase all data about a person", writes=True),
    "contact merge": Listed("merge", "merge_contacts", PEOPLE, "Merge duplicate contacts", writes=True),
    "contact note": Listed("contact", "note", PEOPLE, "Add a note to a contact", writes=True),
    "contact opportunities": Listed("contact", "opportunities", PEOPLE, "List a contact's opportunities"),
    "ingest": Listed("ingest", "ingest", MAIL, "File messages from mail programs or mailboxes", writes=True),
    "serve": Listed("form", "serve", MAIL, "Serve web forms to visitors"),
    "form list": Listed("form", "list_forms", MAIL, "List the web forms"),
    "form html": Listed("form", "print_html", MAIL, "Print the HTML of a form for an existing site"),
    "inbox list": Listed("inbox", "list_inbox", MAIL, "List the messages in quarantine"),
    "inbox show": Listed("inbox", "show_inbox", MAIL, "Show a message in quarantine"),
    "inbox accept": Listed("inbox", "accept_inbox", MAIL, "File messages in quarantine", writes=True),
    "inbox link": Listed("inbox", "link_inbox", MAIL, "Add messages to a record", writes=True),
    "inbox retry": Listed("inbox", "retry_inbox", MAIL, "File messages in quarantine anew", writes=True),
    "inbox drop": Listed("inbox", "drop_inbox", MAIL, "Delete messages in quarantine", writes=True),
    "message show": Listed("message", "show", MAIL, "Show a message whole, or its bytes"),
    "attachment list": Listed("message", "list_attachments", MAIL, "List the files that came with messages"),
    "attachment save": Listed("message", "save", MAIL, "Save the files that came with messages", writes=True),
    "email list": Listed("email", "list_templates", MAIL, "List the e-mail templates"),
    "email preview": Listed("email", "preview", MAIL, "Show an e-mail as it would be sent"),
    "email write": Listed("email_write", "write", MAIL, "Write an e-mail about a record", writes=True),
    "reply": Listed("email_write", "reply", MAIL, "Answer a message of a record", writes=True),
    "email check": Listed("email_check", "check", MAIL, "Render the templates for all records"),
    "email queue": Listed("email", "queue", MAIL, "Put an e-mail into the outbox", writes=True, asks=True),
    "attach": Listed("attach", "attach", WORK, "Keep files with a record: photos, quotes", writes=True),
    "outbox list": Listed("outbox", "list_outbox", MAIL, "List the mails that wait or could not be sent"),
    "outbox show": Listed("outbox", "show_outbox", MAIL, "Show a mail, byte for byte"),
    "outbox send": Listed("outbox", "send", MAIL, "Send the mails that wait", writes=True),
    "outbox check": Listed("outbox_check", "check_way_out", MAIL, "Test the mail server, sending nothing"),
    "outbox retry": Listed("outbox", "retry", MAIL, "Queue mails again that were not sent", writes=True),
    "outbox drop": Listed("outbox", "drop", MAIL, "Withdraw mails that were not sent", writes=True),
    "outbox hold": Listed("outbox", "hold", MAIL, "Keep queued mails back", writes=True),
    "rules check": Listed(
        "rules", "check", AUTOMATION, "Check stages, rules and templates on sample records"
    ),
    "rules release": Listed("rules", "release", AUTOMATION, "Let a new rule that waits fire", writes=True),
    "rules test": Listed("rules", "play_scenarios", AUTOMATION, "Test rules with scenarios"),
    "trust": Listed("trust", "trust", AUTOMATION, "Allow the programs of this workspace to run", writes=True),
    "cron print": Listed("cron", "print_lines", SCHEDULING, "Print lines for crontab, or systemd units"),
    "cron check": Listed("cron", "check", SCHEDULING, "Test these commands in cron's environment"),
    "help": Listed("help", "help", SETUP, "Explain a topic: query, dates, exit-codes, scripting …"),
    "completion": Listed(
        "completion", "completion", SETUP, "Complete command lines in bash, zsh or fish", writes=True
    ),
    "schema": Listed("schema", "schema", DATA, "Print or write JSON Schemas of files and documents"),
    "init": Listed("init", "init", SETUP, "Create a workspace, from a template", writes=True),
    "doctor": Listed("doctor", "doctor", SETUP, "Say what is set up here, what is missing, and what to do"),
    "check": Listed("check", "check", SETUP, "Check all files; exit 5 if something is wrong", writes=True),
    "stage list": Listed("entries", "list_stages", SETUP, "List the stages, and the open records in each"),
    "field list": Listed("entries", "list_fields", SETUP, "List the custom fields, and what uses them"),
    "type list": Listed("entries", "list_types", SETUP, "List the types of activities, and what uses them"),
    "stage rename": Listed(
        "rename", "rename_stage", SETUP, "Rename a stage in everything that refers to it", writes=True
    ),
    "field rename": Listed(
        "rename", "rename_field", SETUP, "Rename a custom field in everything that refers to it", writes=True
    ),
    "type rename": Listed(
        "rename",
        "rename_type",
        SETUP,
        "Rename a type of activity in everything that refers to it",
        writes=True,
    ),
    "sync": Listed("sync", "sync", TEAM, "Commit, merge what the others pushed, and push", writes=True),
    "resolve": Listed("resolve", "resolve", TEAM, "End conflicts: ours, theirs, newest or edit", writes=True),
    "merge-driver": Listed("merge_driver", "merge_driver", TEAM, "Merge two versions of a file, for git"),
    "config show": Listed("check", "show_config", SETUP, "Show the configuration, with defaults"),
    "config check": Listed("check", "check_config", SETUP, "Check crm.yaml and everything it refers to"),
}
GROUPS = {
    "activity": "Activities: things to do",
    "calendar": "Activities in the calendars of phones",
    "plan": "Activities that belong together",
    "questionnaire": "Questions about a project, and the answers",
    "contact": "People and companies",
    "message": "Messages of records",
    "attachment": "Files that came with messages",
    "email": "E-mails from templates",
    "export": "Data for other programs",
    "import": "Data from other programs",
    "form": "Web forms",
    "inbox": "Messages in quarantine",
    "outbox": "Mails on their way out",
    "report": "Figures and totals",
    "referral": "Who referred whom",
    "reward": "Rewards of sponsors",
    "rules": "Check, test and release the rules",
    "cron": "Run crm from cron or systemd",
    "config": "Show and check crm.yaml",
    "stage": "Stages of the pipeline",
    "field": "Custom fields",
    "type": "Types of activities",
}


def list_names(prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the names and help lines of a group's commands; for an empty prefix, those of the top level."""
    for name, listed in COMMANDS.items():
        if name.startswith(prefix) and " " not in name.removeprefix(prefix):
            yield name.removeprefix(prefix), listed.help
    yield from () if prefix else GROUPS.items()
