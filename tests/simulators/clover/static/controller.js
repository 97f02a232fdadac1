"use strict";

/* The hidden frame that makes tokens: it asks the field frames of its own origin for what was
 * typed, sends it to the token service, and tells the page nothing but the outcome. */
(function () {
    const { session } = document.body.dataset;
    const ANSWER_WITHIN_MS = 10000;
    const ERROR_FIELDS = {
        invalid_number: "CARD_NUMBER",
        incorrect_number: "CARD_NUMBER",
        invalid_card_type: "CARD_NUMBER",
        invalid_expiry_month: "CARD_DATE",
        invalid_expiry_year: "CARD_DATE",
        invalid_cvc: "CARD_CVV",
    };

    /* The exact target origin is what keeps card data from a frame that is not ours. */
    function ask(index) {
        return new Promise((resolve, reject) => {
            const frame = window.parent.frames[index];
            if (!frame) {
                reject(new Error("A field is gone"));
                return;
            }
            const channel = new MessageChannel();
            const timer = setTimeout(
                () => reject(new Error("A field did not answer")),
                ANSWER_WITHIN_MS
            );
            channel.port1.onmessage = (message) => {
                clearTimeout(timer);
                resolve(message.data);
            };
            frame.postMessage({ action: "collect", session }, window.location.origin, [
                channel.port2,
            ]);
        });
    }

    async function tokenize({ indices, apiKey, multipay }) {
        const answers = await Promise.all(indices.map(ask));
        const errors = Object.assign({}, ...answers.map((answer) => answer.errors));
        if (Object.keys(errors).length) {
            return { errors };
        }
        const card = Object.assign({}, ...answers.map((answer) => answer.values));
        const response = await fetch("/v1/tokens", {
            method: "POST",
            headers: { "Content-Type": "application/json", apikey: apiKey },
            body: JSON.stringify(multipay ? { card, multipay: true } : { card }),
        });
        const body = await response.json();
        if (response.ok) {
            return { token: body.id, card: body.card };
        }
        const code = (body.error && body.error.code) || "";
        const field = ERROR_FIELDS[code];
        return field
            ? { errors: { [field]: window.CloverTexts.problem(field, "invalid") } }
            : { errors: { SERVER: window.CloverTexts.server() } };
    }

    window.addEventListener("message", async (message) => {
        const { data, source } = message;
        if (!data || data.session !== session || data.action !== "tokenize") {
            return;
        }
        if (source !== window.parent) {
            return;
        }
        let result;
        try {
            result = await tokenize(data);
        } catch {
            result = { errors: { SERVER: window.CloverTexts.server() } };
        }
        window.parent.postMessage(
            { clover: "controller", session, event: "result", id: data.id, result },
            message.origin
        );
    });
    window.parent.postMessage({ clover: "controller", session, event: "ready" }, "*");
})();
