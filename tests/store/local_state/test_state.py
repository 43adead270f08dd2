"""Where crm keeps what is no workspace's: the same place from every directory, or none."""

import os
import pwd
from pathlib import Path

import pytest

from crmcli.store.local_state.state import state_directory

HOME_ON_FILE = Path(pwd.getpwuid(os.getuid()).pw_dir)


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({"CRM_STATE_DIR": "/a", "XDG_STATE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"XDG_STATE_HOME": "/b", "HOME": "/c"}, "/b/crm"),
        ({"HOME": "/c"}, "/c/.local/state/crm"),
        ({"CRM_STATE_DIR": "a", "XDG_STATE_HOME": "/b"}, "/b/crm"),
        ({"CRM_STATE_DIR": "", "XDG_STATE_HOME": "", "HOME": "/c"}, "/c/.local/state/crm"),
        ({"XDG_STATE_HOME": "state", "HOME": "/c"}, "/c/.local/state/crm"),
        ({"XDG_STATE_HOME": "./state", "HOME": "/c"}, "/c/.local/state/crm"),
        ({"XDG_STATE_HOME": "~/state", "HOME": "/c"}, "/c/.local/state/crm"),
        ({"HOME": "home"}, f"{HOME_ON_FILE}/.local/state/crm"),
        ({"HOME": "~"}, f"{HOME_ON_FILE}/.local/state/crm"),
        ({}, f"{HOME_ON_FILE}/.local/state/crm"),
    ],
)
def test_it_is_the_first_absolute_place(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], place: str
) -> None:
    for name in ("CRM_STATE_DIR", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert state_directory() == Path(place)


def test_a_user_without_a_home_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CRM_STATE_DIR", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)

    def unlisted(number: int) -> pwd.struct_passwd:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unlisted)
    assert state_directory() is None
