"use strict";

/* One hosted field (or the four of the combined CARD element). What is typed here is given to the
 * controller frame of the same origin only; the embedding page hears of validation states. */
(function () {
    const { type, session } = document.body.dataset;
    const COMBINED = ["CARD_NUMBER", "CARD_DATE", "CARD_CVV", "CARD_POSTAL_CODE"];
    const TYPES = type === "CARD" ? COMBINED : [type];

    function luhnValid(number) {
        let total = 0;
        for (let i = 0; i < number.length; i++) {
            let digit = Number(number[number.length - 1 - i]);
            if (i % 2) {
                digit *= 2;
                digit = digit > 9 ? digit - 9 : digit;
            }
            total += digit;
        }
        return total % 10 === 0;
    }

    const digits = (text) => text.replace(/\D/g, "");

    function readDate(text) {
        const match = /^\s*(0?[1-9]|1[0-2])\s*\/?\s*(\d{2}|\d{4})\s*$/.exec(text);
        if (!match) {
            return null;
        }
        const year = match[2].length === 2 ? `20${match[2]}` : match[2];
        return { exp_month: match[1].padStart(2, "0"), exp_year: year };
    }

    const filled = (name) => (text) => (text.trim() ? { [name]: text.trim() } : null);
    const matching = (name, pattern) => (text) =>
        pattern.test(text.trim()) ? { [name]: text.trim() } : null;

    /* name, autocomplete and inputmode of the input; read() gives the values or null (invalid). */
    const FIELDS = {
        CARD_NUMBER: {
            name: "cardNumber",
            autocomplete: "cc-number",
            inputMode: "numeric",
            format: (text) => digits(text).slice(0, 19).replace(/(\d{4})(?=\d)/g, "$1 "),
            read: (text) => {
                const number = digits(text);
                return number.length >= 12 && luhnValid(number) ? { number } : null;
            },
        },
        CARD_DATE: {
            name: "cardDate",
            autocomplete: "cc-exp",
            inputMode: "numeric",
            format: (text) => {
                const plain = digits(text).slice(0, 6);
                return text.includes("/") || plain.length < 3
                    ? text
                    : `${plain.slice(0, 2)}/${plain.slice(2)}`;
            },
            read: readDate,
        },
        CARD_CVV: {
            name: "cardCvv",
            autocomplete: "cc-csc",
            inputMode: "numeric",
            format: (text) => digits(text).slice(0, 4),
            read: matching("cvv", /^\d{3,4}$/),
        },
        CARD_POSTAL_CODE: {
            name: "cardPostalCode",
            autocomplete: "billing postal-code",
            inputMode: "text",
            read: matching("address_zip", /^[A-Za-z0-9][A-Za-z0-9 -]{2,9}$/),
        },
        CARD_NAME: {
            name: "cardHolderName",
            autocomplete: "cc-name",
            inputMode: "text",
            read: filled("name"),
        },
        CARD_STREET_ADDRESS: {
            name: "cardStreetAddress",
            autocomplete: "billing address-line1",
            inputMode: "text",
            read: filled("address_line1"),
        },
        CARD_PHONE_NUMBER: {
            name: "cardPhoneNumber",
            autocomplete: "tel",
            inputMode: "tel",
            read: matching("phone", /^[+()\d .-]{7,20}$/),
        },
        CARD_EMAIL_ADDRESS: {
            name: "cardEmailAddress",
            autocomplete: "email",
            inputMode: "email",
            read: matching("email", /^[^@\s]+@[^@\s]+$/),
        },
    };

    const state = {};
    const inputs = {};

    function problem(fieldType) {
        const text = inputs[fieldType].value;
        if (!text.trim()) {
            return window.CloverTexts.problem(fieldType, "required");
        }
        return FIELDS[fieldType].read(text) ? "" : window.CloverTexts.problem(fieldType, "invalid");
    }

    function refresh(fieldType) {
        const error = problem(fieldType);
        const { touched } = state[fieldType];
        state[fieldType] = error ? { error, touched } : { touched };
        inputs[fieldType].setAttribute("aria-invalid", String(Boolean(error) && touched));
    }

    function tell(event) {
        window.parent.postMessage({ clover: "field", session, type, event, state }, "*");
    }

    function build(fieldType) {
        const { name, autocomplete, inputMode, format } = FIELDS[fieldType];
        const input = document.createElement("input");
        Object.assign(input, { type: "text", name, id: name, autocomplete, inputMode });
        input.setAttribute("aria-label", window.CloverTexts.name(fieldType));
        input.placeholder = window.CloverTexts.name(fieldType);
        inputs[fieldType] = input;
        state[fieldType] = { touched: false };
        input.addEventListener("input", () => {
            if (format) {
                input.value = format(input.value);
            }
            refresh(fieldType);
            tell("change");
        });
        input.addEventListener("focus", () => tell("focus"));
        input.addEventListener("blur", () => {
            state[fieldType].touched = true;
            refresh(fieldType);
            tell("blur");
        });
        return input;
    }

    /* Styles come as {selector: {camelCase: value}}; CSSOM drops whatever is not a declaration. */
    function applyStyles(styles) {
        const sheet = new CSSStyleSheet();
        for (const [selector, declarations] of Object.entries(styles || {})) {
            if (/[{}]/.test(selector) || typeof declarations !== "object") {
                continue;
            }
            const rule = sheet.cssRules[sheet.insertRule(`${selector} {}`, sheet.cssRules.length)];
            for (const [property, value] of Object.entries(declarations)) {
                const kebab = property.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
                if (!/url\(/i.test(String(value))) {
                    rule.style.setProperty(kebab, String(value));
                }
            }
        }
        document.adoptedStyleSheets = [sheet];
    }

    function collect() {
        const values = {};
        const errors = {};
        for (const fieldType of TYPES) {
            state[fieldType].touched = true;
            refresh(fieldType);
            if (state[fieldType].error) {
                errors[fieldType] = state[fieldType].error;
            } else {
                Object.assign(values, FIELDS[fieldType].read(inputs[fieldType].value));
            }
        }
        return { values, errors };
    }

    window.addEventListener("message", (message) => {
        const { data, origin, source, ports } = message;
        if (!data || data.session !== session) {
            return;
        }
        if (data.action === "collect" && origin === window.location.origin && ports.length) {
            ports[0].postMessage(collect());
        } else if (data.action === "style" && source === window.parent) {
            applyStyles(data.styles);
        }
    });

    const form = document.createElement("form");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.append(...TYPES.map(build));
    document.body.append(form);
    TYPES.forEach((fieldType) => {
        const error = problem(fieldType);
        state[fieldType] = { error, touched: false };
    });
    tell("ready");
})();
