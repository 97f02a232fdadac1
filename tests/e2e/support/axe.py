"""axe-core in the browser: what people with assistive technology would stumble over."""

import subprocess
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

from .settings import ROOT

FOLDER = ROOT / "tests/e2e/axe"
GRAVE = ("serious", "critical")
#: Odoo's own drop-down for fields with a few values: its ARIA attributes are not ours to correct.
NOT_OURS = ".o_field_selection"

_RUN = """async ([selector, notOurs]) => {
    const context = { include: [selector], exclude: [notOurs] };
    const { violations } = await axe.run(context, { resultTypes: ["violations"], iframes: false });
    return violations.map(({ id, impact, help, nodes }) => ({
        id, impact, help, nodes: nodes.map((node) => node.html.slice(0, 200)),
    }));
}"""


@cache
def _script() -> Path:
    """Return axe-core, installed from the lock file in its folder if it is not there."""
    command = [str(ROOT / "dev/node-packages.sh"), str(FOLDER)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return FOLDER / "node_modules/axe-core/axe.min.js"


def grave_issues(page: Page, selector: str) -> list[str]:
    """Serious and critical issues inside an element, one line each.

    The contents of Clover's frames are Clover's; that they have a title is ours.
    """
    if not page.evaluate("() => Boolean(window.axe)"):
        page.add_script_tag(path=str(_script()))
    found = page.evaluate(_RUN, [selector, NOT_OURS])
    return [
        f"{issue['impact']}: {issue['id']} ({issue['help']}) at {node}"
        for issue in found
        if issue["impact"] in GRAVE
        for node in issue["nodes"]
    ]
