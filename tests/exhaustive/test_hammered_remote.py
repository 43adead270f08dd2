"""Three clones push to one remote at the same time, for a while: all end equal, and nothing is lost."""

import random
import threading
from pathlib import Path

from tests.harness.git_workspace import GitWorkspace, a_clone, a_git_workspace, share

ROUNDS = 12


def work(clone: GitWorkspace, name: str, deal: str, said: list[str]) -> None:
    """Change the same deal again and again, and sync after each change."""
    chance = random.Random(name)
    for number in range(ROUNDS):
        line = chance.choice(
            ("note {0} -m {1}", "tag {0} --add {1}", "activity add {0} --type call --summary {1}")
        )
        word = f"{name}-{number}"
        clone(*line.format(deal, word).split())
        said.append(word)
        ended = clone.run("sync", CRM_LOCK_TIMEOUT="60")
        assert ended.code == 0, ended


def test_three_clones_end_equal(tmp_path: Path) -> None:
    office = a_git_workspace(tmp_path)
    deal = office.create("Poêle Rika", "--contact", "Anne DUPONT")
    remote = share(office, tmp_path / "remote.git")
    clones = [office, a_clone(remote, tmp_path / "two", "paul"), a_clone(remote, tmp_path / "three", "marie")]
    said: list[str] = []
    names = ("one", "two", "three")
    threads = [
        threading.Thread(target=work, args=(clone, name, deal, said))
        for clone, name in zip(clones, names, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == ROUNDS * len(clones)
    for clone in [*clones, *clones]:
        clone("sync")
    assert clones[0].tree() == clones[1].tree() == clones[2].tree()
    shown = office("show", deal).out
    assert [word for word in said if word not in shown] == []
    assert office("check").out == ""
    print(f"{len(said)} changes of {len(clones)} clones met in {office.number_of_commits} commits")
