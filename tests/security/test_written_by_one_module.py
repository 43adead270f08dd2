"""One module opens files for writing, and it opens none that may be there: what the others call is looked at."""

import ast
from collections.abc import Iterator
from pathlib import Path

import crmcli

PACKAGE = Path(crmcli.__file__).parent
THE_ONE = "store/transactions/files.py"
MODULES = {"os", "shutil", "tempfile", "io", "pathlib"}
CHANGING = {
    "os": {"rename", "renames", "replace", "link", "symlink", "unlink", "remove", "rmdir", "removedirs", "mkdir", "makedirs",
           "mkfifo", "mknod", "truncate", "chmod", "chown", "fchmod"},
    "shutil": {"copy", "copy2", "copyfile", "copytree", "move", "rmtree", "make_archive", "unpack_archive"},
    "tempfile": {"TemporaryFile", "NamedTemporaryFile", "TemporaryDirectory", "mkstemp", "mkdtemp", "SpooledTemporaryFile"},
}  # fmt: skip
OF_PATHS = {
    "write_text",
    "write_bytes",
    "touch",
    "mkdir",
    "rmdir",
    "unlink",
    "rename",
    "symlink_to",
    "hardlink_to",
    "chmod",
}
WRITING_FLAGS = {"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"}
DEVICES = ("devnull", "device")  # writing there, or to a terminal, changes no file


def faults(module: Path) -> Iterator[str]:
    """The calls of a module that change files, each with its line."""
    tree = ast.parse(module.read_text("utf-8"))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if not any(each in ast.unparse(call) for each in DEVICES) and (what := fault(call)):
            yield f"{module.relative_to(PACKAGE)}:{call.lineno}: {what}"


def fault(call: ast.Call) -> str:
    """What a call changes; nothing for one that only reads."""
    name = called(call.func)
    owner, _, last = name.rpartition(".")
    if name == "open" or last in ("open", "fdopen"):
        return name if opens_for_writing(call, name) else ""
    if owner in CHANGING and last in CHANGING[owner]:
        return name
    return name if owner not in MODULES and last in OF_PATHS and owner else ""


def opens_for_writing(call: ast.Call, name: str) -> bool:
    """Does this call open something for writing, by its flags or its mode?"""
    if name == "os.open":
        return any(flag in ast.unparse(call) for flag in WRITING_FLAGS)
    mode = next((each.value for each in call.keywords if each.arg == "mode"), None)
    given = mode or (call.args[1] if len(call.args) > 1 else None)
    spelled = getattr(given, "value", "")
    return isinstance(spelled, str) and bool(set("wax+") & set(spelled))


def called(function: ast.expr) -> str:
    """The dotted name of what is called."""
    return ast.unparse(function) if isinstance(function, ast.Name | ast.Attribute) else ""


def test_no_other_module_writes_files() -> None:
    modules = [path for path in sorted(PACKAGE.rglob("*.py")) if str(path.relative_to(PACKAGE)) != THE_ONE]
    assert [line for module in modules for line in faults(module)] == []


def test_this_looks_where_it_should(tmp_path: Path) -> None:
    lines = (
        "open('a', 'w')", "path.open(mode='ab')", "os.open(x, os.O_RDONLY | os.O_CREAT)", "path.write_text('x')",
        "os.replace(a, b)", "shutil.rmtree(x)", "tempfile.mkdtemp()", "folder.path.unlink()", "self.place.touch()",
    )  # fmt: skip
    for line in lines:
        call = ast.parse(line).body[0].value  # type: ignore[attr-defined]
        assert fault(call), line
    for line in (
        "open(a)",
        "open(a, 'rb')",
        "os.open(a, os.O_RDONLY)",
        "text.replace('a', 'b')",
        "directory.remove(name)",
    ):
        assert not fault(ast.parse(line).body[0].value), line  # type: ignore[attr-defined]


def test_the_one_creates_what_nobody_can_have_planted() -> None:
    source = (PACKAGE / THE_ONE).read_text("utf-8")
    tree = ast.parse(source)
    opened = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node.func) == "os.open"
    ]
    creating = [each for each in opened if "READING" not in each and "LISTING" not in each]
    assert len(creating) == 1
    assert "CREATING" in creating[0]
    (flags,) = [line for line in source.splitlines() if line.startswith("CREATING =")]
    assert {"O_CREAT", "O_EXCL", "O_NOFOLLOW"} <= set(flags.replace("os.", "").split())
