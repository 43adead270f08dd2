"""What surrounds a query: how it is told, saved, rendered, asked in SQL, and what wrappers get."""

import json
import re
import sys

import pytest

from tests.harness.crm import Crm
from tests.harness.terminal import show_at_terminal

RECORD = r"/(opportunities|contacts)/.*\.yaml$"


def test_explain_says_what_a_query_means_and_asks_nothing(shared: Crm) -> None:
    said = shared(
        "list",
        "stage:quoted",
        "not:+pag",
        "revenue.gt:5000",
        "close:..eom",
        "sort:-revenue",
        "limit:3",
        "--explain",
    ).out
    assert said.splitlines() == [
        "stage is 'quoted'",
        "not: tag is 'pag'",
        "expected_revenue more than 5000",
        "expected_close to 2026-11-30",
        "is open",
        "sorted by expected_revenue, largest first",
        "at most 3",
    ]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["stage:new", "+pag", "stage:quoted"], "stage is 'new'; stage is 'quoted'"),
        (["is:won", "is:open"], "is won; is open"),
        (["revenue:..100", "revenue:200.."], "expected_revenue to 100; expected_revenue from 200"),
        (["owner:none", "owner:marie"], "owner missing; owner is 'marie'"),
        (["+rika", "not:+rika"], "tag is 'rika'; not: tag is 'rika'"),
        (["lost:price", "is:won"], "lost is 'price'; is won"),
    ],
)
def test_a_contradiction_is_told_and_finds_nothing(shared: Crm, args: list[str], said: str) -> None:
    result = shared("list", *args)
    assert (result.out, result.err.count("\n")) == ("", 1)
    assert f"no record can match all of these: {said}\n" in result.err


@pytest.mark.parametrize(
    "args", [["+pag", "+rika"], ["stage:new,quoted", "stage:quoted"], ["is:won,lost", "is:won"]]
)
def test_what_can_be_is_no_contradiction(shared: Crm, args: list[str]) -> None:
    assert shared("list", *args).err == ""


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["list", "+pag", "stage:quotd"], "query column 12: unknown stage 'quotd' (did you mean quoted?)"),
        (["list", "-stage:quoted"], "'-stage:quoted' is not a valid condition (not:stage:quoted)"),
        (["list", "sort:summary"], "sort:summary is an order of activities"),
        (["list", "due:overdue.."], "due:overdue..: overdue has no first day (due:any)"),
        (["list", "due:overdue..7d"], "(due:..7d)"),
        (["list", "due:today..overdue"], "ends before it begins"),
        (["list", "field.brandd:Rika"], "unknown field. 'brandd' (did you mean brand?)"),
        (["list", "sort:field.brandd"], "did you mean brand?"),
        (["list", "answer.surfac:100.."], "unknown answer. 'surfac' (did you mean surface?)"),
        (["list", "field.brand:Rikka"], "unknown field.brand 'Rikka' (did you mean Rika?)"),
        (["list", "field.power:abc"], "'abc' is not a number"),
        (["list", "field.installation_date:2026-13"], "'2026-13' does not exist"),
        (
            ["list", "questionnaire:foo"],
            "unknown questionnaire 'foo' (there is: foyer (Foyer ou insert), pab (Poêle à bois)",
        ),
        (["list", "revenue>=5000"], "'revenue>=5000' is not a valid condition (revenue.ge:5000)"),
        (["list", "revenue:>5000"], "(revenue.gt:5000)"),
        (["list", "revenue.gt:>5000"], "(revenue.gt:5000)"),
        (["list", "revenue.ge:1..3"], "revenue.ge takes one value, not '1..3' (revenue:1..3)"),
        (["list", "--explian"], "no option '--explian' (did you mean --explain?)"),
        (["list", "--out", "json"], "no option '--out' (did you mean --output?)"),
        (["move", "xgcej9p8", "--too", "won"], "no option '--too' (did you mean --to?)"),
        (["list", "-rika"], "no option '-rika' (not:+rika for those without that tag)"),
        (["sql", "select stge from opportunities"], "no such column: stge (did you mean stage?)"),
        (["sql", "select 1 from oportunities"], "no such table: oportunities (did you mean opportunities?)"),
        (["sql", "select * from record"], "only a SELECT from the views is allowed"),
        (["sql", "select count(*) from record"], "only a SELECT from the views is allowed"),
        (["sql", "select name from sqlite_master"], "only a SELECT from the views is allowed"),
        (
            ["sql", "with opportunities as (select * from record) select * from opportunities"],
            "only a SELECT",
        ),
        (["list", "--as", "mari"], "unknown user 'mari' (did you mean marie?)"),
        (["list", "title:~zzz", "--fields", "titel"], "unknown column 'titel' (did you mean title?)"),
        (["list", "--fields", "revenue"], "unknown column 'revenue' (did you mean expected_revenue?)"),
        (["list", "--fields", "field.brandd"], "did you mean brand?"),
        (["list", "title:~zzz", "--template", "{{ titel }}"], "unknown name 'titel' (did you mean title?)"),
        (["list", "limit:1", "--template", "{{ contact.name }}"], "holds no 'name' (as in contact_name"),
        (["tag", "xgcej9p8", "--add", "x", "--explain"], "--explain explains a query"),
        (["list", "Stage:quoted"], "'Stage:quoted' is not a valid condition (stage:quoted)"),
        (["list", "10:30"], "'10:30' is not a valid condition (text:10:30)"),
        (["list", "stage=quoted"], "query column 1: 'stage=quoted' is not a valid condition (stage:quoted)"),
        (["list", "assignee:marje"], "unknown assignee 'marje' (did you mean marie?)"),
        (["list", "state:late"], "unknown state 'late'"),
        (["list", "source:gogle"], "did you mean google?"),
        (["list", "lost:prize"], "did you mean price?"),
        (["list", "due.gt:..7d"], "due.gt takes one value"),
        (["list", "stage.gt:new"], "stage has no order"),
        (["list", "revenue.foo:3"], "unknown operator 'foo'"),
        (["list", "close:tomorow"], "did you mean tomorrow?"),
        (["list", "--template", "{{ titel }}"], "unknown name 'titel' (did you mean title?)"),
        (["list", "--template", "{{ title"], "--template: unexpected end"),
        (["list", "--errors", "xml"], "unknown format 'xml' of errors (text, json)"),
        (["sql", "selec 1"], 'sql: near "selec": syntax error'),
        (["sql", "drop table record"], "only a SELECT from the views is allowed"),
        (["sql", "attach 'x' as y"], "only a SELECT from the views is allowed"),
        (["sql", "pragma user_version = 3"], "only a SELECT from the views is allowed"),
        (["sql", "select load_extension('x')"], "sql: "),
        (["list", "not:Owner:marie"], "'Owner:marie' is not a valid condition (owner:marie)"),
        (["list", "title:'PAG"], "does not end in '"),
        (["list", "title:/PAG"], "does not end in /"),
        (["list", "title:/(\n/"], "is not a valid pattern"),
        (["list", "@1"], "is not a saved query"),
        (["list", "text:~poele"], "(text:poele)"),
        (["list", "-o", "json", "--template", "x"], "two ways to print"),
        (["list", "--fields", ","], "names no column"),
        (["list", "--template", "{{ expected_revenue|day }}"], "--template: "),
        (
            ["list", "--template", "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}"],
            "--template: calls itself deeper than 50 levels",
        ),
        (["list", "--template", "{{ cycler() }}"], "--template: at least one item has to be provided"),
        (["list", "--template", "{{ '%999999999d'|format(1) }}"], "too wide here"),
        (["list", "--template", "{{ '{:1000000000}'.format(1) }}"], "--template: "),
        (["board", "-o", "ids"], "have no ids"),
        (["sql", "select 1 as a, 2 as a"], "two columns are called 'a'"),
        (["sql", "select 1", "--timeout", "nan"], "--timeout nan"),
        (["sql", "select zeroblob(900000000)"], "sql: "),
        (["sql", "select * from nope"], "no such table: nope (there is: opportunities"),
        (["completion", "tcsh"], "unknown shell 'tcsh'"),
    ],
)
def test_a_mistake_is_one_line(shared: Crm, args: list[str], message: str) -> None:
    said = shared.refused(*args, code=2)
    assert message in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "asked", ["0612345678", "+33612345678", "06.12.34.56.78", "0033612345678", "~0612", "~3361234"]
)
def test_a_phone_is_found_however_it_is_written(shared: Crm, asked: str) -> None:
    assert shared("list", f"phone:{asked}", "-o", "ids").out == "xgcej9p8\n"


def test_a_word_is_looked_for_in_the_contact_too(shared: Crm) -> None:
    for word in ("pierre.richard@example.org", "0612345678", "06 12 34 56 78"):
        assert shared("list", word, "-o", "ids").out == "xgcej9p8\n"
    assert "xgcej9p8" in shared("list", "pontivy", "-o", "ids").out


def test_what_is_written_with_ligatures_is_found_without(crm: Crm) -> None:
    crm("create", "Main d’œuvre pour l’entretien d'un cœur de poêle")
    for asked in ("title:~oeuvre", "main d'oeuvre", "title:~d’un", "title:~cœur", "l'entretien"):
        assert crm("list", asked, "-o", "ids").out.count("\n") == 1, asked


def test_more_keys_can_be_asked(crm: Crm) -> None:
    def found(*terms: str) -> int:
        return len(crm("list", "is:any", *terms, "-o", "ids").out.split())

    all_of_them = found()
    for key in ("company", "street", "country", "language", "consent", "contact_tag", "message", "message_at", "reward",
                "reward_amount", "weighted_revenue", "stage_since", "probability_from", "contact_created", "emails",
                "marketing.source"):  # fmt: skip
        assert found(f"{key}:any") + found(f"{key}:none") == all_of_them, key
    for key in ("time", "every", "plan", "rule", "finished", "why_cancelled"):
        assert found(f"{key}:any") < all_of_them, key
    assert found("company:~carr") > 0
    assert found("probability_from:won") == found("is:won")
    assert (
        crm("list", "sort:field.brand", "field.brand:any", "--fields", "field.brand", "-o", "tsv").code == 0
    )


def test_fields_and_answers_put_records_in_order(crm: Crm) -> None:
    brands = crm(
        "list", "sort:-field.brand", "field.brand:any", "--fields", "field.brand", "-o", "tsv", "--no-headers"
    )
    assert brands.out.split() == sorted(brands.out.split(), reverse=True)


def test_an_answer_that_only_a_record_knows_can_be_asked(crm: Crm) -> None:
    path = crm.file("xgcej9p8")
    path.write_text(path.read_text() + "project:\n  questionnaire: old\n  answers:\n    hauteur: 7\n")
    assert crm("list", "answer.hauteur:5..", "questionnaire:old", "-o", "ids").out == "xgcej9p8\n"


def test_a_saved_query_names_a_record_if_it_finds_one(crm: Crm) -> None:
    path = crm.data / "crm.yaml"
    path.write_text(
        path.read_text().replace("\nqueries:", "\nqueries:\n  one: id:xgcej9p8\n  no: title:~zzz")
    )
    for command in (["show"], ["why"], ["next"], ["email", "preview", "-t", "relance-devis"]):
        assert crm(*command, "@one").out == crm(*command, "xgcej9p8").out
        assert "@no finds no opportunity" in crm.refused(*command, "@no", code=3)
        assert "z5966pa8" in crm.refused(*command, "@gros", code=4)
    theirs = crm("contact", "opportunities", "f8dz9xw4").out
    assert crm("contact", "opportunities", "@one").out == theirs
    assert "contacts match '@gros'" in crm.refused("contact", "opportunities", "@gros", code=4)


@pytest.mark.parametrize(
    "verb",
    [["tag", "--add", "x"], ["move", "--to", "won"], ["lose"], ["set", "budget=1"], ["note", "-m", "x"], ["delete"],
     ["email", "queue", "-t", "relance"], ["done"], ["activity", "cancel"], ["activity", "add", "--type", "call"]],
)  # fmt: skip
def test_a_change_can_be_explained_instead(shared: Crm, verb: list[str]) -> None:
    before = shared.records()
    assert shared(*verb, "owner:me", "close:..eom", "--explain").out.splitlines()[:2] == [
        "owner is 'marie'",
        "expected_close to 2026-11-30",
    ]
    assert shared.records() == before


def test_an_explanation_is_a_document_too(shared: Crm) -> None:
    told = json.loads(
        shared("list", "close:..eom", "sort:-revenue", "limit:3", "--explain", "-o", "json").out
    )
    assert told == {
        "schema": "crm.explain/1",
        "conditions": ["expected_close to 2026-11-30", "is open"],
        "sort": ["-expected_revenue"],
        "limit": 3,
    }
    for command in (["board"], ["report", "pipeline"]):
        assert shared(*command, "--explain").out == "kind is 'opportunity'\nis open\n"


def test_a_mistake_in_a_saved_query_names_it(crm: Crm) -> None:
    path = crm.data / "crm.yaml"
    path.write_text(path.read_text().replace("\nqueries:", "\nqueries:\n  odd: +pag stage:quotd"))
    said = crm.refused("list", "@odd", code=2)
    assert "@odd in crm.yaml: stage:quotd: unknown stage 'quotd' (did you mean quoted?)" in said


def test_columns_are_in_the_locale_for_people_and_plain_for_machines(crm: Crm) -> None:
    names = "budget,created,expected_close,weighted_revenue,field.brand,source,path,stale"
    shown = crm("list", "id:xgcej9p8", "--fields", names).out
    for text in ("7\u202f500,00\xa0€", "31 déc. 2026", "4\u202f000,00\xa0€", "Rika", "client", "no"):
        assert text in shown
    row = crm("list", "id:xgcej9p8", "--fields", names, "-o", "csv", "--no-headers").out
    assert row.startswith("7500,2026-")
    assert "2026-12-31,4000,Rika,client,pipeline_data/" in row
    assert row.endswith(",false\n")
    held = json.loads(crm("list", "id:xgcej9p8", "--fields", "source,field.brand", "-o", "json").out)
    assert held == [{"source": "client", "field.brand": "Rika"}]
    assert "8\u202f000,00\xa0€" in crm("show", "xgcej9p8", "-o", "md").out
    assert "{" not in crm("show", "xgcej9p8", "--fields", "fields,marketing,activities,history").out
    assert crm("list", "id:xgcej9p8", "-o", "ids", "--fields", "id,title").out == "xgcej9p8\n"
    assert "due 26 nov. 2026" in crm("next", "xgcej9p8").out
    assert "due 2026-11-26" in crm("next", "xgcej9p8", "-o", "json").out
    assert "budget 7\u202f500,00\xa0€ → none" in crm("set", "xgcej9p8", "budget=", "--dry-run").out
    assert "23 nov. 2026" in crm("outbox", "list").out


def test_warnings_are_objects_where_a_wrapper_wants_them(crm: Crm) -> None:
    [line] = crm("list", "+rikka", "--errors", "json").err.splitlines()
    assert json.loads(line)["schema"] == "crm.warning/1"
    told = crm(
        "lose", "zzzzzzzz", "xgcej9p8", "--keep-mails", "--keep-going", "--errors=json", "--dry-run", code=7
    ).err.splitlines()
    assert [json.loads(line)["schema"] for line in told] == ["crm.warning/1", "crm.error/1"]
    assert json.loads(told[0])["code"] == 3
    assert json.loads(crm("--errors", "json", "show", "zzzzzzzz", code=3).err)["what"]
    assert crm("note", "zzzzzzzz", "-m", "--errors=json", code=3).err.startswith("crm: ")
    assert crm("note", "zzzzzzzz", "-qm--errors", "json", code=3).err.startswith("crm: ")


def test_days_are_typed_in_the_language_of_the_workspace(crm: Crm) -> None:
    for french, english in (
        ("demain", "tomorrow"),
        ("vendredi", "friday"),
        ("..7j", "..7d"),
        ("1mois", "1mo"),
        ("retard", "overdue"),
    ):
        told = crm("due", f"due:{french}", "--explain").out
        assert told == crm("due", f"due:{english}", "--explain").out
    path = crm.data / "crm.yaml"
    path.write_text(path.read_text().replace("date_order: dmy #", "#"))
    assert "can be read in two ways" in crm("list", "close:05/12/2026", code=2).err
    assert "2026-12-25" in crm("list", "close:25/12/2026", "--explain").out
    path.write_text(path.read_text().replace("timezone:", "date_order: dmy\ntimezone:", 1))
    assert "2026-12-25" in crm("list", "close:25/12/2026", "--explain").out
    crm("set", "xgcej9p8", "close=5/12/2026")
    assert json.loads(crm("show", "xgcej9p8", "-o", "json").out)["expected_close"] == "2026-12-05"
    for typed in ("2026/12/05", "2026-w49", "2026-W49"):
        assert "2026-12-0" in crm("list", f"close:{typed}", "--explain").out


def test_an_unused_tag_finds_nothing_and_is_named(shared: Crm) -> None:
    result = shared("list", "+rikka")
    assert (result.out, result.err) == ("", "crm: no record has the tag 'rikka' (did you mean rika?)\n")
    assert shared("list", "+RIKA").err == ""


def test_what_the_shell_ate_is_told(crm: Crm) -> None:
    done = crm.run_line("crm list revenue:>5000")
    assert done.returncode == 2
    assert "the shell took > for a redirection into the file 5000 (revenue.gt:5000)" in done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["list", "is:any", "-o", "jsonl"],
        ["list", "poele", "city:pontivy", "sort:-touched"],
        ["due"],
        ["activity", "list", "state:any", "-o", "csv"],
        ["board"],
        ["report", "pipeline"],
        ["contact", "list", "-o", "json"],
        ["contact", "opportunities", "tszg6wec"],
        ["sql", "select * from opportunities"],
        ["tag", "+rika", "--add", "x", "--dry-run", "--yes"],
    ],
)
def test_questions_open_no_record_files(crm: Crm, args: list[str]) -> None:
    for _ in range(2):  # what is as young as the index is read once more
        crm("list")
    log = crm.root.parent / "opened"

    def write_down_what_is_opened() -> None:
        lines = log.open("a", buffering=1)
        sys.addaudithook(lambda event, given: event == "open" and lines.write(f"{given[0]}\n"))

    crm(*args, first=write_down_what_is_opened)
    records = {path for path in log.read_text().splitlines() if re.search(RECORD, path)}
    wanted = {"tag": 9, "contact opportunities": 1}  # what is changed, and who is named, is read
    assert len(records) == wanted.get(args[0], wanted.get(" ".join(args[:2]), 0)), records


def test_a_saved_query_works_in_every_verb(crm: Crm) -> None:
    asked = crm("list", "@gros", "-o", "ids").out
    assert asked == crm("list", "revenue:8000..", "sort:-revenue", "-o", "ids").out
    crm("tag", "@gros", "--add", "gros", "--yes")
    assert sorted(crm("list", "+gros", "-o", "ids").out.split()) == sorted(asked.split())
    assert crm("due", "@gros").code == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [("''", "is empty"), ("'@gros limit:2'", "cannot hold another"), ("stage:quotd", "did you mean quoted?")],
)
def test_a_saved_query_that_means_nothing_is_refused_everywhere(crm: Crm, text: str, message: str) -> None:
    path = crm.data / "crm.yaml"
    path.write_text(path.read_text().replace("\nqueries:", f"\nqueries:\n  odd: {text}"))
    assert message in crm.refused("lose", "@odd", "--dry-run", "--yes", code=2)
    assert message in crm("config", "check", code=5).out


def test_a_saved_query_keeps_what_stands_between_quotes(crm: Crm) -> None:
    path = crm.data / "crm.yaml"
    path.write_text(
        path.read_text().replace("\nqueries:", "\nqueries:\n  tube: title:'PAG Rika - Tubage du conduit'")
    )
    assert crm("list", "@tube", "-o", "ids").out == "sdsw7zdf\n"


@pytest.mark.parametrize("format", ["table", "json", "jsonl", "csv", "tsv", "yaml", "md"])
def test_no_record_steers_a_terminal(crm: Crm, format: str) -> None:
    path = crm.file("xgcej9p8")
    title = 'title: "E\\e]0;pwn\\a\\u202e\\u009b31m"'
    path.write_text(path.read_text().replace("title: PAG Rika - Raccordement sur conduit existant", title))
    shown = show_at_terminal(crm, "list", "id:xgcej9p8", "-o", format)
    assert "pwn" in shown
    assert not set(shown) & set("\x1b\x07\u202e\u009b")


def test_a_link_to_a_directory_is_a_finding(crm: Crm) -> None:
    year = crm.data / "opportunities" / "2026"
    year.rename(crm.root / "elsewhere")
    year.symlink_to(crm.root / "elsewhere")
    assert (
        "pipeline_data/opportunities/2026: a link to a directory is not followed" in crm("check", code=5).out
    )


def test_a_template_is_a_line_a_record(crm: Crm) -> None:
    made = crm(
        "list",
        "id:xgcej9p8",
        "--template",
        "{{ id }}|{{ expected_revenue|money }}|{{ expected_close|day }}|{{ lost }}|{{ touched|age }}",
    ).out
    assert made == "xgcej9p8|8\u202f000,00\xa0€|" + made.split("|")[2] + "||8\n"
    assert (
        crm("list", "stage:quoted", "--template", "{{ title|upper }}")
        .out.splitlines()[0]
        .startswith("PAG RIKA")
    )


def test_an_error_is_an_object_where_a_wrapper_wants_one(shared: Crm) -> None:
    for args, code in (
        (["show", "zzzzzzzz"], 3),
        (["list", "stage:quotd"], 2),
        (["--nope"], 2),
        (["list", "--nope"], 2),
    ):
        error = json.loads(shared.refused(*args, "--errors", "json", code=code))
        assert (error["schema"], error["code"]) == ("crm.error/1", code)
        assert error["what"]


def test_sql_says_what_the_documents_say(shared: Crm) -> None:
    columns = (
        "id, stage, outcome, probability, weighted_revenue, expected_revenue, stage_since, touched, priority"
    )
    asked = json.loads(shared("sql", f"select {columns} from opportunities order by id", "-o", "json").out)
    listed = json.loads(shared("list", "is:any", "-o", "json").out)
    names = columns.split(", ")
    assert asked == sorted(
        ({name: each[name] for name in names} for each in listed), key=lambda each: each["id"]
    )
    states = json.loads(shared("sql", "select id, state, due from activities order by id", "-o", "json").out)
    known = [
        {"id": a["id"], "state": a["state"], "due": a["due"]} for each in listed for a in each["activities"]
    ]
    assert states == sorted(known, key=lambda each: each["id"])


@pytest.mark.parametrize(
    ("statement", "count"),
    [
        ("with t as (select 1 as a union all select 2) select count(*) from t", "2"),
        ("with t as (select * from opportunities) select count(*) from t a, t b", "676"),
        ("select count(*) from (select * from contacts)", "27"),
    ],
)
def test_sql_counts_what_a_statement_names_itself(shared: Crm, statement: str, count: str) -> None:
    assert shared("sql", statement, "-o", "tsv", "--no-headers").out.strip() == count


@pytest.mark.parametrize(
    "table", ["record", "sqlite_master", "sqlite_temp_schema", "pragma_table_info('record')", "dbstat"]
)
def test_sql_counts_no_table_of_its_own(shared: Crm, table: str) -> None:
    assert "sql: " in shared.refused("sql", f"select count(*) from {table}", code=2)


def test_sql_ends_in_time(crm: Crm) -> None:
    endless = "with recursive a(x) as (select 1 union all select x + 1 from a) select max(x) from a"
    assert "took longer than 0.3 s" in crm.refused("sql", endless, "--timeout", "0.3", code=1)


@pytest.mark.parametrize("topic", ["query", "dates", "exit-codes", "environment", "scripting", "formats"])
def test_a_topic_fits_a_terminal(shared: Crm, topic: str) -> None:
    text = shared("help", topic).out
    assert max(map(len, text.splitlines())) <= 100
    assert len(text.splitlines()) <= (120 if topic == "query" else 70)  # a line a key
    narrow = shared("help", topic, COLUMNS="50").out
    assert max(map(len, narrow.splitlines())) <= 50
    assert "".join(narrow.split()) == "".join(text.split())


def test_help_on_a_command_is_its_help(shared: Crm) -> None:
    assert shared("help", "contact", "create").out == shared("contact", "create", "--help").out
    assert "did you mean move?" in shared.refused("help", "mvoe", code=3)


def on_a_terminal(crm: Crm, width: int, *args: str) -> list[str]:
    """The lines that a terminal of this width is shown."""
    return show_at_terminal(crm, *args, width=width).splitlines()


def test_a_table_fits_the_terminal_however_wide_its_letters_are(crm: Crm) -> None:
    from wcwidth import wcswidth

    title = "暖炉 🔥 設置 とても長いタイトルです、ここで折り返されるはずです、もっと長く、もっともっと長く"
    crm("create", title)
    lines = on_a_terminal(crm, 120, "list", "--wide")
    assert max(map(wcswidth, lines)) <= 120
    assert sum("もっと" in line or "設置" in line for line in lines) > 1


@pytest.mark.parametrize("width", [30, 60, 80, 100, 200])
@pytest.mark.parametrize(
    "args",
    [["list"], ["due"], ["activity", "list", "--by", "assignee"], ["outbox", "list"], ["next", "xgcej9p8"],
     ["contact", "list"], ["list", "--no-headers"], ["report", "pipeline"], ["sql", "select * from opportunities"]],
)  # fmt: skip
def test_every_table_fits_every_terminal(shared: Crm, args: list[str], width: int) -> None:
    from wcwidth import wcswidth

    lines = on_a_terminal(shared, width, *args)
    assert max(map(wcswidth, lines)) <= width
    for id in shared(*args, "-o", "ids").out.split() if args[0] == "list" else ():
        assert any(id in line for line in lines)


def test_a_narrow_terminal_shows_a_block_a_record_on_request(shared: Crm) -> None:
    lines = on_a_terminal(shared, 40, "list", "id:xgcej9p8", "--vertical")
    assert lines[0].split() == ["id", "xgcej9p8"]
    assert any(line.startswith("expected ") and "8\u202f000,00" in line for line in lines)


def test_a_span_counts_backwards_where_days_lie_in_the_past(shared: Crm) -> None:
    for key in ("created", "touched", "closed", "stage-since"):
        for ago, signed in (("30d..", "-30d.."), ("..2w", "..-2w"), ("30d..7d", "-30d..-7d")):
            asked = ["list", "is:any", "-o", "ids"]
            assert shared(*asked, f"{key}:{ago}").out == shared(*asked, f"{key}:{signed}").out
    assert shared("list", "is:any", "created:30d..", "-o", "ids").out
    assert "from 2026-12-24" in shared("list", "due:30d..", "--explain").out
