import { browser } from "@web/core/browser/browser";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { rpc, RPCError } from "@web/core/network/rpc";
import { patch } from "@web/core/utils/patch";

import { PaymentForm } from "@payment/interactions/payment_form";

import { FIELD_TYPES, getHostedFields, stylesLike } from "../hosted_fields/hosted_fields";
import { mayHaveCharged } from "../hosted_fields/refusals";

const STATUS_PAGE = "/payment/status";

/** Clover's hosted card fields inside Odoo's own payment form. */
patch(PaymentForm.prototype, {
    setup() {
        super.setup();
        this.clover = { source: null, form: null, busy: false };
    },

    start() {
        super.start();
        // A page that comes back out of the browser's memory shows what is no longer so.
        this.addListener(window, "pageshow", (ev) => ev.persisted && browser.location.reload());
    },

    // #=== DOM MANIPULATION ===#

    async _prepareInlineForm(providerId, providerCode, paymentOptionId, paymentMethodCode, flow) {
        if (providerCode !== "clover") {
            return super._prepareInlineForm(...arguments);
        }
        if (flow === "token") {
            return;
        }
        this._setPaymentFlow("direct");
        const radio = this.el.querySelector('input[name="o_payment_radio"]:checked');
        const form = this._getInlineForm(radio).querySelector('[name="o_clover_form"]');
        this.clover.form = form;
        const config = JSON.parse(form.dataset.cloverInlineFormValues);
        this.clover.mayQuote = config.may_quote;
        if (form.dataset.cloverReady) {
            return;
        }
        if (config.error) {
            this._cloverSay(config.error);
            return;
        }
        try {
            const like = form.querySelector(".o_clover_field");
            this.clover.fields = await this.waitFor(
                getHostedFields({ ...config, styles: stylesLike(like) })
            );
            const selectors = Object.fromEntries(
                FIELD_TYPES.map((type) => [type, `#${this._cloverField(type).id}`])
            );
            this.clover.fields.mount(selectors, (errors) => this._cloverShowErrors(errors));
            form.dataset.cloverReady = "1";
        } catch {
            this._cloverSay(_t("The card form cannot be loaded. Check your connection and reload this page."));
        }
    },

    _cloverField(type) {
        return this.clover.form.querySelector(`.o_clover_field[data-type="${type}"]`);
    },

    /**
     * Show what is wrong beside the fields concerned, and nothing beside the others.
     * @param {Object} errors sentence by field type; others go above the fields
     */
    _cloverShowErrors(errors) {
        for (const type of FIELD_TYPES) {
            const field = this._cloverField(type);
            const message = errors[type] || "";
            field.classList.toggle("is-invalid", Boolean(message));
            field.nextElementSibling.textContent = message;
        }
    },

    /**
     * Say something above the card fields, and move the focus there.
     * @param {string} message empty: say nothing any more
     */
    _cloverSay(message) {
        const box = this.clover.form.querySelector('[name="o_clover_message"]');
        box.textContent = message;
        box.classList.toggle("d-none", !message);
        if (message) {
            box.focus();
        }
    },

    _cloverAgain(message) {
        this.clover.busy = false;
        this._enableButton();
        this._cloverSay(message);
    },

    // #=== PAYMENT FLOW ===#

    async _initiatePaymentFlow(providerCode, paymentOptionId, paymentMethodCode, flow) {
        if (providerCode !== "clover") {
            return super._initiatePaymentFlow(...arguments);
        }
        if (this.clover.busy) {
            return;
        }
        this.clover.busy = true;
        try {
            if (flow === "token" || (await this._cloverReadCard())) {
                await super._initiatePaymentFlow(...arguments);
            }
        } catch (error) {
            this._cloverAfterFailedStart(error, flow);
        } finally {
            // A charge that began keeps the page busy until it leads elsewhere.
            this.clover.busy = Boolean(this.clover.charging);
        }
    },

    _cloverAfterFailedStart(error, flow) {
        if (flow === "token" && mayHaveCharged(error)) {
            // Odoo may have charged the saved card all the same: only its books say so.
            browser.location.reload();
            return;
        }
        if (error instanceof RPCError) {
            return; // The form has said it and can be used again.
        }
        this._enableButton();
        this._displayErrorDialog(
            _t("Payment processing failed"),
            _t("The server cannot be reached. Nothing was charged. Try again.")
        );
    },

    /**
     * Have Clover turn the card into a token before anything else happens.
     * @returns {Promise<boolean>} whether there is one
     */
    async _cloverReadCard() {
        this._cloverSay("");
        this._cloverShowErrors({});
        if (!this.clover.form.dataset.cloverReady) {
            this._cloverAgain(_t("The card form is not ready. Reload this page."));
            return false;
        }
        let result;
        try {
            result = await this.waitFor(
                this.clover.fields.createToken(this.paymentContext.tokenizationRequested)
            );
        } catch {
            this._cloverAgain(_t("The card could not be read. Nothing was charged. Try again."));
            return false;
        }
        if (result.token) {
            this.clover.source = result;
            return true;
        }
        const first = FIELD_TYPES.find((type) => result.errors[type]);
        this._cloverAgain(first ? "" : Object.values(result.errors)[0] || _t("Enter the card."));
        this._cloverShowErrors(result.errors);
        if (first) {
            this._cloverField(first).querySelector("iframe")?.focus();
        }
        return false;
    },

    /**
     * Show a surcharge, if there is one, before anything is charged.
     * @returns {Promise<boolean>} whether the card may be charged
     */
    async _cloverAgrees(processingValues, token, card) {
        let quote;
        try {
            quote = await this.waitFor(
                rpc("/payment/clover/quote", {
                    reference: processingValues.reference,
                    access_token: processingValues.access_token,
                    source: token,
                    card: card || null,
                })
            );
        } catch {
            quote = { state: "refused" };
        }
        if (quote.state === "refused") {
            this._cloverAgain(quote.message || _t("Nothing was charged. Try again."));
            return false;
        }
        if (!quote.surcharge) {
            return true;
        }
        this._enableButton();
        const agreed = await this.waitFor(this._cloverAsk(quote));
        if (agreed) {
            this._disableButton(true);
        } else {
            this._cloverAgain(_t("Nothing was charged. You can enter another card."));
        }
        return agreed;
    },

    _cloverAsk(quote) {
        return new Promise((resolve) => {
            this.services.dialog.add(
                ConfirmationDialog,
                {
                    title: _t("Surcharge"),
                    body: quote.message,
                    confirmLabel: _t("Pay %s", quote.total),
                    confirm: () => resolve(true),
                    cancelLabel: _t("Use Another Card"),
                    cancel: () => resolve(false),
                },
                { onClose: () => resolve(false) }
            );
        });
    },

    async _processDirectFlow(providerCode, paymentOptionId, paymentMethodCode, processingValues) {
        if (providerCode !== "clover") {
            return super._processDirectFlow(...arguments);
        }
        this.clover.charging = true;
        const { token, card } = this.clover.source;
        this.clover.source = null;
        if (this.clover.mayQuote && !(await this._cloverAgrees(processingValues, token, card))) {
            this.clover.charging = false;
            return;
        }
        let result;
        try {
            result = await this.waitFor(
                rpc("/payment/clover/process_card", {
                    reference: processingValues.reference,
                    access_token: processingValues.access_token,
                    source: token,
                    card: card || null,
                })
            );
        } catch (error) {
            if (mayHaveCharged(error)) {
                // Only the status page knows.
                browser.location.assign(STATUS_PAGE);
                return;
            }
            result = { state: "refused", message: error.data?.message };
        }
        if (result.state === "declined" || result.state === "refused") {
            this.clover.charging = false;
            this._cloverAgain(result.message || _t("Nothing was charged. Try again."));
            return;
        }
        browser.location.assign(STATUS_PAGE);
    },
});
