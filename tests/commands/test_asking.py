"""What surrounds a query: how it is told, saved, rendered, asked in SQL, and what wrappers get."""

import json

import pytest

from tests.conftest import Crm


def test_explain_says_what_a_query_means_and_asks_nothing(crm: Crm) -> None:
    said = crm(
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
        (["stage:new", "stage:quoted"], "nothing has two values of stage"),
        (["is:won", "is:open"], "no record is won and open"),
        (["revenue:..100", "revenue:200.."], "nothing has two values of expected_revenue"),
        (["owner:none", "owner:marie"], "nothing has two values of owner"),
    ],
)
def test_a_contradiction_is_told_and_finds_nothing(crm: Crm, args: list[str], said: str) -> None:
    result = crm("list", *args)
    assert (result.out, result.err.count("\n")) == ("", 1)
    assert said in result.err


@pytest.mark.parametrize(
    "args", [["+pag", "+rika"], ["stage:new,quoted", "stage:quoted"], ["is:won,lost", "is:won"]]
)
def test_what_can_be_is_no_contradiction(crm: Crm, args: list[str]) -> None:
    assert crm("list", *args).err == ""


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["list", "+pag", "stage:quotd"], "query column 12: unknown stage 'quotd' (did you mean quoted?)"),
        (["list", "-stage:quoted"], "'-stage:quoted' is no term (not:stage:quoted)"),
        (["list", "sort:due"], "sort:due is an order of activities"),
        (["list", "Stage:quoted"], "'Stage:quoted' is no term (stage:quoted)"),
        (["list", "10:30"], "'10:30' is no term (text:10:30)"),
        (["list", "stage=quoted"], "query column 1: 'stage=quoted' is no term (stage:quoted)"),
        (["list", "assignee:marje"], "unknown assignee 'marje' (did you mean marie?)"),
        (["list", "state:late"], "unknown state 'late'"),
        (["list", "source:gogle"], "did you mean google?"),
        (["list", "lost:prize"], "did you mean price?"),
        (["list", "due.gt:..7d"], "due.gt takes one value"),
        (["list", "stage.gt:new"], "stage has no order"),
        (["list", "revenue.foo:3"], "unknown operator 'foo'"),
        (["list", "close:25/12/2026"], "can be read in two ways"),
        (["list", "close:tomorow"], "did you mean tomorrow?"),
        (["list", "--template", "{{ titel }}"], "unknown name 'titel' (did you mean title?)"),
        (["list", "--template", "{{ title"], "--template: unexpected end"),
        (["list", "--errors", "xml"], "unknown format 'xml' of errors (text, json)"),
        (["sql", "selec 1"], 'sql: near "selec": syntax error'),
        (["sql", "drop table record"], "only a SELECT from the views is allowed"),
        (["sql", "attach 'x' as y"], "only a SELECT from the views is allowed"),
        (["sql", "pragma user_version = 3"], "only a SELECT from the views is allowed"),
        (["sql", "select load_extension('x')"], "sql: "),
        (["list", "not:Owner:marie"], "'Owner:marie' is no term (owner:marie)"),
        (["list", "title:'PAG"], "does not end in '"),
        (["list", "title:/PAG"], "does not end in /"),
        (["list", "title:/(\n/"], "is no pattern"),
        (["list", "@1"], "is no saved query"),
        (["list", "text:~poele"], "(text:poele)"),
        (["list", "-o", "json", "--template", "x"], "two ways to print"),
        (["list", "--fields", ","], "names no column"),
        (["list", "--template", "{{ expected_revenue|day }}"], "--template: "),
        (
            ["list", "--template", "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}"],
            "--template: RecursionError",
        ),
        (["list", "--template", "{{ cycler() }}"], "--template: RuntimeError"),
        (["list", "--template", "{{ '%999999999d'|format(1) }}"], "too wide here"),
        (["list", "--template", "{{ '{:1000000000}'.format(1) }}"], "--template: "),
        (["board", "-o", "ids"], "has no ids"),
        (["sql", "select 1 as a, 2 as a"], "two columns are called 'a'"),
        (["sql", "select 1", "--timeout", "nan"], "--timeout nan"),
        (["sql", "select zeroblob(900000000)"], "sql: "),
        (["sql", "select * from nope"], "no such table: nope (there is: opportunities"),
        (["completion", "tcsh"], "unknown shell 'tcsh'"),
    ],
)
def test_a_mistake_is_one_line(crm: Crm, args: list[str], message: str) -> None:
    said = crm.refused(*args, code=2)
    assert message in said
    assert said.count("\n") == 1


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
    path.write_text(path.read_text().replace("country: FR", "country: FR\ndate_order: dmy"))
    assert "2026-12-25" in crm("list", "close:25/12/2026", "--explain").out
    crm("set", "xgcej9p8", "close=5/12/2026")
    assert json.loads(crm("show", "xgcej9p8", "-o", "json").out)["expected_close"] == "2026-12-05"


def test_an_unused_tag_finds_nothing_and_is_named(crm: Crm) -> None:
    result = crm("list", "+rikka")
    assert (result.out, result.err) == ("", "crm: no record has the tag 'rikka' (did you mean rika?)\n")
    assert crm("list", "+RIKA").err == ""


def test_what_the_shell_ate_is_told(crm: Crm) -> None:
    import subprocess
    import sys

    line = f"{sys.executable} -m crmcli list revenue:>5000"
    done = subprocess.run(
        ["sh", "-c", line], env=crm.environment, cwd=crm.root, capture_output=True, text=True
    )
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
    import subprocess
    import sys

    crm("list")
    script = (
        "import sys; opened = []\n"
        "sys.addaudithook(lambda event, given: event == 'open' and opened.append(str(given[0])))\n"
        "from crmcli.cli import app\n"
        "code = app.run()\n"
        "records = {p for p in opened if p.endswith('.yaml') and ('/opportunities/' in p or '/contacts/' in p)}\n"
        "sys.stderr.write(str(len(records))); sys.exit(code)"
    )
    command = [sys.executable, "-c", script, *args]
    done = subprocess.run(command, env=crm.environment, cwd=crm.root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    wanted = {"tag": "9", "contact opportunities": "1"}  # what is changed, and who is named, is read
    assert done.stderr == wanted.get(args[0], wanted.get(" ".join(args[:2]), "0"))


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
    import sys

    import pexpect

    path = crm.file("xgcej9p8")
    title = 'title: "E\\e]0;pwn\\a\\u202e\\u009b31m"'
    path.write_text(path.read_text().replace("title: PAG Rika - Raccordement sur conduit existant", title))
    child = pexpect.spawn(sys.executable, ["-m", "crmcli", "list", "id:xgcej9p8", "-o", format], env=crm.environment,
                          cwd=str(crm.root), encoding="utf-8")  # fmt: skip
    child.expect(pexpect.EOF)
    assert "pwn" in child.before
    assert not set(child.before) & set("\x1b\x07\u202e\u009b")


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
    assert made == "xgcej9p8|8\u202f000,00\xa0€|" + made.split("|")[2] + "||1\n"
    assert (
        crm("list", "stage:quoted", "--template", "{{ title|upper }}")
        .out.splitlines()[0]
        .startswith("PAG RIKA")
    )


def test_an_error_is_an_object_where_a_wrapper_wants_one(crm: Crm) -> None:
    for args, code in (
        (["show", "zzzzzzzz"], 3),
        (["list", "stage:quotd"], 2),
        (["--nope"], 2),
        (["list", "--nope"], 2),
    ):
        error = json.loads(crm.refused(*args, "--errors", "json", code=code))
        assert (error["schema"], error["code"]) == ("crm.error/1", code)
        assert error["what"]


def test_sql_says_what_the_documents_say(crm: Crm) -> None:
    columns = (
        "id, stage, outcome, probability, weighted_revenue, expected_revenue, stage_since, touched, priority"
    )
    asked = json.loads(crm("sql", f"select {columns} from opportunities order by id", "-o", "json").out)
    listed = json.loads(crm("list", "is:any", "-o", "json").out)
    names = columns.split(", ")
    assert asked == sorted(
        ({name: each[name] for name in names} for each in listed), key=lambda each: each["id"]
    )
    states = json.loads(crm("sql", "select id, state, due from activities order by id", "-o", "json").out)
    known = [
        {"id": a["id"], "state": a["state"], "due": a["due"]} for each in listed for a in each["activities"]
    ]
    assert states == sorted(known, key=lambda each: each["id"])


def test_sql_ends_in_time(crm: Crm) -> None:
    endless = "with recursive a(x) as (select 1 union all select x + 1 from a) select max(x) from a"
    assert "took longer than 0.3 s" in crm.refused("sql", endless, "--timeout", "0.3", code=1)


@pytest.mark.parametrize("topic", ["query", "dates", "exit-codes", "environment", "scripting", "formats"])
def test_a_topic_fits_a_terminal(crm: Crm, topic: str) -> None:
    text = crm("help", topic).out
    assert max(map(len, text.splitlines())) <= 100
    assert len(text.splitlines()) <= 70


def test_help_on_a_command_is_its_help(crm: Crm) -> None:
    assert crm("help", "contact", "create").out == crm("contact", "create", "--help").out
    assert "did you mean move?" in crm.refused("help", "mvoe", code=3)


def test_a_table_fits_the_terminal_however_wide_its_letters_are(crm: Crm) -> None:
    import sys

    import pexpect
    from wcwidth import wcswidth

    crm(
        "create",
        "暖炉 🔥 設置 とても長いタイトルです、ここで折り返されるはずです、もっと長く、もっともっと長く",
    )
    child = pexpect.spawn(
        sys.executable, ["-m", "crmcli", "list"], env={**crm.environment, "COLUMNS": "", "TERM": "dumb"}, cwd=str(crm.root),
        encoding="utf-8", dimensions=(60, 120),
    )  # fmt: skip
    child.expect(pexpect.EOF)
    lines = child.before.splitlines()
    assert max(map(wcswidth, lines)) <= 120
    assert sum("もっと" in line or "設置" in line for line in lines) > 1
