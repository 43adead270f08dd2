"""Logging in to a mail server: with a password (PLAIN, LOGIN), or with an access token of OAuth 2.

`XOAUTH2` is what Gmail and Microsoft 365 take, `OAUTHBEARER` its standard (RFC 7628). A refused token is
explained in JSON, which the client has to answer before the login fails.
"""

import base64
import binascii
import json
import re
import smtplib

from crmcli.domain.values.errors import RefusedError
from crmcli.mail.headers import one_line
from crmcli.mail.outgoing.smtp_dialogue import SmtpDialogue

LONGEST_COMMAND = 510  # characters, without the end of the line (RFC 5321, section 4.5.3.1.4)
TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, section 2.1
ACCEPTED, MORE = 235, 334
TOLD = ("status", "error", "error_description", "scope")  # of the explanation of a refused token
NOTHING = {"XOAUTH2": "", "OAUTHBEARER": "AQ=="}  # the answer to that explanation

Answer = tuple[int, bytes]


class TokenRefusedError(smtplib.SMTPAuthenticationError):
    """Raised where the mail server does not take an access token."""


def check_token(token: str) -> str:
    """Return an access token.

    Raises RefusedError for any other text, which is not shown.
    """
    if not TOKEN.fullmatch(token):
        raise RefusedError("what it printed first is not an access token")
    return token


def log_in(dialogue: SmtpDialogue, user: str, password: str) -> None:
    """Log in with PLAIN, else LOGIN (RFC 4616); name and password may hold any character.

    Raises SMTPAuthenticationError.
    """
    offered = list_mechanisms(dialogue)
    plain = f"\0{user}\0{password}"
    dialogue.keep_secret(password, encode_credential(password), encode_credential(plain))
    if "PLAIN" in offered or "LOGIN" not in offered:
        answer = begin_login(dialogue, "PLAIN", encode_credential(plain))
    else:
        answer = begin_login(dialogue, "LOGIN", encode_credential(user))
        answer = dialogue.docmd(encode_credential(password)) if answer[0] == MORE else answer
    if answer[0] != ACCEPTED:
        raise smtplib.SMTPAuthenticationError(*answer)


def log_in_with_token(dialogue: SmtpDialogue, user: str, token: str) -> None:
    """Log in with an access token.

    Raises TokenRefusedError with the explanation of the server, SMTPNotSupportedError where it takes none.
    """
    offered = list_mechanisms(dialogue)
    mechanism = next((each for each in NOTHING if each in offered), None)
    if mechanism is None:
        known = " ".join(offered) or "no login"
        raise smtplib.SMTPNotSupportedError(f"the mail server takes no access token, it offers {known}")
    credential = write_bearer(mechanism, user, token, dialogue.server)
    dialogue.keep_secret(token, encode_credential(token), encode_credential(credential))
    answer = begin_login(dialogue, mechanism, encode_credential(credential))
    explained = ""
    if answer[0] == MORE:
        explained = dialogue.hide_secrets(explain_refusal(answer[1]).encode()).decode()
        answer = dialogue.docmd(NOTHING[mechanism])
    if answer[0] != ACCEPTED:
        said = answer[1].decode("utf-8", "replace")
        raise TokenRefusedError(answer[0], f"{said} ({explained})" if explained else said)


def list_mechanisms(dialogue: SmtpDialogue) -> list[str]:
    """Return the ways to log in that the server offers; some write `AUTH=LOGIN`."""
    return dialogue.esmtp_features.get("auth", "").upper().replace("=", " ").split()


def begin_login(dialogue: SmtpDialogue, mechanism: str, credential: str) -> Answer:
    """Begin a login; a credential too long for the command follows when the server asks for it (RFC 4954)."""
    if len(f"AUTH {mechanism} {credential}") <= LONGEST_COMMAND:
        return dialogue.docmd("AUTH", f"{mechanism} {credential}")
    answer = dialogue.docmd("AUTH", mechanism)
    return dialogue.docmd(credential) if answer[0] == MORE else answer


def write_bearer(mechanism: str, user: str, token: str, server: tuple[str, int]) -> str:
    r"""Return the text of a login with an access token.

    >>> write_bearer("XOAUTH2", "a@b.fr", "t0k", ("smtp.b.fr", 587))
    'user=a@b.fr\x01auth=Bearer t0k\x01\x01'
    >>> write_bearer("OAUTHBEARER", "a,b@c.fr", "t0k", ("smtp.b.fr", 587))
    'n,a=a=2Cb@c.fr,\x01host=smtp.b.fr\x01port=587\x01auth=Bearer t0k\x01\x01'
    """
    if mechanism == "XOAUTH2":
        return f"user={user}\1auth=Bearer {token}\1\1"
    name = user.replace("=", "=3D").replace(",", "=2C")  # RFC 5801, section 4
    host, port = server
    return f"n,a={name},\1host={host}\1port={port}\1auth=Bearer {token}\1\1"


def explain_refusal(said: bytes) -> str:
    """Return in words what a server says about a token that it refuses; empty where that is not understood.

    >>> explain_refusal(base64.b64encode(b'{"status":"invalid_token","scope":"mail"}'))
    'status invalid_token, scope mail'
    """
    try:
        told = json.loads(base64.b64decode(said))
    except (binascii.Error, ValueError, RecursionError):
        return ""
    if not isinstance(told, dict):
        return ""
    return one_line(", ".join(f"{key} {told[key]}" for key in TOLD if isinstance(told.get(key), str | int)))


def encode_credential(text: str) -> str:
    """Return a name or password as SMTP takes it."""
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
