import { loadJS } from "@web/core/assets";

/**
 * Clover's hosted card fields: inputs that live in iframes of Clover's own origin, so that card
 * numbers never reach Odoo, not even its pages.
 *
 * Clover's SDK keeps one set of elements per page, and creating or listening twice throws. A
 * single-page client therefore creates them once and mounts them anew whenever they are shown; only
 * the object that makes tokens belongs to one merchant.
 */

export const FIELD_TYPES = ["CARD_NUMBER", "CARD_DATE", "CARD_CVV", "CARD_POSTAL_CODE"];

const STYLES = {
    body: { fontFamily: "sans-serif", margin: "0" },
    input: {
        border: "0",
        boxSizing: "border-box",
        fontSize: "14px",
        padding: "6px 8px",
        width: "100%",
    },
    "input:focus": { outline: "none" },
};

/** The styles that make Clover's inputs look like an element of the page. */
export function stylesLike(element) {
    const { color, fontFamily, fontSize } = window.getComputedStyle(element);
    return {
        ...STYLES,
        body: { ...STYLES.body, fontFamily },
        input: { ...STYLES.input, color, fontFamily, fontSize, backgroundColor: "transparent" },
    };
}

/** What may be told of a card. */
function shownOf(card) {
    if (!card) {
        return null;
    }
    const { brand, first6, last4, exp_month, exp_year } = card;
    return { brand, first6, last4, exp_month, exp_year };
}

const clients = new Map();
let fields;

export class HostedFields {
    /** @param {Object} config see `_clover_form_config` of the provider; `styles` as Clover takes them */
    constructor(config) {
        this.clover = new window.Clover(config.api_access_key, {
            merchantId: config.merchant_id,
            locale: config.locale,
            // Notices for shoppers; here staff type the card.
            showSecurePayments: config.show_notices,
            showPrivacyPolicy: config.show_notices,
        });
        fields ||= this._createFields(config.styles || STYLES);
    }

    /**
     * Show the fields.
     * @param {Object} selectors CSS selector of an element in the page, by field type
     * @param {Function} onChange called with the messages by field type, for fields left invalid
     */
    mount(selectors, onChange) {
        fields.onChange = onChange;
        for (const type of FIELD_TYPES) {
            fields[type].mount(selectors[type]);
        }
    }

    /**
     * Turn what was typed into a token.
     * @param {boolean} multipay whether the token is to outlive its first charge (a saved card)
     * @returns {Promise<{token: string, card: Object}|{errors: Object}>} never rejects because of
     *     the card; `card` (brand, first six, last four, expiry) only if Clover tells it
     */
    async createToken(multipay = false) {
        const result = await this.clover.createToken(Boolean(multipay));
        if (result.token) {
            return { token: result.token, card: shownOf(result.card) };
        }
        return { errors: result.errors || {} };
    }

    _createFields(styles) {
        const elements = this.clover.elements();
        const created = { onChange: () => {} };
        for (const type of FIELD_TYPES) {
            created[type] = elements.create(type, styles);
            for (const event of ["change", "blur"]) {
                created[type].addEventListener(event, (payload) =>
                    created.onChange(this._errorsOf(payload))
                );
            }
        }
        return created;
    }

    _errorsOf(payload) {
        // Some versions hand over the payload itself, others an event that carries it.
        const states = payload?.detail || payload || {};
        const errors = {};
        for (const type of FIELD_TYPES) {
            const field = states[type];
            if (field && field.touched && field.error) {
                errors[type] = field.error;
            }
        }
        return errors;
    }
}

/**
 * Load Clover's SDK and return its fields for this merchant.
 * @param {Object} config see `_clover_form_config` of the provider
 * @returns {Promise<HostedFields>}
 */
export async function getHostedFields(config) {
    const key = JSON.stringify([config.sdk_url, config.api_access_key, config.merchant_id]);
    if (!clients.has(key)) {
        await loadJS(config.sdk_url);
        clients.set(key, new HostedFields(config));
    }
    return clients.get(key);
}
