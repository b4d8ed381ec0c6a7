"""What is wrong with a page as a browser shows it: policy, scripts, requests, axe, sideways scroll."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN_AXE = f"""
axe.run(document, {{resultTypes: ["violations"], runOnly: {json.dumps(LEVELS)}}}).then((result) => JSON.stringify(
  result.violations.flatMap((rule) => rule.nodes.map((node) => `${{rule.id}}: ${{node.html.slice(0, 200)}}`))))
"""
# Chromium reports a violation of the policy to the page; an init script is there before anything of the page.
LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} blocked ${event.blockedURI} ${event.sourceFile || ""}`);
});
"""
# Chromium logs each answer of 400 and above as an error of the page; the status is checked elsewhere.
EXPECTED_NOISE = "Failed to load resource: the server responded with a status of"


class Inspection:
    """Listens to one page from its first request on."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        page.add_init_script(LISTEN)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", self._on_console)
        page.on("request", self._on_request)

    def _on_console(self, message) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(EXPECTED_NOISE):
            self.faults.append(f"console: {message.text}")

    def _on_request(self, request) -> None:
        # The main frame has no address before its first answer.
        here = urlsplit(self.page.url or "").netloc
        wanted = urlsplit(request.url)
        if wanted.scheme != "data" and here and wanted.netloc != here:
            self.faults.append(f"request to elsewhere: {request.url}")

    def look(self) -> list[str]:
        """Return everything that is wrong now."""
        self.page.wait_for_load_state("load")
        found = [*self.faults, *self._policy(), *self._axe(), *self.sideways()]
        self.faults.clear()
        return found

    def _policy(self) -> list[str]:
        return [f"policy: {each}" for each in self.page.evaluate("window.violations")]

    def _axe(self) -> list[str]:
        """Run axe in a world of its own, which the page's policy does not bind and cannot see."""
        session = self.page.context.new_cdp_session(self.page)
        frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = session.send("Page.createIsolatedWorld", {"frameId": frame})["executionContextId"]
        session.send("Runtime.evaluate", {"expression": AXE, "contextId": world})
        answer = session.send(
            "Runtime.evaluate",
            {"expression": RUN_AXE, "contextId": world, "awaitPromise": True, "returnByValue": True},
        )
        session.detach()
        return [f"axe {each}" for each in json.loads(answer["result"]["value"])]

    def sideways(self) -> list[str]:
        """Return by how much the page is wider than its window."""
        extra = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return [f"scrolls sideways by {extra} px"] if extra > 0 else []
