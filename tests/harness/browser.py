"""A real browser without a screen: Chromium, driven by chromedriver through WebDriver (W3C), as HTTP."""

import base64
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of a reference (WebDriver, section 12)
TAB, ENTER, SPACE, END = "\ue004", "\ue007", " ", "\ue010"
PATIENCE = 20_000  # milliseconds for a page, and for an element on the next one
PROGRAMS = ("chromium", "chromedriver")
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def missing_programs() -> list[str]:
    """What has to be installed before a browser can be started."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


class Browser:
    """A window; elements are found by CSS selectors."""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, method: str, path: str, **values: Any) -> Any:
        """Give the browser a command of WebDriver, and return its answer."""
        content = json.dumps(values).encode() if method == "POST" else None
        request = urllib.request.Request(f"{self.address}{path}", content, method=method)
        try:
            with DIRECTLY.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def open(self, link: str) -> None:
        self.ask("POST", "/url", url=link)

    @property
    def link(self) -> str:
        return str(self.ask("GET", "/url"))

    @property
    def title(self) -> str:
        return str(self.ask("GET", "/title"))

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of a script in the page."""
        return self.ask("POST", "/execute/sync", script=f"return {script}", args=list(arguments))

    def find(self, selector: str) -> str:
        found = self.ask("POST", "/element", using="css selector", value=selector)
        return str(found[ELEMENT])

    def type(self, selector: str, text: str) -> None:
        self.ask("POST", f"/element/{self.find(selector)}/value", text=text)

    def click(self, selector: str) -> None:
        self.ask("POST", f"/element/{self.find(selector)}/click")

    def text(self, selector: str) -> str:
        return str(self.ask("GET", f"/element/{self.find(selector)}/text"))

    def press(self, keys: str) -> None:
        """Press keys one after the other, wherever the focus is."""
        self.wait_for_paint()
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.ask("POST", "/actions", actions=[{"type": "key", "id": "keys", "actions": strokes}])

    def wait_for_paint(self) -> None:
        """Wait until the page is on the screen: before that, Chromium drops what is pressed."""
        end = time.monotonic() + PATIENCE / 1000
        while not self.run("performance.getEntriesByType('paint').length"):
            assert time.monotonic() < end, f"nothing to be seen of {self.link}"

    def take_focus(self) -> None:
        """Have the window believe that it is the one in front, whatever else runs on this machine."""
        self.ask(
            "POST", "/goog/cdp/execute", cmd="Emulation.setFocusEmulationEnabled", params={"enabled": True}
        )

    def resize(self, width: int, height: int) -> None:
        """Give the page this many pixels, whatever the window takes around it."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.ask("POST", "/goog/cdp/execute", cmd="Emulation.setDeviceMetricsOverride", params=metrics)

    @property
    def focus(self) -> str:
        """The id of the element that has the focus, or what it is."""
        return str(self.run("document.activeElement.id || document.activeElement.tagName.toLowerCase()"))

    @property
    def console(self) -> list[str]:
        """What was written to the console since this was asked last."""
        return [each["message"] for each in self.ask("POST", "/se/log", type="browser")]

    def emulate(self, medium: str = "", scheme: str = "light") -> None:
        """Have pages laid out for a medium, such as print, and a colour scheme."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        media = {"media": medium, "features": features}
        self.ask("POST", "/goog/cdp/execute", cmd="Emulation.setEmulatedMedia", params=media)

    def print_pages(self) -> bytes:
        """The page as a PDF, on A4."""
        return base64.b64decode(self.ask("POST", "/print", page={"width": 21.0, "height": 29.7}))

    def hide_scrollbars(self) -> None:
        """Have pages drawn without scrollbars, as on a phone."""
        self.ask("POST", "/goog/cdp/execute", cmd="Emulation.setScrollbarsHidden", params={"hidden": True})

    def save_screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.ask("GET", "/screenshot")))


@contextmanager
def start_browser(directory: Path, *, has_scripts: bool = True) -> Iterator[Browser]:
    """A browser with an empty profile in a directory; its processes end with the block."""
    log = directory / "chromedriver.log"
    with log.open("wb") as told:
        driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=told, text=True
        )
    try:
        assert driver.stdout is not None
        started = next(line for line in driver.stdout if "successfully on port" in line)
        place = f"http://127.0.0.1:{started.rstrip('.').split()[-1].rstrip('.')}"
        with in_session(place, directory, has_scripts=has_scripts) as browser:
            yield browser
    finally:
        driver.terminate()
        driver.wait(30)
        if driver.stdout:
            driver.stdout.close()


@contextmanager
def in_session(place: str, directory: Path, *, has_scripts: bool) -> Iterator[Browser]:
    """A window of the browser that a driver starts."""
    arguments = [
        "--headless=new",
        "--no-sandbox",  # tests run as root in containers
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--no-first-run",
        f"--user-data-dir={directory / 'profile'}",
    ]
    refused = {"profile.managed_default_content_settings.javascript": 2}
    options = {"args": arguments, "prefs": {} if has_scripts else refused}
    wanted = {
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"browser": "ALL"},
        "timeouts": {"pageLoad": PATIENCE, "implicit": PATIENCE},
    }
    root = Browser(place)
    begun = root.ask("POST", "/session", capabilities={"alwaysMatch": wanted})
    browser = Browser(f"{place}/session/{begun['sessionId']}")
    browser.take_focus()
    try:
        yield browser
    finally:
        browser.ask("DELETE", "")
