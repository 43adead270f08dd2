"""The web servers in front of crm: each is started with the lines of docs/web-form.md.

nginx and Apache stand before `crm serve`; Apache, lighttpd and busybox run the CGI script; systemd reads the unit.
A program that is not installed is a visible skip; `make web-servers` installs them where it may.
"""

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin

import pytest

from crmcli.store.form_spool import list_spooled
from crmcli.store.transactions import lock
from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm
from tests.harness.nobody import IS_ROOT, open_folder, program_for_nobody
from tests.harness.places import ROOT
from tests.harness.web_servers import Served, serve_forms, token_of

PROGRAM = Path(sys.executable).parent / "crm"
TLS = ROOT / "tests" / "fixtures" / "tls"
MODULES = Path("/usr/lib/apache2/modules")
PATH = f"{os.environ['PATH']}:/usr/sbin"  # where Debian has servers
PATIENCE = 20.0
ANNE = {
    "name": "Anne Le Gall",
    "email": "anne@example.org",
    "message": "Un poêle à granulés « Rika » ☺",
    "consent": "yes",
}
PAGE = "?utm_campaign=salon&utm_source=google"
URLENCODED = "application/x-www-form-urlencoded"


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [each for each in programs if shutil.which(each, path=PATH) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} not installed: make web-servers")


def lines_for(what: str) -> str:
    """The lines that docs/web-form.md shows for a program."""
    text = (ROOT / "docs" / "web-form.md").read_text("utf-8")
    block = text.partition(f"<!-- {what} -->")[2].partition("```")[2].partition("```")[0]
    lines = block.partition("\n")[2]
    assert lines, what
    return lines


def put_in(text: str, **here: object) -> str:
    """The lines with what differs here; each must stand in them."""
    for name, value in here.items():
        there = PLACES[name]
        assert there in text, there
        text = text.replace(there, str(value))
    return text


PLACES = {
    "crm_address": "127.0.0.1:8025",
    "certificate": "/etc/ssl/certs/formulaires.pem",
    "key": "/etc/ssl/private/formulaires.key",
    "workspace": "/srv/crm",
    "program": "/usr/local/bin/crm",
    "state": "/var/lib/crm-www",
    "script": "/usr/local/lib/crm/contact.cgi",
    "folder": "<Directory /usr/local/lib/crm>",
}


class Answer(NamedTuple):
    """What a web server answers."""

    code: int
    headers: Mapping[str, str]
    body: str


class Site:
    """A web server at an address of this machine."""

    def __init__(self, port: int, *, is_secure: bool = False) -> None:
        self.port = port
        self.is_secure = is_secure
        self.log = Path(os.devnull)  # its error log

    def ask(
        self, method: str, path: str, body: Any = None, *, client: str = "127.0.0.1", **headers: str
    ) -> Answer:
        """Make a request from an address of this machine; `_` in the name of a header stands for `-`."""
        options: dict[str, Any] = {"timeout": PATIENCE, "source_address": (client, 0)}
        if self.is_secure:
            unverified = ssl.create_default_context()
            unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=unverified, **options)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, **options)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named, encode_chunked=not isinstance(body, bytes | None))
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read().decode())
        finally:
            connection.close()

    def send(self, path: str, fields: Mapping[str, str], **headers: Any) -> Answer:
        given = {"content_type": URLENCODED, **headers}
        return self.ask("POST", path, urlencode(fields).encode(), **given)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def running(words: list[str], port: int, log: Path, **options: Any) -> Iterator[None]:
    """A server in the foreground, from when it listens to the end of the block."""
    with log.with_suffix(".out").open("wb") as out:
        process = subprocess.Popen(
            words,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": PATH},
            **options,
        )
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                told = [each.read_text() for each in (log.with_suffix(".out"), log) if each.exists()]
                assert process.poll() is None, told
                assert time.monotonic() < until, told
                time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


@contextmanager
def start_nginx(folder: Path, lines: str) -> Iterator[Site]:
    port, log = free_port(), folder / "error.log"
    config = folder / "nginx.conf"
    paths = "".join(
        f"{each}_temp_path {folder}/{each};\n"
        for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config.write_text(
        f"{'user nobody nogroup;' if IS_ROOT else ''}\ndaemon off;\npid {folder}/nginx.pid;\nerror_log {log};\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{paths}"
        f"{put_in(lines, certificate=TLS / 'certificate.pem', key=TLS / 'key.pem').replace('listen 443', f'listen 127.0.0.1:{port}')}\n}}\n"
    )  # fmt: skip
    with running(["nginx", "-c", str(config), "-e", str(log)], port, log):
        site = Site(port, is_secure=True)
        site.log = log
        yield site


BASE = "mpm_event authz_core unixd"


@contextmanager
def start_apache(folder: Path, lines: str, modules: str, *, is_secure: bool = False) -> Iterator[Site]:
    """Apache with the modules that `a2enmod` switches on."""
    port, log = free_port(), folder / "error.log"
    built_in = subprocess.run(
        ["apache2", "-l"], env={"PATH": PATH}, capture_output=True, text=True, check=True
    ).stdout
    loaded = [each for each in f"{BASE} {modules}".split() if f"mod_{each}.c" not in built_in]
    config = folder / "apache.conf"
    config.write_text(
        f"ServerRoot {folder}\nPidFile {folder}/apache.pid\nErrorLog {log}\nServerName localhost\n"
        f"Listen 127.0.0.1:{port}\nDefaultRuntimeDir {folder}\n"
        + "".join(f"LoadModule {each}_module {MODULES}/mod_{each}.so\n" for each in loaded)
        + ("User nobody\nGroup nogroup\n" if IS_ROOT else "")
        + ("ScriptSock cgid.sock\n" if "cgid" in modules else "")
        + lines.replace("*:443", f"127.0.0.1:{port}")
    )
    with running(["apache2", "-DFOREGROUND", "-f", str(config)], port, log):
        site = Site(port, is_secure=is_secure)
        site.log = log
        yield site


def before_crm(server: str, folder: Path, served: Served, prefix: str) -> Any:
    """A web server before `crm serve`, with the lines of the page."""
    address = f"127.0.0.1:{served.port}"
    if server == "nginx":
        lines = lines_for("nginx")
        if prefix:
            for line in lines_for("nginx, prefix").splitlines():
                lines = re.sub(
                    rf"^ +{line.split()[0]} .*$", lambda _, line=line: line, lines, flags=re.MULTILINE
                )
        return start_nginx(folder, put_in(lines, crm_address=address))
    lines = put_in(
        lines_for("Apache"), crm_address=address, certificate=TLS / "certificate.pem", key=TLS / "key.pem"
    )
    lines = lines.replace("<Location /contact>", f"<Location {prefix}/contact>")
    return start_apache(folder, lines, "ssl socache_shmcb headers proxy proxy_http setenvif", is_secure=True)


@pytest.fixture
def open_for_all() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture
def served(crm: Crm) -> Iterator[Served]:
    config = crm.data / "crm.yaml"
    text = config.read_text("utf-8")
    config.write_text(
        text.replace("    honeypot: website", "    min_seconds: 0\n    honeypot: website"), "utf-8"
    )
    with serve_forms(crm, "--form", "contact", "--proxy", "127.0.0.1") as started:
        yield started


BEFORE = pytest.mark.parametrize(
    "server", [pytest.param("nginx", marks=needs("nginx")), pytest.param("apache2", marks=needs("apache2"))]
)


def leads(crm: Crm, name: str = "Anne Le Gall") -> list[dict[str, Any]]:
    """The leads of a person."""
    found = (json.loads(line) for line in crm("list", "is:lead", "-o", "jsonl").out.splitlines())
    return [each for each in found if each["contact_name"] == name]


def wait_for_leads(crm: Crm, count: int) -> list[dict[str, Any]]:
    """The leads of Anne, once a server that answers first has filed them."""
    until = time.monotonic() + PATIENCE
    while len(found := leads(crm)) < count and time.monotonic() < until:
        time.sleep(0.1)
    assert len(found) == count
    return found


def multipart(fields: Mapping[str, str]) -> tuple[str, bytes]:
    """The content type and the body of a form as browsers send it that may hold files."""
    parts = [
        f'--b0\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n'
        for key, text in fields.items()
    ]
    return "multipart/form-data; boundary=b0", f"{''.join(parts)}--b0--\r\n".encode()


@BEFORE
@pytest.mark.parametrize("prefix", ["", "/formulaires"])
def test_a_form_through_a_proxy_becomes_a_lead_with_its_campaign(
    served: Served, open_for_all: Path, server: str, prefix: str
) -> None:
    with before_crm(server, open_for_all, served, prefix) as site:
        path = f"{prefix}/contact{PAGE}"
        page = site.ask("GET", path)
        assert page.code == 200
        assert "secure" in page.headers["set-cookie"].lower().split("; ")
        fields = {**ANNE, **token_of(page.body)}
        cookie = page.headers["set-cookie"].partition(";")[0]
        kind, body = multipart(fields)
        sent = site.ask("POST", path, body, content_type=kind, cookie=cookie)
        assert sent.code == 303
        thanks = site.ask("GET", urljoin(path, sent.headers["location"]))
        assert "Merci ! Nous vous rappelons" in thanks.body
        assert 'href="../contact"' in thanks.body
        assert site.ask("GET", f"{prefix}/contact/nothing").code == 404
    [lead] = wait_for_leads(served.crm, 1)
    assert (lead["marketing"]["campaign"], lead["marketing"]["source"]) == ("salon-habitat-2026", "google")
    assert lead["description"].startswith(ANNE["message"])


@BEFORE
def test_a_form_with_faults_shows_its_page_through_a_proxy(
    served: Served, open_for_all: Path, server: str
) -> None:
    with before_crm(server, open_for_all, served, "") as site:
        page = site.ask("GET", "/contact")
        fields = {**ANNE, "email": "anne@", **token_of(page.body)}
        cookie = page.headers["set-cookie"].partition(";")[0]
        again = site.send("/contact", fields, cookie=cookie)
        assert again.code == 422
        assert 'id="email-fault">Merci de vérifier cette adresse' in again.body
        fields = {**ANNE, **token_of(again.body)}
        assert site.send("/contact", fields, cookie=cookie).code == 303
    wait_for_leads(served.crm, 1)


@BEFORE
def test_the_limit_counts_the_visitor_and_not_the_proxy(
    served: Served, open_for_all: Path, server: str
) -> None:
    with before_crm(server, open_for_all, served, "") as site:
        forged = {"x_forwarded_for": "198.51.100.7"}
        codes = [site.send("/contact", ANNE, client="127.0.0.2", **forged).code for _ in range(20)]
        assert set(codes) == {403}, "they come without a page, so they are refused, but counted"
        refused = site.send("/contact", ANNE, client="127.0.0.2", x_forwarded_for="198.51.100.8")
        assert refused.code == 429
        assert "beaucoup de messages" in refused.body
        assert site.send("/contact", ANNE, client="127.0.0.3").code == 403
        if server == "nginx":
            floods = [site.send("/contact", ANNE, client="127.0.0.2") for _ in range(5)]
            assert [each.code for each in floods] == [429] * 5
            assert "nginx" in floods[-1].body, "it does not even reach crm"


@BEFORE
def test_a_large_body_is_refused_by_the_proxy(served: Served, open_for_all: Path, server: str) -> None:
    with before_crm(server, open_for_all, served, "") as site:
        large = site.ask("POST", "/contact", b"message=" + b"a" * 300_000, content_type=URLENCODED)
        assert large.code == 413
        pieces = (b"a" * 10_000 for _ in range(40))
        chunked = site.ask("POST", "/contact", pieces, content_type=URLENCODED, transfer_encoding="chunked")
        assert chunked.code == 413
        assert site.ask("GET", "/contact").code == 200


@BEFORE
def test_a_form_is_kept_while_the_workspace_is_in_trouble_and_a_visitor_is_told_if_crm_is_gone(
    served: Served, open_for_all: Path, server: str
) -> None:
    crm = served.crm
    with before_crm(server, open_for_all, served, "") as site:
        page = site.ask("GET", "/contact")
        fields, cookie = {**ANNE, **token_of(page.body)}, page.headers["set-cookie"].partition(";")[0]
        config = crm.data / "crm.yaml"
        right = config.read_text("utf-8")
        config.write_text("stages: [", "utf-8")
        assert site.send("/contact", fields, cookie=cookie).code == 303
        assert len(list_spooled(crm.root)) == 1
        config.write_text(right, "utf-8")
        crm("tick")
        assert len(leads(crm)) == 1
        served.process.terminate()
        served.process.wait(PATIENCE)
        assert site.send("/contact", fields, cookie=cookie).code in (502, 503)


class Script:
    """The CGI script of the page, in a workspace that the web server shares by its group."""

    def __init__(self, folder: Path, sample: Path) -> None:
        self.folder = folder
        self.crm = copy_workspace(sample, folder / "stoves")
        self.state = folder / "state"
        self.state.mkdir(0o700)
        self.program = folder / "crm"
        if IS_ROOT:
            self.program = program_for_nobody(folder)
            shutil.chown(self.state, "nobody")
            share_with_group(self.crm.root, "nogroup")
        else:
            self.program = PROGRAM
        self.place = folder / "cgi-bin" / "contact.cgi"
        self.place.parent.mkdir()
        self.place.write_text(
            put_in(lines_for("CGI"), workspace=self.crm.root, state=self.state, program=self.program), "utf-8"
        )
        self.place.chmod(0o755)

    def run(self, body: bytes = b"", **environment: str) -> tuple[bytes, bytes]:
        """What the script prints, on stdout and stderr, with no more environment than this."""
        given = {
            "REQUEST_METHOD": "POST",
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": URLENCODED,
            **environment,
        }
        ended = subprocess.run(
            [str(self.place)],
            input=body,
            env=given,
            cwd="/",
            capture_output=True,
            check=False,
            umask=0,
            timeout=60,
            **({"user": "nobody", "group": "nogroup", "extra_groups": ()} if IS_ROOT else {}),  # type: ignore[arg-type]
        )
        assert ended.returncode == 0, ended
        return ended.stdout, ended.stderr


def share_with_group(root: Path, group: str) -> None:
    """Give a workspace to a group, as `crm init --shared` does."""
    for path in (root, *root.rglob("*")):
        if "derived-" not in str(path):
            shutil.chown(path, group=group)
            path.chmod(0o2770 if path.is_dir() else 0o660)


@pytest.fixture
def script(sample: Path, open_for_all: Path) -> Script:
    return Script(open_for_all, sample)


def cgi_apache(script: Script) -> Any:
    lines = put_in(lines_for("CGI, Apache"), script=script.place, folder=f"<Directory {script.place.parent}>")
    return start_apache(script.folder, lines, "cgid alias")


@contextmanager
def cgi_lighttpd(script: Script) -> Iterator[Site]:
    port, log = free_port(), script.state / "error.log"
    config = script.folder / "lighttpd.conf"
    config.write_text(
        f'server.port = {port}\nserver.bind = "127.0.0.1"\nserver.document-root = "{script.folder}"\n'
        f'server.errorlog = "{log}"\nserver.breakagelog = "{script.state}/scripts.log"\n'
        f'server.upload-dirs = ("{script.state}")\n'
        + ('server.username = "nobody"\nserver.groupname = "nogroup"\n' if IS_ROOT else "")
        + put_in(lines_for("CGI, lighttpd"), script=script.place)
    )
    with running(["lighttpd", "-D", "-f", str(config)], port, log):
        site = Site(port)
        site.log = script.state / "scripts.log"
        yield site


@contextmanager
def cgi_busybox(script: Script) -> Iterator[Site]:
    """The server of busybox, which runs what lies in `cgi-bin`."""
    port, log = free_port(), script.folder / "error.log"
    user = ["-u", "nobody:nogroup"] if IS_ROOT else []
    words = ["busybox", "httpd", "-f", "-p", f"127.0.0.1:{port}", "-h", str(script.folder), *user]
    with running(words, port, log):
        site = Site(port)
        site.log = log.with_suffix(".out")
        yield site


CGI_SERVERS: dict[str, Callable[[Script], Any]] = {
    "apache2": cgi_apache,
    "lighttpd": cgi_lighttpd,
    "busybox": cgi_busybox,
}
PATHS = {"apache2": "/envoyer", "lighttpd": "/envoyer", "busybox": "/cgi-bin/contact.cgi"}
RUNS_CGI = pytest.mark.parametrize("server", [pytest.param(each, marks=needs(each)) for each in CGI_SERVERS])


@RUNS_CGI
def test_a_form_through_a_cgi_script_becomes_a_lead_with_its_campaign(script: Script, server: str) -> None:
    with CGI_SERVERS[server](script) as site:
        page = f"https://www.atre-granules.example/devis{PAGE}"
        sent = site.send(PATHS[server], ANNE, referer=page)
        assert (sent.code, sent.headers["location"]) == (303, "/merci.html")
        kind, body = multipart({**ANNE, "message": "Encore\r\nmoi é"})
        assert site.ask("POST", PATHS[server], body, content_type=kind).code == 303
        assert "crm: " not in (site.log.read_text() if site.log.exists() else "")
    first, second = sorted(leads(script.crm), key=lambda each: "Encore" in each["description"])
    assert (first["marketing"]["campaign"], first["marketing"]["source"]) == ("salon-habitat-2026", "google")
    assert first["description"].startswith(ANNE["message"])
    assert second["description"].startswith("Encore\nmoi é")


@RUNS_CGI
def test_a_form_with_faults_is_kept_and_its_visitor_reads_them(script: Script, server: str) -> None:
    with CGI_SERVERS[server](script) as site:
        told = site.send(PATHS[server], {**ANNE, "email": "anne@", "consent": ""})
        assert told.code == 422
        assert [line.partition(" – ")[0] for line in told.body.splitlines()] == [
            "E-mail",
            "J’accepte d’être recontacté au sujet de ma demande",
        ]
        assert site.send(PATHS[server], {**ANNE, "website": "x", "email": "x"}).code == 303, (
            "a program learns nothing"
        )
    reasons = [
        json.loads(line)["reason"] for line in script.crm("inbox", "list", "-o", "jsonl").out.splitlines()
    ]
    assert sorted(reason.partition(":")[0] for reason in reasons if "form" in reason) == [
        "a form in which the hidden field 'website' was filled in",
        "a form with wrong or missing fields",
    ]
    assert leads(script.crm) == []


@RUNS_CGI
def test_a_workspace_in_trouble_is_503_and_the_visitor_tries_again(script: Script, server: str) -> None:
    config = script.crm.data / "crm.yaml"
    right = config.read_text("utf-8")
    with CGI_SERVERS[server](script) as site:
        config.write_text("stages: [", "utf-8")
        told = site.send(PATHS[server], ANNE)
        assert (told.code, "Merci de réessayer" in told.body) == (503, True)
        config.write_text(right, "utf-8")
        with lock.hold_lock(script.crm.data, patience=0):
            assert site.send(PATHS[server], ANNE).code == 303
        assert len(list_spooled(script.crm.root)) == 1
        other = {**ANNE, "email": "anne.legall@example.org"}
        assert site.send(PATHS[server], other).code == 303
    assert list_spooled(script.crm.root) == []
    assert len(leads(script.crm)) == 2


@RUNS_CGI
def test_a_request_that_sends_no_form_makes_none(script: Script, server: str) -> None:
    with CGI_SERVERS[server](script) as site:
        path = f"{PATHS[server]}?{urlencode(ANNE)}"
        assert site.ask("GET", path).code == 405
        assert site.ask("HEAD", path).code in (405, 501)
    assert leads(script.crm) == []
    assert list_spooled(script.crm.root) == []
    assert script.crm("inbox", "list", "-o", "ids").ids == []


@pytest.mark.parametrize(
    "server", [pytest.param(each, marks=needs(each)) for each in ("apache2", "lighttpd")]
)
def test_a_large_body_never_reaches_the_script(script: Script, server: str) -> None:
    with CGI_SERVERS[server](script) as site:
        large = site.ask("POST", PATHS[server], b"message=" + b"a" * 300_000, content_type=URLENCODED)
        assert large.code == 413
    assert script.crm("inbox", "list", "-o", "ids").ids == []


def test_the_script_needs_no_environment_and_leaves_nothing_open_to_others(script: Script) -> None:
    """Neither PATH nor HOME, and a umask of 0: web servers differ in what they hand on."""
    out, err = script.run(urlencode(ANNE).encode())
    assert (out, err) == (b"Status: 303 See Other\r\nLocation: /merci.html\r\n\r\n", b"")
    files = [path for path in script.crm.root.rglob("*") if path.stat().st_mode & 0o007]
    assert files == []
    assert len(leads(script.crm)) == 1


def test_half_a_form_is_not_taken(script: Script) -> None:
    body = urlencode(ANNE).encode()
    out, err = script.run(body, CONTENT_LENGTH=str(len(body) + 7))
    assert out.startswith(b"Status: 503 ")
    assert b"standard input" in err
    assert leads(script.crm) == []


def test_a_crm_that_is_missing_is_503(script: Script) -> None:
    script.place.write_text(
        script.place.read_text("utf-8").replace(str(script.program), "/nowhere/crm"), "utf-8"
    )
    assert script.run(urlencode(ANNE).encode())[0].startswith(b"Status: 503 ")


def unit(folder: Path, crm: Crm) -> Path:
    """The unit of the page, for this workspace."""
    place = folder / "crm-form.service"
    place.write_text(put_in(lines_for("systemd"), workspace=crm.root, program=PROGRAM))
    return place


@needs("systemd-analyze")
def test_systemd_reads_the_unit_and_finds_little_exposed(crm: Crm, tmp_path: Path) -> None:
    place = unit(tmp_path, crm)
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(place)], capture_output=True, text=True, check=False
    )
    ours = [line for line in verified.stderr.splitlines() if "crm-form" in line]
    assert ours == []
    words = ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", str(place)]
    rated = subprocess.run(words, capture_output=True, text=True, check=False)
    assert rated.returncode == 0, rated.stdout[-2000:] + rated.stderr
    assert "exposure level" in rated.stdout


CONFINE = """\
set -e
mount --make-rprivate /
for place in $(cut -d' ' -f2 /proc/self/mounts | sort -r); do
    case $place in /proc*|/sys*|/dev*) ;; *) mount -o remount,ro,bind "$place" 2>/dev/null || true;; esac
done
for place in "$@"; do mount --bind "$place" "$place"; mount -o remount,rw,bind "$place"; done
if touch /usr/local/x 2>/dev/null; then exit 99; fi
exec env -i CRM_WORKSPACE="$1" HOME="$2" PATH=/usr/bin:/bin {program} serve --form contact --port {port}
"""


def may_mount() -> bool:
    return (
        IS_ROOT
        and not subprocess.run(
            ["unshare", "-m", "sh", "-c", "mount --make-rprivate / && mount --bind /mnt /mnt"],
            capture_output=True,
        ).returncode
    )


@pytest.mark.skipif(not may_mount(), reason="mounting is not possible here")
def test_crm_writes_only_where_the_unit_lets_it(crm: Crm, open_for_all: Path) -> None:
    """All else is read-only, as ProtectSystem=strict has it; without systemd, mounts do the same."""
    lines = unit(open_for_all, crm).read_text()
    writable = [*re.findall(r"^ReadWritePaths=(.*)$", lines, re.MULTILINE), str(open_for_all)]
    assert re.findall(r"^StateDirectory=(.*)$", lines, re.MULTILINE) == ["crm"], "the home of the user"
    port = free_port()
    text = CONFINE.replace("{program}", str(PROGRAM)).replace("{port}", str(port))
    log = open_for_all / "confined.log"
    with running(["unshare", "-m", "sh", "-c", text, "sh", *writable], port, log, cwd="/"):
        page = Site(port).ask("GET", "/contact")
        cookie = page.headers["set-cookie"].partition(";")[0]
        fields = {**ANNE, **token_of(page.body)}
        assert Site(port).send("/contact", fields, cookie=cookie).code == 303
        until = time.monotonic() + PATIENCE
        while list_spooled(crm.root) and time.monotonic() < until:
            time.sleep(0.05)
    assert list_spooled(crm.root) == []
    assert "Read-only" not in log.with_suffix(".out").read_text()
    kept = crm("list", "is:lead", "-o", "jsonl").out + crm("inbox", "list", "-o", "jsonl").out
    assert "anne" in kept.lower()
