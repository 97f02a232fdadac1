"""axe-core in the browser: what people with assistive technology would stumble over."""

from playwright.sync_api import Page

from .settings import ROOT

#: Installed by ``make bootstrap`` from the lock file beside it.
SCRIPT = ROOT / "tests/e2e/axe/node_modules/axe-core/axe.min.js"
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


def grave_issues(page: Page, selector: str) -> list[str]:
    """Serious and critical issues inside an element, one line each.

    The contents of Clover's frames are Clover's; that they have a title is ours.
    """
    if not page.evaluate("() => Boolean(window.axe)"):
        page.add_script_tag(path=str(SCRIPT))
    found = page.evaluate(_RUN, [selector, NOT_OURS])
    return [
        f"{issue['impact']}: {issue['id']} ({issue['help']}) at {node}"
        for issue in found
        if issue["impact"] in GRAVE
        for node in issue["nodes"]
    ]
