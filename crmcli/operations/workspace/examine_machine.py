"""What `crm doctor` looks at on this machine, whatever the workspace. Nothing is changed."""

import locale
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from enum import StrEnum

import msgspec

from crmcli.domain.values.colour_choice import allows_colour
from crmcli.store.git.git_command import ask_git
from crmcli.store.local_state.state import state_directory

PATIENCE = 5  # seconds for a program of the system
NARROW = 60  # columns


class Health(StrEnum):
    """How something is: in order, worth a look, or in the way of work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Examined(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    state: Health
    what: str
    found: str
    hint: str = ""


def examine_python() -> Examined:
    """Examine the version of Python; another one than crm needs does not come so far."""
    return Examined(Health.OK, "python", f"{'.'.join(map(str, sys.version_info[:3]))} ({sys.executable})")


def examine_locale() -> Examined:
    """Examine whether texts with accents come in and go out whole."""
    encodings = {sys.getfilesystemencoding().lower(), (sys.stdout.encoding or "ascii").lower()}
    found = f"{locale.setlocale(locale.LC_CTYPE)}, {', '.join(sorted(encodings))}"
    if encodings - {"utf-8"}:
        return Examined(Health.WARN, "locale", found, "export LC_ALL=C.UTF-8, or fr_FR.UTF-8")
    return Examined(Health.OK, "locale", found)


def examine_terminal() -> Examined:
    """Examine the width and the colours of the terminal."""
    if not sys.stdout.isatty():
        return Examined(Health.OK, "terminal", "none: the output is read by a program")
    width = shutil.get_terminal_size().columns
    term = os.environ.get("TERM", "")
    colours = "colours" if allows_colour(os.environ, is_terminal=True) else "no colours"
    found = f"{term or 'unknown'}, {width} columns, {colours}"
    if width < NARROW:
        hint = f"tables need {NARROW} columns, --vertical fewer"
        return Examined(Health.WARN, "terminal", found, hint)
    return Examined(Health.OK, "terminal", found)


def examine_git() -> Examined:
    """Examine whether git is there, and knows who commits."""
    version = ask_git(["--version"])
    if version is None:
        return Examined(Health.WARN, "git", "not found", "install git to share a workspace")
    address = (ask_git(["config", "user.email"]) or "").strip()
    if not address:
        hint = "git config --global user.email you@example.org"
        return Examined(Health.WARN, "git", "user.email is not set", hint)
    return Examined(Health.OK, "git", f"{version.strip().removeprefix('git version ')}, {address}")


def examine_state() -> Examined:
    """Examine the directory for what crm remembers of this user."""
    place = state_directory()
    above = next((each for each in (place, *place.parents) if each.exists()), None) if place else None
    if place is None or above is None or not os.access(above, os.W_OK | os.X_OK):
        found = f"{place or 'no place'} cannot be written"
        return Examined(Health.WARN, "state", found, "export CRM_STATE_DIR=DIR")
    return Examined(Health.OK, "state", str(place))


def examine_cron() -> Examined:
    """Examine whether `crm tick` and the due report are scheduled for this user."""
    lines = [each for each in (run_quietly(["crontab", "-l"]) or "").splitlines() if not each.startswith("#")]
    marks = (("tick", " tick"), ("the due report", "due --mail"))
    found = [word for word, mark in marks if any(mark in line for line in lines)]
    if found:
        return Examined(Health.OK, "cron", f"runs {' and '.join(found)}")
    timers = run_quietly(["systemctl", "--user", "list-timers", "--all", "--no-pager"]) or ""
    if "crm-" in timers:
        return Examined(Health.OK, "cron", "timers of systemd run crm")
    hint = "crm cron print has the lines for crontab"
    return Examined(Health.WARN, "cron", "crm tick is not scheduled", hint)


def run_quietly(words: list[str]) -> str | None:
    """Return what a program of the system prints; None where it is missing, fails, or takes too long."""
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout.decode("utf-8", "replace")


ON_THE_MACHINE: tuple[Callable[[], Examined], ...] = (
    examine_python,
    examine_locale,
    examine_terminal,
    examine_git,
    examine_state,
    examine_cron,
)
