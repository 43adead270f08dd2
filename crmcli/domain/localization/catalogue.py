"""Reading a compiled catalogue of gettext: only the messages that are asked for are decoded.

`gettext.GNUTranslations` decodes all messages first, which takes several times as long; a command prints
some dozens of them.
"""

import struct
from functools import cached_property

PLURAL_FORMS = "plural="


class Catalogue:
    """A compiled catalogue: the translations of messages into one language."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        order = "<" if content[:4] == b"\xde\x12\x04\x95" else ">"
        _, _, count, messages, translations = struct.unpack_from(f"{order}5I", content)
        spans = [
            struct.unpack_from(f"{order}{count * 2}I", content, table) for table in (messages, translations)
        ]
        keys, texts = (
            [slice(at, at + size) for size, at in zip(each[::2], each[1::2], strict=True)] for each in spans
        )
        self.places = {content[key].partition(b"\0")[0]: text for key, text in zip(keys, texts, strict=True)}

    def find(self, message: str) -> list[str]:
        """Return the forms of the translation of a message; empty without one."""
        place = self.places.get(message.encode())
        return self.content[place].decode().split("\0") if place else []

    @cached_property
    def head(self) -> str:
        """The header, which is the translation of the empty message."""
        return "".join(self.find(""))

    def choose_form(self, count: int) -> int:
        """Return the number of the plural form for a count, by the rule in the header."""
        from gettext import c2py

        line = next(each for each in self.head.splitlines() if PLURAL_FORMS in each)
        form: int = c2py(line.partition(PLURAL_FORMS)[2].strip("; "))(count)
        return form
