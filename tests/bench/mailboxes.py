"""How long it takes to file a Maildir, and to file it again, beside one message for each process."""

import json
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from tests.bench.generator import FIRST, LAST

LETTER = """\
Received: from mx.example.org by mx.atre-granules.example; Mon, 23 Nov 2026 10:00:00 +0100
From: {name} <{sender}>
To: devis@atre-granules.example
Date: Mon, 23 Nov 2026 10:{minute:02d}:{second:02d} +0100
Message-ID: <maildir.{number}@example.org>
Subject: Demande de devis {number}
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Bonjour,

Je souhaite un poêle à granulés pour ma maison de {surface} m².

Cordialement,
{name}
06 12 34 {pair:02d} 78

--b
Content-Type: text/html; charset=utf-8

<html><body><p>Bonjour,</p><p>Je souhaite un po&ecirc;le &agrave; granul&eacute;s pour ma maison.</p></body></html>
--b--
"""


class Filed(NamedTuple):
    """The seconds that filing a Maildir took, and filing it again."""

    first: float
    again: float


def lay_down(place: Path, count: int) -> None:
    """Make a Maildir of messages; a third of the senders are new, the others may be known."""
    for name in ("new", "cur", "tmp"):
        (place / name).mkdir(parents=True)
    for number in range(count, 2 * count):  # none is in a Maildir of another size
        sender = f"client{number}@example.org" if number % 3 else f"nouveau.{number}@example.org"
        content = LETTER.format(
            number=number,
            name=f"{FIRST[number % 10]} {LAST[number // 10 % 10]}-{LAST[number // 100 % 10]}",
            sender=sender,
            minute=number // 60 % 60,
            second=number % 60,
            surface=100 + number % 50,
            pair=number % 100,
        )
        (place / "new" / f"17000{number:06d}.bench").write_text(content, encoding="utf-8")


def measure(crm: str, place: Path, environment: dict[str, str]) -> Filed:
    """File a Maildir twice."""
    times = []
    for expected in ("new", "known"):
        start = time.perf_counter()
        words = [crm, "ingest", str(place), "-o", "jsonl"]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        times.append(time.perf_counter() - start)
        outcomes = {json.loads(line)["outcome"] for line in done.stdout.splitlines()}
        if outcomes != {expected}:
            raise SystemExit(f"{place}: {outcomes}, not {expected}")
    return Filed(*times)
