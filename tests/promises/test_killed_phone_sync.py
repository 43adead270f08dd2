"""Promise 2 for `crm calendar sync` and `crm contact sync`: killed anywhere, the next run ends it, nothing twice."""

from collections.abc import Callable, Iterator

import pytest

from tests.harness.incidents import Hear, killed_before, killed_within_write
from tests.harness.phone_scenes import (
    PhoneScene,
    a_calendar,
    a_cancelling_calendar,
    a_first_calendar,
    an_address_book,
)
from tests.harness.workspaces import Workspace

Toll = Callable[[int], Hear]
SCENES = [a_calendar, a_first_calendar, a_cancelling_calendar, an_address_book]


def deaths(scene: PhoneScene, toll: Toll) -> Iterator[int]:
    """The scene just after the run has died, for each place where it can die."""
    number = 0
    while True:
        number += 1
        scene.restore()
        ended = scene.disturbed(toll(number))
        if not ended.was_killed:
            assert ended.code == 0, ended
            return
        yield number


@pytest.mark.parametrize("toll", [killed_before, killed_within_write])
@pytest.mark.parametrize("make", SCENES)
def test_a_run_killed_anywhere_is_ended_by_the_next(
    workspace: Workspace, make: Callable[[Workspace], PhoneScene], toll: Toll
) -> None:
    scene = make(workspace)
    scene.keep()
    before = scene.state()
    assert scene.sync().code == 0
    after = scene.state()
    assert before != after
    assert scene.is_settled()
    count = 0
    for count in deaths(scene, toll):
        ended = scene.sync()
        assert ended.code == 0, (count, ended)
        found = scene.state()
        assert sorted(found) == sorted(after), count
        assert found == after, count
        assert scene.is_settled(), count
        assert workspace.run("check").out == "", count
    print(f"killed {count} times")
    assert count > (30 if toll is killed_before else 5)
