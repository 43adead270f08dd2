"""The catalogues of translations, from the messages in the code: `python -m tests.languages.catalogues --write`.

Messages that are no longer in the code are dropped; new ones are added without a translation, which
tests/languages refuses.
"""

import io
import sys

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from crmcli.domain.localization.translations import ENGLISH, LANGUAGES
from tests.harness.places import ROOT

FOLDER = ROOT / "crmcli" / "languages"
KEYWORDS = {
    "translate": None,
    "translate_plural": (1, 2),
    "deferred": None,
    "sentence": None,
    "deferred_plural": (1, 2),
    "pgettext": ((1, "c"), 2),  # of declarations.py
}
WIDTH = 110
CHANGING = tuple(  # lines of the header that would change without any message, and say nothing
    f'"{name}' for name in ("POT-", "PO-R", "Last-T", "Generated", "Report", "Language-T", "Project", "MIME")
)
TRANSLATED = tuple(each for each in LANGUAGES if each != ENGLISH)


def extract_messages() -> Catalog:
    """All messages in the code, without translations."""
    with (ROOT / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = Catalog(charset="utf-8")
    for _, _, message, comments, context in extract_from_dir(
        ROOT, methods, options, keywords=KEYWORDS, comment_tags=("translators:",), strip_comment_tags=True
    ):
        found.add(message, auto_comments=comments, context=context)
    return found


def read_catalogue(language: str) -> Catalog:
    """The catalogue of a language, as translators write it."""
    with (FOLDER / language / "crm.po").open("rb") as file:
        return read_po(file, locale=language)


def written(catalogue: Catalog) -> bytes:
    """A catalogue as it stands in its file."""
    file = io.BytesIO()
    write_po(file, catalogue, width=WIDTH, no_location=True, sort_output=True, ignore_obsolete=True)
    lines = file.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(CHANGING)).encode()


def compiled(catalogue: Catalog) -> bytes:
    """A catalogue as crm reads it."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def main() -> None:
    messages = extract_messages()
    for language in TRANSLATED:
        path = FOLDER / language / "crm.po"
        catalogue = read_catalogue(language) if path.exists() else Catalog(locale=language, project="crm")
        catalogue.update(messages, no_fuzzy_matching=True)
        catalogue.header_comment = f"# What crm says in the language {language}: make translations"
        catalogue.fuzzy = False
        path.write_bytes(written(catalogue))
        path.with_suffix(".mo").write_bytes(compiled(catalogue))
        print(*lacking(catalogue), sep="\n")


def lacking(catalogue: Catalog) -> list[str]:
    """The messages of a catalogue without a translation, or with one that is a guess."""
    return [str(each.id) for each in catalogue if each.id and (each.fuzzy or not all(forms_of(each)))]


def forms_of(message: Message) -> tuple[str, ...]:
    """The forms of a translation: one, or those of a plural."""
    found = message.string or ("",)
    return (found,) if isinstance(found, str) else tuple(found)


if __name__ == "__main__" and "--write" in sys.argv:
    main()
