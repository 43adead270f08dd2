"""Completion of query conditions: keys, operators and values, also in ranges and after commas."""

from collections.abc import Iterable, Iterator

from crmcli.cli.completion.candidates import (
    Candidate,
    Candidates,
    offer_labelled,
    offer_plain,
    prefix_candidates,
)
from crmcli.domain.values.list_entries import ME, RESERVED
from crmcli.query import keys
from crmcli.query.is_words import IS_WORDS
from crmcli.query.keys import Key, Type
from crmcli.query.query_parser import OPERATORS
from crmcli.query.value_parser import COMPARISONS

PERIODS = (
    "this-week",
    "last-week",
    "next-week",
    "this-month",
    "last-month",
    "next-month",
    "this-quarter",
    "last-quarter",
)
DAYS = ("today", "tomorrow", "yesterday", "overdue", "..7d", "7d", "-7d", "eom", "eoy", *PERIODS)
ENDS = ("today", "tomorrow", "yesterday", "7d", "-7d", "eom", "eoy")  # of a range
WORDS = (Candidate("is", "open, won, lost, lead …"), Candidate("text", "a word in any text"))
BESIDE = (
    Candidate("not", "turns a condition round"),
    Candidate("sort", "the order"),
    Candidate("limit", "how many"),
)
OWN = {"field": Candidates.fields, "answer": Candidates.answers}
LED = ("~", "/", "'", "\\")  # beginnings of values that are not literal


def complete_condition(lists: Candidates, typed: str) -> Iterator[Candidate]:
    """Yield the candidates for a word of a query."""
    lead = "not:" if typed.startswith("not:") else ""
    rest = typed.removeprefix(lead)
    if rest.startswith("+"):
        yield from prefix_candidates(f"{lead}+", lists.tags())
    elif rest.startswith("@"):
        yield from list_saved_queries(lists)
    elif ":" in rest:
        name, _, value = rest.partition(":")
        yield from prefix_candidates(f"{lead}{name}:", complete_value(lists, name, value))
    else:
        yield from (Candidate(f"{lead}{each.word}:", each.help) for each in complete_key(lists, lead, rest))


def list_saved_queries(lists: Candidates) -> Iterator[Candidate]:
    """Yield the saved queries."""
    return (Candidate(f"@{name}", text) for name, text in lists.config.saved_queries.items())


def complete_key(lists: Candidates, lead: str, typed: str) -> Iterator[Candidate]:
    """Yield the keys of queries, those after a prefix, or the operators after a key."""
    head, dot, _ = typed.rpartition(".")
    if dot and head in OWN:
        yield from prefix_candidates(f"{head}.", OWN[head](lists))
    elif dot and (key := find_key(head)):
        yield from prefix_candidates(f"{head}.", offer_plain(list_operators(key)))
    else:
        yield from list_keys(typed, WORDS)
        for prefix, of in OWN.items():
            if prefix.startswith(typed):
                yield from prefix_candidates(f"{prefix}.", of(lists)) if typed else ()
        yield from () if lead else BESIDE


def list_keys(typed: str, also: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield the keys by their names; by their aliases if no name begins with the typed text."""
    named = [*(Candidate(key.name, key.help) for key in keys.KEYS), *also]
    if any(each.word.startswith(typed) for each in named):
        yield from named
    else:
        yield from (Candidate(alias, key.help) for key in keys.KEYS for alias in key.aliases)


def find_key(name: str) -> Key | None:
    """Return the key with this name, custom fields and answers included, or None."""
    prefix, _, rest = name.partition(".")
    return keys.custom_key(name) if prefix in keys.PREFIXES and rest else keys.keys_by_name().get(name)


def list_operators(key: Key) -> tuple[str, ...]:
    """Return the operators that a key can have."""
    return ("not",) if key.type is Type.TEXT else OPERATORS


def complete_value(lists: Candidates, name: str, typed: str) -> Iterator[Candidate]:
    """Yield the candidates for the value of a key."""
    head, dot, tail = name.rpartition(".")
    name = head if dot and tail in OPERATORS and head not in keys.PREFIXES else name
    done = typed[: typed.rindex(",") + 1] if "," in typed else ""
    key = find_key(name)
    if name == "sort":
        sign = "-" if typed[len(done) :].startswith("-") else ""
        typed_key = typed[len(done) + len(sign) :]
        yield from prefix_candidates(
            f"{done}{sign}", list_keys(typed_key, prefix_candidates("field.", lists.fields()))
        )
        yield from prefix_candidates(f"{done}-", list_keys("", ())) if not typed_key and not sign else ()
    elif name == "is":
        yield from prefix_candidates(done, (Candidate(word, what.help) for word, what in IS_WORDS.items()))
    elif key is not None and key.type is Type.DATE and ".." in typed[len(done) :]:
        begin = typed[: typed.rindex("..") + 2]
        yield from prefix_candidates(begin, offer_plain(ENDS))
    elif key is not None:
        ranged = [] if tail in COMPARISONS or done else offer_plain(RESERVED)
        offered = [*list_values_of_key(lists, key, typed[len(done) :]), *ranged]
        yield from prefix_candidates(done, (each for each in offered if is_itself(each.word)))


def is_itself(word: str) -> bool:
    """Tell whether a query takes a value literally."""
    return "," not in word and not word.startswith(LED)


def list_values_of_key(lists: Candidates, key: Key, begin: str) -> list[Candidate]:
    """Return the values that a key can have, as far as they can be listed."""
    prefix, _, rest = key.name.partition(".")
    if prefix in OWN:
        return lists.values_of_field(rest) if prefix == "field" else lists.own_values(key.name)
    if key.name == "tag":
        return lists.tags()
    if key.name == "questionnaire":
        return lists.questionnaires()
    if key.name in keys.PEOPLE:
        return [*lists.users(), Candidate(ME)]
    if key.choices and (choices := key.choices(lists.config)):
        return offer_labelled(choices)
    if key.type is Type.DATE:
        return offer_plain(DAYS)
    return lists.held_values(key, begin)
