"""Plain scalars that YAML 1.1 or 1.2 reads as something other than text."""

from __future__ import annotations

import re

_CORE_OTHER_THAN_TEXT = r"""
    ~ | null | Null | NULL
  | true | True | TRUE | false | False | FALSE
  | [-+]? 0b [01_]+
  | [-+]? 0o [0-7_]+
  | [-+]? 0x [0-9a-fA-F_]+
  | [-+]? [0-9] [0-9_]* | [-+] [0-9_]+
  | [-+]? (?: [0-9] [0-9_]* )? \. [0-9_]* (?: [eE] [-+]? [0-9]+ )?
  | [-+]? [0-9] [0-9_]* [eE] [-+]? [0-9]+
  | [-+]? \. (?: inf | Inf | INF | nan | NaN | NAN )
"""

_OTHER_THAN_TEXT_IN_YAML_1_1 = r"""
    y | Y | yes | Yes | YES | n | N | no | No | NO | on | On | ON | off | Off | OFF
  | [-+]? [0-9] [0-9_]* (?: : [0-5]? [0-9] )+ (?: \. [0-9_]* )?
  | [0-9]{4} - [0-9]{1,2} - [0-9]{1,2}
    (?: (?: [Tt] | [ ]+ ) [0-9]{1,2} : [0-9]{2} : [0-9]{2} (?: \. [0-9]* )?
        (?: [ ]* (?: Z | [-+] [0-9]{1,2} (?: :? [0-9]{2} )? ) )? )?
  | = | <<
"""

_CORE = re.compile(_CORE_OTHER_THAN_TEXT, re.VERBOSE)
_AMBIGUOUS = re.compile(_CORE_OTHER_THAN_TEXT + "|" + _OTHER_THAN_TEXT_IN_YAML_1_1, re.VERBOSE)
_AMBIGUOUS_START = frozenset("0123456789+-.~=<yYnNtTfFoO")


def is_ambiguous(text: str) -> bool:
    """Tell whether YAML 1.1 or 1.2 would read this text, if plain, as something else.

    >>> [is_ambiguous(text) for text in ("NO", "12:30", "1e5", "", "Rika", "06 12 34 56 78")]
    [True, True, True, True, False, False]
    """
    if not text:
        return True
    return text[0] in _AMBIGUOUS_START and _AMBIGUOUS.fullmatch(text) is not None


def is_no_text(text: str) -> bool:
    """Tell whether YAML 1.2 would read this text, if plain, as a number, a boolean or null.

    >>> [is_no_text(text) for text in ("1", "true", "", "on", "2026-12-31")]
    [True, True, True, False, False]
    """
    return not text or _CORE.fullmatch(text) is not None
