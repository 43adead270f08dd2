"""References to records: a full id, a path, and for people also a part of an id, or words of a name."""

import operator
import os
import shlex
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from crmcli.domain.localization.translations import sentence
from crmcli.domain.values.errors import AmbiguousError, NotFoundError, UsageError
from crmcli.domain.values.folding import words_of_name
from crmcli.domain.values.ids import is_id
from crmcli.domain.values.suggest import is_swapped
from crmcli.store.catalog import id_in_name, record_files, slug_in_name

if TYPE_CHECKING:
    from crmcli.store.index.queries import Index

SHORTEST_PREFIX = 4
ENDING = len("k7f3q9mx.yaml")
TABLES = {"opportunities": "record", "contacts": "contact"}  # of the index, by the kind of record
Describe = Callable[[str], str]  # returns the line about the record at a path


class References:
    """The record files of one kind, by reference; the id of a merged record refers to its successor.

    An id is looked for in the names of files first; if none came or went since the index was made, that is
    where they are known from, else they are listed. A file that was renamed is found by the id that stands
    in it.
    """

    def __init__(
        self,
        root: Path,
        kind: str,
        noun: str,
        index: "Callable[[], Index]",
        recent: "Callable[[], Index | None]",
        describe: Describe,
    ) -> None:
        self.root = root
        self.noun = noun
        self.kind = kind
        self.table = TABLES[kind]
        self.index = index  # opened only for what the names of files do not tell
        self.recent = recent  # the index on disk, if it knows all files; their content may differ
        self.added: list[str] = []
        self.describe = describe  # a record as a candidate for an ambiguous reference

    def former(self, id: str) -> list[str]:
        """Return the files of the records that the one with this id was merged into."""
        return self.index().merged_into(self.table, id)

    def beginning(self, id: str) -> list[str]:
        """Return the files of the records whose id is this, or begins with it."""
        return self.index().beginning_with(self.table, id)

    def called(self, reference: str) -> list[str]:
        """Return the files of the records with all these words in their title, or their contact's name.

        One that is called exactly so comes before others that contain the words. A file that cannot be
        read is found by its own name.
        """
        words = words_of_name(reference)
        if not words:
            return []
        names = self.index().names_of(self.table)
        matching = [
            (path, own) for path, own, whose in names if all(word in f"{own} {whose}" for word in words)
        ]
        exact = [path for path, own in matching if own.split() == words]
        return exact or [path for path, _ in matching] or self.called_broken(words)

    def called_broken(self, words: list[str]) -> list[str]:
        """Return the files that cannot be read with all these words in the names that they have."""
        paths = (each.path for each in self.index().broken(self.kind))
        return [path for path in paths if all(word in slug_in_name(path) for word in words)]

    @cached_property
    def paths(self) -> list[str]:
        """All files of this kind, sorted by path, then those that will be created."""
        return [*record_files(self.root, self.kind), *self.added]

    @cached_property
    def by_ending(self) -> dict[str, str]:
        """The files by the eight characters before `.yaml`; of several with the same, the first."""
        return {path[-ENDING:-5]: path for path in reversed(self.paths)}

    def prepare_lookups(self) -> None:
        """List all files now, for a command that looks up thousands of them."""
        _ = self.by_ending

    def named(self, id: str) -> list[str]:
        """Return the files with this id in their names."""
        recent = self.recent() if "paths" not in self.__dict__ else None
        known = [*self.added, *(recent.with_id(self.table, id) if recent else ())]
        found = [path for path in known if is_named(path, id)]
        return found or [path for path in self.paths if is_named(path, id)]

    def place(self, id: str) -> str | None:
        """Return the path of the record with this id; None where there is none."""
        if not is_id(id):
            return None
        if "by_ending" in self.__dict__:
            path = self.by_ending.get(id)
            found = [path] if path and is_named(path, id) else []
        else:
            found = self.named(id)
        return next(iter(found or self.beginning(id) or self.former(id)), None)

    def add(self, path: str) -> None:
        """Add a file that will be created."""
        self.added.append(path)
        if "paths" in self.__dict__:
            self.paths.append(path)
        if "by_ending" in self.__dict__:
            self.by_ending.setdefault(path[-ENDING:-5], path)

    def exact(self, reference: str) -> str:
        """Return the path of the record with this full id or path.

        Raises NotFoundError where there is none, UsageError for any other reference.
        """
        if looks_like_a_path(reference):
            return self.by_path(reference)
        if not is_id(reference):
            raise UsageError(
                f"{reference!r} is not a full id", hint="scripts need the full 8-character id, a path or -"
            )
        found = self.named(reference)
        return self.one(reference, found or self.beginning(reference) or self.former(reference))

    def loose(self, reference: str) -> str:
        """Return the path of the record with this id, path, id prefix, or words of its title or name.

        Raises NotFoundError, or AmbiguousError with the candidates.
        """
        if looks_like_a_path(reference):
            return self.by_path(reference)
        exact = self.named(reference) if is_id(reference) else []
        if exact:
            return self.one(reference, exact)
        word = reference.casefold()
        prefixed: list[str] = []
        if len(word) >= SHORTEST_PREFIX:
            listed = (path for path in self.paths if word in path)
            begun = [path for path in listed if (id_in_name(path) or "").startswith(word)]
            prefixed = list(dict.fromkeys([*begun, *self.beginning(word)]))
        former = self.former(reference) if is_id(reference) and not prefixed else []
        return self.one(reference, former or prefixed or self.called(reference))

    def by_path(self, reference: str) -> str:
        """Return the record at a path relative to the current directory, the workspace or its data.

        Raises NotFoundError where there is none.
        """
        for base in (Path.cwd(), self.root, self.root / "pipeline_data"):
            place = Path(os.path.abspath(base / reference))
            if place.is_file() and place.is_relative_to(self.root):
                path = str(place.relative_to(self.root))
                if path.startswith(f"pipeline_data/{self.kind}/"):
                    return path
        raise NotFoundError(f"no {self.noun} at {reference}")

    def one(self, reference: str, found: Iterable[str]) -> str:
        """Return the only path found.

        Raises NotFoundError for none, AmbiguousError for several.
        """
        paths = list(found)
        if not paths:
            raise NotFoundError(f"no {self.noun} {reference!r}", hint=self.suggest(reference))
        if len(paths) > 1:
            lines = [self.describe(path) for path in paths[:20]]
            raise AmbiguousError(f"{len(paths)} records match {reference!r}:", lines)
        return paths[0]

    def suggest(self, reference: str) -> str:
        """Return a hint on a reference to nothing: an id of another kind or nearly it, or how to search."""
        if is_id(reference):
            near = next((f"did you mean {id}?" for id in self.by_ending if is_slip(reference, id)), "")
            return near or self.point_to_other_kind(reference)
        return f"crm {'contact ' if self.kind == 'contacts' else ''}list {shlex.quote(reference)}"

    def point_to_other_kind(self, id: str) -> str:
        """Return a hint on an id of a contact where an opportunity is meant, or the other way round."""
        is_contact = self.kind == "opportunities"
        if not self.index().beginning_with(TABLES["contacts" if is_contact else "opportunities"], id):
            return ""
        if is_contact:
            return sentence("it is a contact: {command}", command=f"crm contact show {id}")
        return sentence("it is an opportunity: {command}", command=f"crm show {id}")


def is_named(path: str, id: str) -> bool:
    """Tell whether a file has this id in its name."""
    return path.endswith(f"{id}.yaml") and id_in_name(path) == id


def is_slip(typed: str, id: str) -> bool:
    """Tell whether a typed id differs from another in one character, or has two neighbours swapped."""
    return sum(map(operator.ne, typed, id)) == 1 or is_swapped(typed, id)


def looks_like_a_path(reference: str) -> bool:
    """Tell whether a reference is the path of a record file; a name or a phone number may hold a slash."""
    return reference.endswith(".yaml")
