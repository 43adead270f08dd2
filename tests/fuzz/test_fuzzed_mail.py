"""Any mail is read, or is no mail; what crm makes of it is one line where it has to be one."""

from random import Random

from crmcli.domain.model.config import Config
from crmcli.mail.incoming.classify import classify_mail
from crmcli.mail.incoming.parse import NoMailError, parse_bytes
from crmcli.store.configuration import read_config
from tests.fuzz.fuzzing import try_inputs
from tests.fuzz.mutations import DAYS, TEXTS, damage, encode_fragments
from tests.harness.crm import Crm
from tests.harness.hostile_messages import malformed
from tests.harness.places import MAILS, ROOT

REAL = [path.read_bytes() for path in sorted(MAILS.glob("*.eml"))]
ODD = [*malformed.STARTS.values(), *(malformed.HEAD + body for body in malformed.BODIES.values())]
WORDS = (
    "Content-Type: multipart/mixed; boundary=\"\"\n", "Content-Type: text/html; charset=x-user-defined\n", "charset=utf-7", "charset=idna",
    "charset=punycode", "Content-Transfer-Encoding: x-uuencode\n", "begin 644 x\n", "=?utf-8?b?4oCu?=", "=?x?q?=00?=", "=?utf-16?b?2AA=?=",
    "filename*=utf-8''..%2f..%2fx", "filename*0*=utf-8''a; filename*2=b", "From: <@>\n", "From: a@[1.2.3.4]\n", "From: \"\\\n", "To: x:;\n",
    "Date: Fri, 99 Foo 99999 99:99:99 +9999\n", "Message-ID: <>\n", "References: <a\n", "--", "\n\n", "\n.\n", ":", "\x0c", "Content-Length: -1\n",
)  # fmt: skip
FRAGMENTS = encode_fragments(TEXTS, DAYS, WORDS)
KEPT: tuple[bytes, ...] = ()
CONFIG: Config = read_config(ROOT / "pipeline_data/crm.yaml", (ROOT / "pipeline_data/crm.yaml").read_bytes())


def a_mail(draw: Random) -> bytes:
    """A damaged mail of the collection."""
    return damage(draw, draw.choice(REAL + ODD), FRAGMENTS, REAL)


def test_any_mail_is_understood_or_refused() -> None:
    def understand(content: bytes) -> None:
        try:
            mail = parse_bytes(content)
        except NoMailError:
            return
        classify_mail(mail, CONFIG)
        names = [mail.sender.name] if mail.sender else []
        assert not [text for text in (mail.subject, *names) if len(text.splitlines()) > 1]

    try_inputs(a_mail, understand, KEPT)


def test_any_mail_that_arrives_is_kept_and_leaves_a_sound_workspace(crm: Crm) -> None:
    def ingest(content: bytes) -> None:
        ended = crm.run("ingest", stdin=content)
        assert ended.code == 0, ended
        assert "Traceback" not in ended.err

    try_inputs(a_mail, ingest, KEPT)
    problems = crm.run("check").out.splitlines()
    assert not [line for line in problems if "contact_unsure" not in line], "nothing but who may be who"
