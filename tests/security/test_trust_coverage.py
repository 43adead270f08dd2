"""What was trusted and has changed does not run: through every way a line can lead to a file.

Each case is a workspace whose rule runs a program. It is trusted and runs, then one file changes; the
next time it is skipped, with exit 7, and nothing of the new file has run.
"""

import json
import os
import pwd
import shlex
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.harness.crm import Crm
from tests.harness.terminal import crm_at_terminal

RUN = 'echo ran >> "$MARK"\n'
EVIL = 'echo evil >> "$MARK"\n'
TOOL = "#!/bin/sh\nfor file in {files}; do test -f $file && . ./$file && exit; done\n"
"""A tool that is not installed everywhere, as its file of instructions: lines of shell."""


class Case(NamedTuple):
    line: str
    files: dict[str, str]
    changed: str
    search: str = ""  # what stands before the rest of $PATH
    evil: str = EVIL


def script(path: str, first: str = "#!/bin/sh") -> dict[str, str]:
    return {path: f"{first}\n{RUN}"}


CASES = {
    "a script that is named": Case("sh tell.sh", {"tell.sh": RUN}, "tell.sh"),
    "the program itself": Case("./tell.sh", script("tell.sh"), "tell.sh", evil=f"#!/bin/sh\n{EVIL}"),
    "behind =": Case("sh -c '. \"${0#*=}\"' --file=./tell.sh", {"tell.sh": RUN}, "tell.sh"),
    "behind an option": Case("awk -frun.awk", {"run.awk": 'BEGIN { print "ran" >> ENVIRON["MARK"] }'}, "run.awk", evil='BEGIN { print "evil" >> ENVIRON["MARK"] }'),
    "in a line of a shell": Case("sh -c 'true && . ./tell.sh; true'", {"tell.sh": RUN}, "tell.sh"),
    "in a line in a line": Case("sh -c 'sh -c \". ./tell.sh\"'", {"tell.sh": RUN}, "tell.sh"),
    "read by a shell": Case("sh -c 'sh<tell.sh'", {"tell.sh": RUN}, "tell.sh"),
    "opened by a shell": Case("sh -c 'cat<>tell.sh|sh'", {"tell.sh": RUN}, "tell.sh"),
    "by a variable of a shell": Case("sh -c '. \"$CRM_WORKSPACE/tools/tell.sh\"'", {"tools/tell.sh": RUN}, "tools/tell.sh"),
    "by the directory of a shell": Case("sh -c '. \"$(pwd)/tools/tell.sh\"'", {"tools/tell.sh": RUN}, "tools/tell.sh"),
    "by a pattern of a shell": Case("sh -c 'cat ./tools/*.sh | sh'", {"tools/tell.sh": RUN}, "tools/tell.sh"),
    "one more for a pattern": Case("sh -c 'cat ./tools/*.sh | sh'", {"tools/tell.sh": RUN}, "tools/more.sh"),
    "found in . of $PATH": Case("tell", script("tell"), "tell", ".", f"#!/bin/sh\n{EVIL}"),
    "found in an empty part of $PATH": Case("tell", script("tell"), "tell", "", f"#!/bin/sh\n{EVIL}"),
    "found in a relative part of $PATH": Case("tell", script("tools/tell"), "tools/tell", "tools", f"#!/bin/sh\n{EVIL}"),
    "found in the workspace by $PATH": Case("tell", script("tools/tell"), "tools/tell", "{root}/tools", f"#!/bin/sh\n{EVIL}"),
    "put before another in $PATH": Case("sh -c 'echo ran >> \"$MARK\"; env true'", {}, "env", ".", f"#!/bin/sh\n{EVIL}"),
    "found by a line of a shell": Case("sh -c 'true; tell'", script("tell"), "tell", ".", f"#!/bin/sh\n{EVIL}"),
    "the interpreter of a script": Case("./tell", {"tell": "#!tools/own\n", **script("tools/own")}, "tools/own", evil=f"#!/bin/sh\n{EVIL}"),
    "the interpreter by env": Case("./tell", {"tell": "#!/usr/bin/env own\n", **script("tools/own")}, "tools/own", "tools", f"#!/bin/sh\n{EVIL}"),
    "an interpreter of an interpreter": Case("./tell", {"tell": "#!/usr/bin/env -S sh lib.sh\n", "lib.sh": RUN}, "lib.sh"),
    "a Makefile": Case("make notify", {"Makefile": f"notify:\n\t@{RUN.replace('$', '$$')}"}, "Makefile", evil=f"notify:\n\t@{EVIL.replace('$', '$$')}"),
    "a Makefile that goes before": Case("make notify", {"Makefile": f"notify:\n\t@{RUN.replace('$', '$$')}"}, "GNUmakefile", evil=f"notify:\n\t@{EVIL.replace('$', '$$')}"),
    "a Makefile of a directory": Case("make -C sub notify", {"sub/makefile": f"notify:\n\t@{RUN.replace('$', '$$')}"}, "sub/makefile", evil=f"notify:\n\t@{EVIL.replace('$', '$$')}"),
    "a Makefile behind -C": Case("make -Csub notify", {"sub/makefile": f"notify:\n\t@{RUN.replace('$', '$$')}"}, "sub/makefile", evil=f"notify:\n\t@{EVIL.replace('$', '$$')}"),
    "make in a line of a shell": Case("sh -c 'cd sub && make notify'", {"sub/Makefile": f"notify:\n\t@{RUN.replace('$', '$$')}"}, "sub/Makefile", evil=f"notify:\n\t@{EVIL.replace('$', '$$')}"),
    "make by another program": Case("env nice make notify", {"Makefile": f"notify:\n\t@{RUN.replace('$', '$$')}"}, "Makefile", evil=f"notify:\n\t@{EVIL.replace('$', '$$')}"),
    "package.json": Case("npm run notify", {"package.json": RUN}, "package.json"),
    "a justfile": Case("just notify", {"justfile": RUN}, "justfile"),
    "a Rakefile": Case("rake notify", {"Rakefile": RUN}, "Rakefile"),
    "a script of Python": Case("python3 tell.py", {"tell.py": "import os\nopen(os.environ['MARK'], 'a').write('ran\\n')\n"}, "tell.py", evil="import os\nopen(os.environ['MARK'], 'a').write('evil\\n')\n"),
    "a module of Python": Case("python3 -m tools.tell", {"tools/tell.py": "import os\nopen(os.environ['MARK'], 'a').write('ran\\n')\n"}, "tools/tell.py", evil="import os\nopen(os.environ['MARK'], 'a').write('evil\\n')\n"),
    "a package of Python": Case("python3 -mtools", {"tools/__main__.py": "import os\nopen(os.environ['MARK'], 'a').write('ran\\n')\n"}, "tools/__main__.py", evil="import os\nopen(os.environ['MARK'], 'a').write('evil\\n')\n"),
    "a script among the data": Case("sh pipeline_data/tell.sh", {"pipeline_data/tell.sh": RUN}, "pipeline_data/tell.sh"),
    "a script among the data, in a line": Case("sh -c 'sh pipeline_data/tell.sh'", {"pipeline_data/tell.sh": RUN}, "pipeline_data/tell.sh"),
    "a program among the data": Case("pipeline_data/tell", script("pipeline_data/tell"), "pipeline_data/tell", evil=f"#!/bin/sh\n{EVIL}"),
    "a library of hooks": Case("sh pipeline_data/hooks/tell.sh", {"pipeline_data/hooks/tell.sh": RUN}, "pipeline_data/hooks/tell.sh"),
}  # fmt: skip


def rule_that_runs(crm: Crm, line: str) -> None:
    """Have a rule run this line whenever a record is made."""
    config = crm.data / "crm.yaml"
    rule = f"rules:\n  - {{id: tell, on: created, run: {json.dumps(line)}}}\n"
    source = config.read_text()
    config.write_text(source.replace("rules:\n", rule, 1) if "\nrules:\n" in source else source + rule)
    crm.environment["XDG_STATE_HOME"] = str(crm.root.parent / "state")
    crm.environment["MARK"] = str(crm.root.parent / "mark")


def place(crm: Crm, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = crm.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o755)


def tools(crm: Crm) -> str:
    """The directory of stand-ins for tools that are not installed everywhere."""
    directory = crm.root.parent / "bin"
    directory.mkdir()
    for tool, files in (("npm", "package.json"), ("just", "justfile"), ("rake", "Rakefile")):
        (directory / tool).write_text(TOOL.format(files=files))
        (directory / tool).chmod(0o755)
    return str(directory)


def ran(crm: Crm) -> list[str]:
    path = Path(crm.environment["MARK"])
    return path.read_text().split() if path.exists() else []


@pytest.mark.parametrize("what", CASES)
def test_what_changed_since_it_was_trusted_does_not_run(bare: Crm, what: str) -> None:
    case = CASES[what]
    place(bare, case.files)
    rule_that_runs(bare, case.line)
    if case.search or "$PATH" in what:
        bare.environment["PATH"] = f"{case.search.format(root=bare.root)}:{os.environ['PATH']}"
    else:
        bare.environment["PATH"] = f"{tools(bare)}:{os.environ['PATH']}"
    bare("trust", "--yes")
    bare("create", "Un")
    assert ran(bare) == ["ran"]
    place(bare, {case.changed: case.evil})
    skipped = bare("create", "Deux", code=7)
    assert "not trusted, not run (crm trust)" in skipped.err
    assert ran(bare) == ["ran"]
    [program] = json.loads(bare("trust", "--list", "-o", "json").out)
    assert case.changed in program["files"]
    assert not program["trusted"]


def said_about(crm: Crm, line: str) -> tuple[list[str], list[str]]:
    """What trusting a line covers, and what it is said not to cover."""
    rule_that_runs(crm, line)
    [program] = json.loads(crm("trust", "--list", "-o", "json").out)
    return program["files"], program["not_covered"]


@pytest.mark.parametrize(
    ("line", "files", "open_ends"),
    [
        ("notify-send hello", [], []),
        ("make notify", ["Makefile"], ["what make calls in turn"]),
        ("npm run x", ["package.json"], ["what npm calls in turn"]),
        ("python3.11 tell.py", ["tell.py"], ["what python loads or calls in turn"]),
        ("sh tell.sh", ["tell.sh"], ["what sh loads or calls in turn", "what tell.sh calls in turn"]),
        ("./tell.sh", ["tell.sh"], ["what tell.sh calls in turn"]),
        ("node x.js tools", ["x.js"], ["what node loads or calls in turn", "tools (a directory)"]),
        ("./tell.sh pipeline_data/crm.yaml", ["tell.sh"], ["what tell.sh calls in turn", "pipeline_data/crm.yaml, data of the workspace"]),
        ("./tell.sh --out pipeline_data", ["tell.sh"], ["what tell.sh calls in turn", "pipeline_data (a directory)"]),
        ("./tell.sh pipe", ["tell.sh"], ["what tell.sh calls in turn", "pipe (no regular file)"]),
        ("./tell.sh big", ["tell.sh"], ["what tell.sh calls in turn", "big (larger than 64 MiB)"]),
        ("./tell.sh nowhere", ["tell.sh"], ["what tell.sh calls in turn", "nowhere (cannot be read: No such file or directory)"]),
        ("./tell.sh circle", ["tell.sh"], ["what tell.sh calls in turn", "circle (cannot be read: Too many levels of symbolic links)"]),
        ("sh -c 'cat > log.txt'", [], ["what sh loads or calls in turn"]),
        ("./no/such/file", [], []),
        ("sh 'unclosed", [], []),
        ("./tell.sh \"a\\0b\" " + "x" * 5000, ["tell.sh"], ["what tell.sh calls in turn"]),
        ("./tell.sh /*/*/*/*/* **/** ../* ~root/x ~nobody-here/x $HOME ${X $", ["tell.sh"], ["what tell.sh calls in turn"]),
        ("./tell.sh " + " ".join(map(str, range(2000))), ["tell.sh"], ["what stands after the first 1000 words", "what tell.sh calls in turn"]),
    ],
)  # fmt: skip
def test_what_is_covered_is_said_and_what_is_not(
    bare: Crm, line: str, files: list[str], open_ends: list[str]
) -> None:
    place(
        bare,
        {
            **script("tell.sh"),
            "Makefile": "notify:\n",
            "package.json": "{}",
            "tell.py": "",
            "x.js": "",
            "tools/x": "",
            "log.txt": "",
        },
    )
    os.mkfifo(bare.root / "pipe")
    with (bare.root / "big").open("wb") as file:
        file.truncate(1 << 30)
    (bare.root / "nowhere").symlink_to("gone")
    (bare.root / "circle").symlink_to("circle")
    began = time.monotonic()
    covered, left_open = said_about(bare, line)
    assert (covered, sorted(left_open)) == (files, sorted(open_ends))
    assert time.monotonic() - began < 10
    listed = bare("trust", "--list", COLUMNS="200").out
    assert all(each in " ".join(listed.split()) for each in open_ends[:1])


def test_what_a_program_writes_asks_for_no_trust_again(bare: Crm) -> None:
    place(bare, {"tell.sh": RUN})
    rule_that_runs(bare, "sh -c '. ./tell.sh; cat > out.json; mkdir -p made; echo x >> log'")
    bare("trust", "--yes")
    bare("create", "Un")
    bare("create", "Deux")
    assert ran(bare) == ["ran", "ran"]


def test_a_link_to_another_script_is_another_script(bare: Crm) -> None:
    place(bare, {"one.sh": RUN, "two.sh": RUN})
    (bare.root / "tell.sh").symlink_to("one.sh")
    rule_that_runs(bare, "sh tell.sh")
    bare("trust", "--yes")
    (bare.root / "tell.sh").unlink()
    (bare.root / "tell.sh").symlink_to("two.sh")
    bare("create", "Un", code=7)
    (bare.root / "tell.sh").unlink()
    (bare.root / "tell.sh").symlink_to("one.sh")
    bare("create", "Deux")
    (bare.root / "one.sh").write_text(EVIL)
    bare("create", "Trois", code=7)
    assert ran(bare) == ["ran"]


def test_a_workspace_behind_a_link_is_the_same_workspace(bare: Crm) -> None:
    place(bare, {"tell.sh": RUN})
    rule_that_runs(bare, f"sh {shlex.quote(str(bare.root / 'tell.sh'))}")
    bare("trust", "--yes")
    (bare.root.parent / "link").symlink_to(bare.root)
    bare("-C", str(bare.root.parent / "link"), "create", "Un")
    assert ran(bare) == ["ran"]
    (bare.root / "tell.sh").write_text(EVIL)
    bare("-C", str(bare.root.parent / "link"), "create", "Deux", code=7)


def test_one_program_cannot_change_the_next(bare: Crm) -> None:
    place(bare, {"one.sh": f"{RUN}echo 'echo evil >> \"$MARK\"' | tee two.sh\n", "two.sh": RUN})
    rule_that_runs(bare, "sh two.sh")
    config = bare.data / "crm.yaml"
    first = "rules:\n  - {id: first, on: created, run: sh one.sh}\n"
    config.write_text(config.read_text().replace("rules:\n", first, 1))
    bare("trust", "--yes")
    assert "sh two.sh: not trusted, not run" in bare("create", "Un", code=7).err
    assert ran(bare) == ["ran"]


def test_the_hook_after_a_change_is_looked_at_after_its_programs(bare: Crm) -> None:
    place(
        bare,
        {
            "one.sh": f"{RUN}echo 'echo evil >> \"$MARK\"' | tee -a pipeline_data/hooks/post-change\n",
            **script("pipeline_data/hooks/post-change"),
        },
    )
    rule_that_runs(bare, "sh one.sh")
    bare("trust", "--yes")
    assert "post-change: not trusted, not run" in bare("create", "Un", code=7).err
    assert ran(bare) == ["ran"]


def test_a_hook_and_its_interpreter_are_covered(bare: Crm) -> None:
    place(bare, {"pipeline_data/hooks/post-change": "#!tools/own\n", **script("tools/own")})
    rule_that_runs(bare, "true")
    bare("trust", "--yes")
    bare("create", "Un")
    assert ran(bare) == ["ran"]
    place(bare, {"tools/own": f"#!/bin/sh\n{EVIL}"})
    bare("create", "Deux", code=7)
    assert ran(bare) == ["ran"]


@pytest.mark.parametrize("state", ["state", "./state", "~/state", ""])
def test_a_relative_place_of_what_was_trusted_is_ignored(bare: Crm, state: str) -> None:
    place(bare, {"tell.sh": RUN})
    rule_that_runs(bare, "sh tell.sh")
    bare.environment["XDG_STATE_HOME"] = state
    (bare.root / "state" / "crm").mkdir(parents=True)
    bare("trust", "--yes")
    assert (bare.root.parent / ".local" / "state" / "crm" / "trust.json").exists()
    assert not any((bare.root / "state" / "crm").iterdir())
    trusted = (bare.root.parent / ".local" / "state" / "crm" / "trust.json").read_bytes()
    bare("trust", "--revoke")
    (bare.root / "state" / "crm" / "trust.json").write_bytes(trusted)
    bare("create", "Un", code=7)
    assert ran(bare) == []


def test_it_is_asked_with_all_that_is_covered(bare: Crm) -> None:
    place(bare, {"Makefile": f"notify:\n\t@{RUN.replace('$', '$$')}"})
    rule_that_runs(bare, "make notify")
    for words, question in ((["create", "Un"], "and run them?"), (["trust"], "Trust these programs?")):
        with crm_at_terminal(bare, *words) as child:
            child.expect("crm.yaml, rule tell: make notify")
            child.expect("covered: these words, Makefile")
            child.expect("not covered: what make calls in turn")
            child.expect(question.replace("?", r"\?"))
            child.sendline("n")
            child.wait()
    assert ran(bare) == []


def test_without_a_place_to_remember_it_nothing_is_trusted(
    bare: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlisted(number: int) -> pwd.struct_passwd:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unlisted)
    place(bare, {"tell.sh": RUN})
    rule_that_runs(bare, "sh tell.sh")
    for name in ("XDG_STATE_HOME", "HOME"):
        del bare.environment[name]
    for words in (["trust", "--yes"], ["trust", "--revoke"]):
        refused = bare.refused(*words, code=1).splitlines(keepends=True)[-1]
        assert (
            refused
            == "crm: no program can be trusted: this user has no home directory (set CRM_STATE_DIR to an absolute path)\n"
        )
    assert "no" in bare("trust", "--list").out
    bare("create", "Un", code=7)
    assert ran(bare) == []
    bare("trust", "--yes", CRM_STATE_DIR=str(bare.root.parent / "own"))
    assert (bare.root.parent / "own" / "trust.json").exists()
