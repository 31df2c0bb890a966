"""A page of the studio in a browser, and its wishes held back so that answers come late."""

import base64
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _visitor import run_line

# what the page gives for download is kept for the test, and no file is written
KEEP_DOWNLOADS = """
window.downloads = [];
const make = URL.createObjectURL;
URL.createObjectURL = (blob) => { window.downloads.push(blob); return make.call(URL, blob); };
"""
TAKE_DOWNLOAD = """
const done = arguments[0];
const reader = new FileReader();
reader.onload = () => done(reader.result.split(",")[1]);
reader.readAsDataURL(window.downloads.pop());
"""
AFTER = """
const canvas = document.querySelector(arguments[0] + ' canvas[aria-label="' + arguments[1] + '"]');
const { width, height } = canvas;
return [width, height, Array.from(canvas.getContext('2d').getImageData(0, 0, width, height).data)];
"""


# an answer waits until its gate is opened; `refusals` are given instead of answers
GATES = """
window.gates = {}; window.opened = []; window.refusals = {}; window.waiting = {};
const real = window.fetch;
window.fetch = async (url, options) => {
  const route = String(url).replace("/api/", "");
  const refusal = window.refusals[route];
  const response = refusal ? new Response(refusal, { status: 422 }) : await real(url, options);
  window.waiting[route] = (window.waiting[route] ?? 0) + 1;
  await window.gates[route]?.promise;
  window.waiting[route] -= 1;
  return response;
};
"""
HOLD = """
const gate = {};
gate.promise = new Promise((open) => (gate.open = open));
window.gates[arguments[0]] = gate;
return window.opened.push(gate) - 1;
"""


class InBrowser:
    """What stands on a page of the studio."""

    def __init__(self, browser: Any, link: str) -> None:
        self.browser = browser
        browser.get(link)
        self.until(lambda: self.one("[role=tab]"), "the page did not come")

    def one(self, selector: str) -> Any:
        return self.browser.find_element("css selector", selector)

    def until(self, is_so: Callable[[], Any], what: str = "it did not come to pass") -> Any:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                if found := is_so():
                    return found
            except Exception:
                pass
            time.sleep(0.03)
        raise AssertionError(f"{what}; the page says {self.text('#note')!r}, {self.text('.badge')!r}")

    def text(self, selector: str) -> str:
        return str(
            self.browser.execute_script("return document.querySelector(arguments[0])?.textContent ?? ''", selector)
        )

    def press(self, *keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.browser).send_keys(*keys).perform()


class Page(InBrowser):
    """A page of the studio whose downloads and answers are in the hands of a test."""

    def __init__(self, browser: Any, link: str) -> None:
        super().__init__(browser, link)
        browser.execute_script(KEEP_DOWNLOADS + GATES)

    def until_done(self, tab: str = "palette") -> None:
        self.until(lambda: self.text(f"#panel-{tab} .badge") == "full result", "the full result did not come")

    def set(self, label: str, value: object) -> None:
        """Move a slider, as a user does."""
        script = """
        const range = document.querySelector(`section:not([hidden]) input[type=range][aria-label="${arguments[0]}"]`);
        range.value = arguments[1];
        range.dispatchEvent(new Event('input', { bubbles: true }));
        """
        self.browser.execute_script(script, label, value)

    def choose(self, label: str, value: str) -> None:
        script = """
        const rows = [...document.querySelectorAll('section:not([hidden]) label')];
        const isIt = (row) => row.querySelector('select') && row.firstChild.textContent === arguments[0];
        const select = rows.find(isIt).querySelector('select');
        select.value = arguments[1];
        select.dispatchEvent(new Event('change', { bubbles: true }));
        """
        self.browser.execute_script(script, label, value)

    def pixels(self, tab: str = "palette", side: str = "after") -> Any:
        width, height, data = self.browser.execute_script(AFTER, f"#panel-{tab}", side)
        return np.array(data, np.uint8).reshape(height, width, 4)[..., :3]

    def downloaded(self, button: str) -> bytes:
        self.one(button).click()
        return self.taken()

    def taken(self) -> bytes:
        """Return the latest download, which is then gone."""
        self.until(lambda: self.browser.execute_script("return window.downloads.length"), "nothing was downloaded")
        return base64.b64decode(self.browser.execute_async_script(TAKE_DOWNLOAD))

    def run_command(self) -> None:
        run_line(self.text("#command"))

    def button(self, text: str) -> Any:
        found = self.browser.find_elements("xpath", f"//section[not(@hidden)]//button[text()='{text}']")
        return found[0]

    def complaints(self) -> list[str]:
        return [
            entry["message"]
            for entry in self.browser.get_log("browser")
            if entry["source"] not in ("network", "rendering")
        ]

    def swatches(self) -> list[str]:
        script = "return [...document.querySelectorAll('.swatches button')].map((button) => button.title)"
        return list(self.browser.execute_script(script))

    def open(self, path: Path) -> None:
        self.one("#chooser").send_keys(str(path.absolute()))

    def hold(self, route: str) -> int:
        """Let answers of a route wait from now on; those that wait already wait for their own gate."""
        return int(self.browser.execute_script(HOLD, route))

    def until_held(self, route: str) -> None:
        self.until(lambda: self.browser.execute_script("return window.waiting[arguments[0]]", route), "nothing waits")

    def let_go(self, route: str, gate: int | None = None) -> None:
        """Let answers of a route come again; with a gate let only those come that wait for it."""
        script = "const [route, i] = arguments; (i === null ? window.gates[route] : window.opened[i]).open();"
        self.browser.execute_script(script + "if (i === null) delete window.gates[route];", route, gate)

    def refuse(self, route: str, text: str) -> None:
        """Answer the wishes of a route by a refusal, or as before if there is no text."""
        self.browser.execute_script("window.refusals[arguments[0]] = arguments[1]", route, text)

    def rest(self) -> None:
        """Give the page time to do what it should not do."""
        time.sleep(0.5)
