import { ConnectionLostError, RPCError } from "@web/core/network/rpc";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatMonetary } from "@web/views/fields/formatters";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";
import { FIELD_TYPES, getHostedFields } from "../hosted_fields/hosted_fields";
import { mayHaveCharged } from "../hosted_fields/refusals";

/** Milliseconds between two looks at a payment whose outcome is not known yet. */
const POLL_INTERVAL = 2000;

let instances = 0;

/**
 * Card fields, the Charge button, and what became of the payment.
 *
 * Phases: loading, ready, confirming (a surcharge was quoted), working (do not touch), checking (outcome unknown), approved, failed (the
 * form could not be loaded).
 */
export class CloverCollect extends Component {
    static template = "fusion_clover.Collect";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.fieldTypes = FIELD_TYPES;
        this.uid = ++instances;
        this.state = useState({
            phase: "loading",
            message: "",
            level: "info",
            errors: {},
            savedCards: [],
        });
        onMounted(() => this.start());
        onWillUnmount(() => {
            this.closed = true;
            clearTimeout(this.timer);
        });
    }

    // --- what the template shows ---

    get labels() {
        return {
            CARD_NUMBER: _t("Card number"),
            CARD_DATE: _t("Expiry (MM/YY)"),
            CARD_CVV: _t("Security code"),
            CARD_POSTAL_CODE: _t("Postal code"),
        };
    }

    get chargeLabel() {
        const { amount, currency_id } = this.props.record.data;
        return _t("Charge %s", formatMonetary(amount || 0, { currencyId: currency_id?.id }));
    }

    get confirmLabel() {
        return _t("Charge %s", this.quote.total);
    }

    get showFields() {
        return ["loading", "ready", "confirming", "working"].includes(this.state.phase);
    }

    fieldId(type) {
        return `o_clover_${type.toLowerCase()}_${this.uid}`;
    }

    // --- steps ---

    call(method, ...args) {
        const { resModel, resId } = this.props.record;
        return this.orm.call(resModel, method, [[resId], ...args]);
    }

    async start() {
        try {
            const config = await this.call("clover_form_config");
            this.mayQuote = config.may_quote;
            this.fields = await getHostedFields(config);
            this.state.savedCards = await this.call("clover_saved_cards");
        } catch (error) {
            this.fail(error, _t("Clover's card form cannot be loaded. Check the connection."));
            return;
        }
        if (this.closed) {
            return;
        }
        const selectors = Object.fromEntries(
            FIELD_TYPES.map((type) => [type, `#${this.fieldId(type)}`])
        );
        this.fields.mount(selectors, (errors) => Object.assign(this.state, { errors }));
        this.state.phase = "ready";
    }

    async onClickCharge() {
        await this.work(async () => {
            const { token, card, errors } = await this.fields.createToken();
            if (!token) {
                Object.assign(this.state, { phase: "ready", errors });
                return;
            }
            await this.call("clover_prepare");
            const quote = this.mayQuote && (await this.call("clover_quote", token, card || null));
            if (quote && quote.surcharge) {
                this.quote = { ...quote, token };
                Object.assign(this.state, {
                    phase: "confirming",
                    level: "info",
                    message: quote.message,
                });
                return;
            }
            await this.charge("clover_charge", token);
        });
    }

    async onClickSavedCard(card) {
        await this.work(async () => {
            await this.call("clover_prepare", card.id);
            await this.charge("clover_charge_saved_card");
        });
    }

    /** Do something that nobody may interrupt, or do a second time meanwhile. */
    async work(steps) {
        if (this.state.phase !== "ready") {
            return;
        }
        Object.assign(this.state, { phase: "working", message: "", errors: {} });
        try {
            if (!(await this.props.record.save())) {
                this.state.phase = "ready";
                return;
            }
            await steps();
        } catch (error) {
            this.showRefusal(error);
        }
    }

    async onClickConfirm() {
        if (this.state.phase !== "confirming") {
            return;
        }
        Object.assign(this.state, { phase: "working", message: "" });
        try {
            await this.charge("clover_charge", this.quote.token);
        } catch (error) {
            this.showRefusal(error);
        }
    }

    onClickBack() {
        Object.assign(this.state, { phase: "ready", message: "" });
    }

    async charge(method, ...args) {
        try {
            this.show(await this.call(method, ...args));
        } catch (error) {
            if (!mayHaveCharged(error)) {
                throw error;
            }
            // Odoo may have charged all the same, or be charging right now: only its ledger counts.
            const message = _t("Waiting for the server… Do not charge again.");
            this.show({ state: "checking", message });
        }
    }

    show(status) {
        const { state, message } = status;
        if (state === "approved") {
            Object.assign(this.state, { phase: "approved", level: "success", message });
            // What is due has changed.
            this.props.record.load();
        } else if (state === "checking") {
            Object.assign(this.state, { phase: "checking", level: "warning", message });
            this.pollLater();
        } else {
            const sentence = message || _t("Nothing was charged. Try again.");
            Object.assign(this.state, { phase: "ready", level: "danger", message: sentence });
            this.remount();
        }
    }

    remount() {
        // The fields were taken off the page while the outcome was unknown.
        if (!document.querySelector(`#${this.fieldId(FIELD_TYPES[0])} iframe`)) {
            this.timer = setTimeout(() => !this.closed && this.start());
        }
    }

    pollLater() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.poll(), POLL_INTERVAL);
    }

    async poll() {
        if (this.closed) {
            return;
        }
        try {
            this.show(await this.call("clover_status"));
        } catch {
            // No answer is no news: the payment is still being checked.
            this.pollLater();
        }
    }

    showRefusal(error) {
        if (!(error instanceof RPCError) && !(error instanceof ConnectionLostError)) {
            this.state.phase = "ready";
            throw error;
        }
        const message = error.data?.message || _t("The server cannot be reached. Nothing was charged.");
        Object.assign(this.state, { phase: "ready", level: "danger", message });
    }

    fail(error, fallback) {
        const message = (error instanceof RPCError && error.data?.message) || fallback;
        Object.assign(this.state, { phase: "failed", level: "danger", message });
    }
}

registry.category("view_widgets").add("clover_collect", { component: CloverCollect });
