"""Where things lie in the repository."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
MAILS = ROOT / "tests" / "fixtures" / "mails"
CARDS = ROOT / "tests" / "fixtures" / "contacts"
EXPORTS = ROOT / "tests" / "fixtures" / "exports"  # of other programs
