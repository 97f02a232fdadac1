import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { CloverTerminal } from "./terminal_widget";

/**
 * A refund that waits for the customer at a terminal: shows live how it stands, cancels it.
 *
 * It was sent by the dialog's own button; a reload, another tab or a colleague show the same.
 */
export class CloverTerminalRefund extends CloverTerminal {
    static template = "fusion_clover.TerminalRefund";

    get approvedTitle() {
        return _t("Given back");
    }

    /** The terminal was chosen when the refund was sent: it is not asked whether it answers. */
    onTerminalChosen() {}

    async showContact() {}
}

registry.category("view_widgets").add("clover_terminal_refund", { component: CloverTerminalRefund });
