"""Three-way merge of a file: records field by field, other YAML key by key, texts by lines."""

import math
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple

from crmcli.domain.merging.line_merge import mark_differences, merge_lines
from crmcli.domain.merging.merge_clones import merge_clones
from crmcli.domain.merging.merge_trees import merge_trees
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.values.errors import CrmError
from crmcli.store import records
from crmcli.store.codec.codec_errors import BadYaml, CannotEdit
from crmcli.store.codec.comments import find_comments
from crmcli.store.codec.emitter import Unwritable
from crmcli.store.codec.parser import parse_yaml
from crmcli.store.codec.splice import splice_tree
from crmcli.store.records import Source


class MergedContent(NamedTuple):
    """The merge of a file, and the two ways in which a conflict can end.

    Without conflicts all three contents are the same. In conflict, `content` has marks around the lines in
    which both differ; `ours` and `theirs` are the whole merge with the values of one side in these fields.
    `conflicts` names the fields; a file that can only be taken as a whole has the conflict `""`.
    """

    content: bytes
    ours: bytes
    theirs: bytes
    conflicts: tuple[str, ...] = ()


def merge_contents(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> MergedContent:
    """Return the merge of two versions of a file.

    `base` is the version that both began with; None if both made it. The path says what kind of file it is.
    A record or YAML file that does not read is merged by lines.
    """
    if ours == theirs or theirs == base:
        return agreed(ours)
    if ours == base:
        return agreed(theirs)
    kind = records.kind_of(path)
    try:
        if kind is not None:
            return merge_record(path, base, ours, theirs, kind)
        if path.endswith(".eml"):
            return merge_mail(base, ours, theirs)
        if path.endswith((".yaml", ".yml")):
            return merge_yaml(base, ours, theirs)
    except (CrmError, BadYaml, CannotEdit, Unwritable, UnicodeDecodeError):
        pass  # what does not read, or cannot be edited, is merged as a text
    return merge_text(base, ours, theirs)


def agreed(content: bytes) -> MergedContent:
    """Return a merge without conflicts."""
    return MergedContent(content, content, content)


def in_conflict(ours: bytes, theirs: bytes, conflicts: tuple[str, ...]) -> MergedContent:
    """Return a merge with both ways in which it can end, and marks where they differ."""
    if not conflicts or ours == theirs:
        return agreed(ours)
    try:
        marked = mark_differences(ours.decode(), theirs.decode()).encode()
    except UnicodeDecodeError:
        marked = ours
    return MergedContent(marked, ours, theirs, conflicts)


def merge_record(
    path: str, base: bytes | None, ours: bytes, theirs: bytes, kind: type[Opportunity] | type[Contact]
) -> MergedContent:
    """Return the merge of a record's file; comments of both versions stay.

    Raises CrmError for a version that does not read, or cannot be edited.
    """
    left, right = (records.read_record(Path(path), each, kind) for each in (ours, theirs))
    began = None if base is None else records.read_record(Path(path), base, kind)
    before: Any = None if began is None else began.value
    value, conflicts = merge_clones(before, left.value, right.value)
    other, _ = merge_clones(before, right.value, left.value)
    if not conflicts and (text := merge_by_hand(path, base, left, right, value)):
        return agreed(text)
    edited, beside = choose_edited(left, right)
    one, two = (
        keep_comments(records.edit_record(edited, each), base, beside.content) for each in (value, other)
    )
    return in_conflict(one, two, conflicts)


def merge_by_hand(
    path: str, base: bytes | None, ours: Source[Any], theirs: Source[Any], value: Any
) -> bytes | None:
    """Return the merge of two hand-written texts by lines, if it holds the merged value; None otherwise."""
    if base is None or (records.is_canonical(ours) and records.is_canonical(theirs)):
        return None
    text = merge_lines(*(each.decode() for each in (base, ours.content, theirs.content)))
    if text is None:
        return None
    try:
        is_right = records.read_record(Path(path), text.encode(), type(value)).value == value
    except CrmError:
        return None
    return text.encode() if is_right else None


def choose_edited(ours: Source[Any], theirs: Source[Any]) -> tuple[Source[Any], Source[Any]]:
    """Return the version whose text is edited, and the other: a hand-written text before a canonical one."""
    first, second = sorted((ours, theirs), key=lambda each: (records.is_canonical(each), each.content))
    return first, second


def keep_comments(content: bytes, base: bytes | None, other: bytes) -> bytes:
    """Return a text with the comments at its top that only the other version has, and did not begin with."""
    if b"#" not in other:
        return content
    known = {*find_comments(content.decode()), *find_comments((base or b"").decode())}
    lost = [each for each in find_comments(other.decode()) if each not in known]
    return "".join(f"{each}\n" for each in lost).encode() + content


def merge_yaml(base: bytes | None, ours: bytes, theirs: bytes) -> MergedContent:
    """Return the merge of a YAML file: by lines if that gives what both changed, else key by key.

    Raises BadYaml, CannotEdit, Unwritable or UnicodeDecodeError.
    """
    began, left, right = ((each or b"").decode() for each in (base, ours, theirs))
    before, mine, others = (parse_yaml(each) for each in (began, left, right))
    merged, mirrored = merge_trees(before, mine, others), merge_trees(before, others, mine)
    text = merge_lines(began, left, right)
    if text is not None and not merged.conflicts and reads_as(text, merged.value):
        return agreed(text.encode())
    edited, beside = sorted((ours, theirs))
    one, two = (
        keep_comments(splice_tree(edited.decode(), each.value).encode(), base, beside)
        for each in (merged, mirrored)
    )
    return in_conflict(one, two, merged.conflicts)


def reads_as(text: str, tree: dict[str, Any]) -> bool:
    """Tell whether a text is YAML that holds this tree."""
    try:
        return parse_yaml(text) == tree
    except BadYaml:
        return False


def merge_mail(base: bytes | None, ours: bytes, theirs: bytes) -> MergedContent:
    """Return the merge of a mail: of one that both queued, the earlier one.

    Both have the same name because the same rule queued them for the same occasion; their dates differ.
    """
    if base is None:
        return agreed(min(ours, theirs, key=lambda each: (date_of_mail(each), each)))
    return in_conflict(ours, theirs, ("",))


def date_of_mail(content: bytes) -> float:
    """Return the date of a mail in seconds since 1970; one without a date comes last."""
    try:
        return parsedate_to_datetime(str(BytesHeaderParser().parsebytes(content)["Date"])).timestamp()
    except (TypeError, ValueError, OverflowError):
        return math.inf


def merge_text(base: bytes | None, ours: bytes, theirs: bytes) -> MergedContent:
    """Return the merge of any other file by lines; one that is not a text conflicts as a whole."""
    try:
        text = merge_lines(*((each or b"").decode() for each in (base, ours, theirs)))
    except UnicodeDecodeError:
        text = None
    return agreed(text.encode()) if text is not None else in_conflict(ours, theirs, ("",))
