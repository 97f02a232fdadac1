import { RPCError } from "@web/core/network/rpc";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { formatMonetary } from "@web/views/fields/formatters";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";

/** Milliseconds between two looks while a payment is under way: the bus is faster, if it works. */
const POLL_INTERVAL = 2500;
const TICK = 1000;
const UNDER_WAY = ["sending", "waiting", "processing", "checking"];
const LEVELS = {
    approved: "success",
    declined: "danger",
    cancelled: "secondary",
    checking: "warning",
    partial: "warning",
    review: "danger",
};

/**
 * A payment on a terminal: sends it, shows live how it stands, cancels it.
 *
 * Phases are the states of `clover_terminal_status`, and `loading`. The server knows everything: a
 * reload, another tab or a colleague's dialog show the same.
 */
export class CloverTerminal extends Component {
    static template = "fusion_clover.Terminal";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.bus = useService("bus_service");
        this.channels = new Set();
        this.state = useState({
            phase: "loading",
            message: "",
            seconds: 0,
            canCancel: false,
            cancelling: false,
            issues: [],
            signature: "",
            canDecide: false,
            receipt: "",
            error: "",
            contact: { message: "", ok: false },
        });
        this.onPayment = () => this.refresh();
        this.onTerminal = () => this.showContact("clover_terminal_contact");
        onMounted(() => {
            this.bus.subscribe("fusion_clover.payment", this.onPayment);
            this.bus.subscribe("fusion_clover.terminal", this.onTerminal);
            this.bus.start();
            this.ticker = setInterval(() => this.tick(), TICK);
            this.refresh();
        });
        onWillUnmount(() => {
            this.closed = true;
            clearTimeout(this.timer);
            clearTimeout(this.contactTimer);
            clearInterval(this.ticker);
            this.bus.unsubscribe("fusion_clover.payment", this.onPayment);
            this.bus.unsubscribe("fusion_clover.terminal", this.onTerminal);
            this.channels.forEach((channel) => this.bus.deleteChannel(channel));
        });
        useRecordObserver((record) => this.onTerminalChosen(record.data.terminal_id?.id));
    }

    // --- what the template shows ---

    get sendLabel() {
        const { amount, currency_id } = this.props.record.data;
        return _t("Send %s to the terminal", formatMonetary(amount || 0, { currencyId: currency_id?.id }));
    }

    get isUnderWay() {
        return UNDER_WAY.includes(this.state.phase);
    }

    get canSend() {
        return ["ready", "declined", "cancelled"].includes(this.state.phase);
    }

    get level() {
        return LEVELS[this.state.phase] || "info";
    }

    get approvedTitle() {
        return _t("Approved");
    }

    get contactTitle() {
        return this.state.contact.ok ? _t("Ready") : _t("Not ready");
    }

    get elapsed() {
        const seconds = Math.max(0, this.state.seconds);
        return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    }

    // --- steps ---

    call(method, ...args) {
        const { resModel, resId } = this.props.record;
        return this.orm.silent.call(resModel, method, [[resId], ...args]);
    }

    async onTerminalChosen(terminalId) {
        if (terminalId === this.terminalId) {
            return;
        }
        const isFirst = this.terminalId === undefined;
        this.terminalId = terminalId;
        if (!isFirst && !(await this.props.record.save())) {
            return;
        }
        await this.showContact("clover_terminal_check");
        // The bus may not have been listening yet when the answer came.
        clearTimeout(this.contactTimer);
        this.contactTimer = setTimeout(() => this.onTerminal(), POLL_INTERVAL);
    }

    /** The pre-flight ping: asked for in the background, answered by the bus. */
    async showContact(method) {
        if (this.closed) {
            return;
        }
        try {
            const { channel, message, ok } = await this.call(method);
            this.listen(channel);
            this.state.contact = { message, ok };
        } catch {
            // It is only a hint; sending says what is wrong.
            this.state.contact = { message: "", ok: false };
        }
    }

    async onClickSend() {
        if (!this.canSend) {
            return;
        }
        Object.assign(this.state, { phase: "sending", message: _t("Sending…"), error: "", seconds: 0 });
        try {
            if (!(await this.props.record.save())) {
                this.state.phase = "ready";
                return;
            }
            this.show(await this.call("clover_send_to_terminal"));
            await this.props.record.load();
        } catch (error) {
            this.showRefusal(error);
        }
    }

    async onClickCancel() {
        Object.assign(this.state, { canCancel: false, cancelling: true });
        try {
            this.show(await this.call("clover_terminal_cancel"));
        } catch (error) {
            this.state.error = error.data?.message || _t("The server cannot be reached.");
            this.pollLater();
        }
    }

    async onClickDecide(decision) {
        this.state.canDecide = false;
        try {
            this.show(await this.call("clover_terminal_decide", decision));
            await this.props.record.load();
        } catch (error) {
            this.state.error = error.data?.message || _t("The server cannot be reached.");
            this.refresh();
        }
    }

    async onClickReceipt(method) {
        this.state.error = "";
        try {
            this.show(await this.call("clover_terminal_receipt", method));
        } catch (error) {
            this.state.error = error.data?.message || _t("The server cannot be reached.");
        }
    }

    async refresh() {
        clearTimeout(this.timer);
        if (this.closed) {
            return;
        }
        try {
            this.show(await this.call("clover_terminal_status"));
        } catch {
            // No answer is no news.
            this.pollLater();
        }
    }

    show(status) {
        if (this.closed) {
            return;
        }
        const wasUnderWay = this.isUnderWay;
        this.listen(status.channel);
        Object.assign(this.state, {
            phase: status.state,
            message: status.message,
            seconds: status.seconds,
            canCancel: status.can_cancel,
            cancelling: status.cancelling,
            issues: status.issues,
            signature: status.signature,
            receipt: status.receipt,
            canDecide: status.can_decide,
        });
        if (this.isUnderWay) {
            this.pollLater();
        } else if (wasUnderWay) {
            // What is due has changed, and so has what may be edited.
            this.props.record.load();
        }
    }

    showRefusal(error) {
        if (error instanceof RPCError) {
            Object.assign(this.state, {
                phase: "ready",
                message: "",
                error: error.data?.message || error.message,
            });
        } else {
            // The server may have taken it all the same: it knows.
            this.state.phase = "checking";
            this.pollLater();
        }
    }

    pollLater() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.refresh(), POLL_INTERVAL);
    }

    tick() {
        if (this.isUnderWay) {
            this.state.seconds++;
        }
    }

    listen(channel) {
        if (channel && !this.channels.has(channel)) {
            this.channels.add(channel);
            this.bus.addChannel(channel);
        }
    }
}

registry.category("view_widgets").add("clover_terminal", { component: CloverTerminal });
