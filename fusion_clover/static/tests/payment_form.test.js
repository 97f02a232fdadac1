import { beforeEach, describe, expect, queryOne, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import { startInteractions, setupInteractionWhiteList } from "@web/../tests/public/helpers";
import {
    contains,
    makeServerError,
    mockService,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { assets } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";

import { FIELD_TYPES } from "@fusion_clover/hosted_fields/hosted_fields";

import { fakeClover, setupFakeClover } from "./fake_clover";

describe.current.tags("desktop");
setupInteractionWhiteList(["payment.payment_form", "payment.payment_button"]);

const PAY = "[name=o_payment_submit_button]";
const MESSAGE = "[name=o_clover_message]";
const CARD = { brand: "VISA", first6: "424242", last4: "4242", exp_month: "12", exp_year: "2030" };

/** Merchants that no test has used: Clover's clients are kept as long as the page. */
let merchants = 0;
/** What the routes answer; an Error is thrown. */
let answers;

function route(name) {
    onRpc(`/payment/${name}`, async (request) => {
        const { params } = await request.json();
        expect.step([name, params.source || params.token_id || params.flow]);
        const answer = await answers[name];
        if (answer instanceof Error) {
            throw answer;
        }
        return answer;
    });
}

beforeEach(() => {
    setupFakeClover();
    fakeClover.nextToken = { token: "clv_1abc", card: CARD };
    answers = {
        transaction: { reference: "INV/1", access_token: "signed", state: "draft" },
        "clover/quote": { state: "ok", surcharge: 0 },
        "clover/process_card": { state: "approved" },
    };
    Object.keys(answers).forEach(route);
    patchWithCleanup(browser.location, {
        assign: (url) => expect.step(`go to ${url}`),
        reload: () => expect.step("reload"),
    });
});

const field = (type) => `
    <div class="o_clover_field" data-type="${type}" id="portal_${type}"></div>
    <div class="invalid-feedback"></div>`;

const option = ({ code = "clover", type = "payment_method", form = "", checked = "checked" } = {}) => `
    <div name="o_payment_option">
        <input type="radio" name="o_payment_radio" ${checked} data-provider-code="${code}"
            data-provider-id="3" data-payment-option-id="7" data-payment-option-type="${type}"
            data-payment-method-code="card"/>
        <div name="o_payment_inline_form" class="d-none">${form}</div>
    </div>`;

function cardForm(values = {}) {
    const config = JSON.stringify({
        sdk_url: "/sdk.js",
        api_access_key: "key",
        merchant_id: `PORTAL${++merchants}`,
        locale: "en",
        ...values,
    });
    return `
        <div name="o_clover_form" data-clover-inline-form-values='${config}'>
            <div name="o_clover_message" class="d-none" tabindex="-1"></div>
            ${FIELD_TYPES.map(field).join("")}
        </div>
        <input type="checkbox" name="o_payment_tokenize_checkbox"/>`;
}

async function open(content = option({ form: cardForm() })) {
    const form = `
        <form id="o_payment_form" data-mode="payment" data-amount="113" data-access-token="signed"
            data-transaction-route="/payment/transaction" data-landing-route="/my" data-partner-id="1">
            ${content}
            <button name="o_payment_submit_button" type="submit">Pay</button>
        </form>`;
    await startInteractions(form);
    await animationFrame();
}

async function pay() {
    await contains(PAY).click();
    await animationFrame();
}

test("Clover's fields stand in the form, and it can be paid", async () => {
    await open();
    for (const type of FIELD_TYPES) {
        expect(`#portal_${type} iframe`).toHaveCount(1);
    }
    expect(MESSAGE).toHaveClass("d-none");
    expect(PAY).toBeEnabled();
    expect.verifySteps([]);
});

test("a connection that cannot take cards says so instead of showing fields", async () => {
    await open(option({ form: cardForm({ error: "Not connected." }) }));
    expect(MESSAGE).toHaveText("Not connected.");
    expect("iframe").toHaveCount(0);
    expect(fakeClover.clients).toEqual([]);
});

test("without Clover's fields nothing is paid", async () => {
    patchWithCleanup(assets, {
        loadJS: async () => {
            throw new Error("blocked");
        },
    });
    await open();
    expect(MESSAGE).toHaveText(/cannot be loaded/);
    await pay();
    expect(MESSAGE).toHaveText(/not ready/);
    expect(PAY).toBeEnabled();
    expect.verifySteps([]);
});

test("another provider's form is left alone", async () => {
    await open(option({ code: "other" }));
    expect(fakeClover.clients).toEqual([]);
});

test("the card becomes a token first, then it is charged, then the status page tells", async () => {
    let sent;
    onRpc("/payment/clover/process_card", async (request) => {
        sent = (await request.json()).params;
        return { state: "approved" };
    });
    await open();
    await pay();
    expect(fakeClover.asked).toEqual([[false]]);
    expect(sent).toEqual({
        reference: "INV/1",
        access_token: "signed",
        source: "clv_1abc",
        card: CARD,
    });
    expect.verifySteps([["transaction", "direct"], "go to /payment/status"]);
});

test("a card that is to be saved is asked for a token that lasts", async () => {
    await open();
    queryOne("[name=o_payment_tokenize_checkbox]").checked = true;
    await pay();
    expect(fakeClover.asked).toEqual([[true]]);
    expect.verifySteps([
        ["transaction", "direct"],
        ["clover/process_card", "clv_1abc"],
        "go to /payment/status",
    ]);
});

test("a card that the fields refuse makes no transaction", async () => {
    fakeClover.nextToken = { errors: { CARD_DATE: "The card has expired." } };
    await open();
    await pay();
    expect("#portal_CARD_DATE").toHaveClass("is-invalid");
    expect("#portal_CARD_DATE + .invalid-feedback").toHaveText("The card has expired.");
    expect("#portal_CARD_NUMBER").not.toHaveClass("is-invalid");
    expect("#portal_CARD_DATE iframe").toBeFocused();
    expect(PAY).toBeEnabled();
    expect.verifySteps([]);
});

test("what Clover says of no field in particular stands above the fields", async () => {
    fakeClover.nextToken = { errors: { OTHER: "Try later." } };
    await open();
    await pay();
    expect(MESSAGE).toHaveText("Try later.");
    expect(MESSAGE).toBeFocused();
    fakeClover.nextToken = { errors: {} };
    await pay();
    expect(MESSAGE).toHaveText("Enter the card.");
});

test("a card that cannot be read is told, and nothing is charged", async () => {
    fakeClover.nextToken = new Error("network");
    await open();
    await pay();
    expect(MESSAGE).toHaveText(/could not be read. Nothing was charged/);
    expect(PAY).toBeEnabled();
    expect.verifySteps([]);
});

test("declined: the form is ready for another card, which is a new token", async () => {
    answers["clover/process_card"] = { state: "declined", message: "The card was declined." };
    await open();
    await pay();
    expect(MESSAGE).toHaveText("The card was declined.");
    expect(PAY).toBeEnabled();
    fakeClover.nextToken = { token: "clv_1other" };
    answers["clover/process_card"] = { state: "approved" };
    await pay();
    expect(MESSAGE).toHaveClass("d-none");
    expect.verifySteps([
        ["transaction", "direct"],
        ["clover/process_card", "clv_1abc"],
        ["transaction", "direct"],
        ["clover/process_card", "clv_1other"],
        "go to /payment/status",
    ]);
});

test("Odoo's refusal is shown; whoever cannot know whether it was charged goes to the status page", async () => {
    answers["clover/process_card"] = makeServerError({
        errorName: "odoo.exceptions.UserError",
        message: "It is paid already.",
    });
    await open();
    await pay();
    expect(MESSAGE).toHaveText("It is paid already.");
    expect.verifySteps([["transaction", "direct"], ["clover/process_card", "clv_1abc"]]);

    answers["clover/process_card"] = makeServerError({ errorName: "builtins.KeyError" });
    await pay();
    expect.verifySteps([
        ["transaction", "direct"],
        ["clover/process_card", "clv_1abc"],
        "go to /payment/status",
    ]);
});

test("a connection that is lost during the charge leads to the status page", async () => {
    answers["clover/process_card"] = new ConnectionLostError("/");
    await open();
    await pay();
    expect.verifySteps([
        ["transaction", "direct"],
        ["clover/process_card", "clv_1abc"],
        "go to /payment/status",
    ]);
});

test("a second submit while a card is charged does nothing", async () => {
    let answer;
    answers["clover/process_card"] = new Promise((resolve) => {
        answer = resolve;
    });
    await open();
    await pay();
    // Not a click: the button is disabled, a key or a second button of the page may still submit.
    queryOne(PAY).disabled = false;
    await pay();
    answer({ state: "approved" });
    await animationFrame();
    expect(fakeClover.asked).toHaveLength(1);
    expect.verifySteps([
        ["transaction", "direct"],
        ["clover/process_card", "clv_1abc"],
        "go to /payment/status",
    ]);
});

/** Answer the dialog about the surcharge with `choice`: confirm, cancel or close. */
function answerDialog(choice) {
    mockService("dialog", {
        add(_component, props, options) {
            expect.step(props.body);
            (choice === "close" ? options.onClose : props[choice])();
            return () => {};
        },
    });
    answers["clover/quote"] = {
        state: "ok",
        surcharge: 2.5,
        total: "$115.50",
        message: "A surcharge of $2.50 is added.",
    };
}

test("a surcharge is agreed to before anything is charged", async () => {
    answerDialog("confirm");
    await open(option({ form: cardForm({ may_quote: true }) }));
    await pay();
    expect.verifySteps([
        ["transaction", "direct"],
        ["clover/quote", "clv_1abc"],
        "A surcharge of $2.50 is added.",
        ["clover/process_card", "clv_1abc"],
        "go to /payment/status",
    ]);
});

for (const choice of ["cancel", "close"]) {
    test(`who does not agree (${choice}) is not charged`, async () => {
        answerDialog(choice);
        await open(option({ form: cardForm({ may_quote: true }) }));
        await pay();
        expect(MESSAGE).toHaveText(/Nothing was charged/);
        expect(PAY).toBeEnabled();
        expect.verifySteps([
            ["transaction", "direct"],
            ["clover/quote", "clv_1abc"],
            "A surcharge of $2.50 is added.",
        ]);
    });
}

test("no answer about the surcharge, no charge", async () => {
    answers["clover/quote"] = new ConnectionLostError("/");
    await open(option({ form: cardForm({ may_quote: true }) }));
    await pay();
    expect(MESSAGE).toHaveText(/Nothing was charged/);
    expect.verifySteps([["transaction", "direct"], ["clover/quote", "clv_1abc"]]);
});

test("a saved card whose charge was lost on the way: the page asks Odoo's books", async () => {
    answers.transaction = new ConnectionLostError("/");
    await open(option({ type: "token" }));
    await pay();
    expect(fakeClover.clients).toEqual([]);
    expect.verifySteps([["transaction", 7], "reload"]);
});

test("a saved card that Odoo refused is not reloaded away", async () => {
    mockService("dialog", { add: (_component, props) => expect.step(props.body) });
    answers.transaction = makeServerError({
        errorName: "odoo.exceptions.ValidationError",
        message: "The amount has changed.",
    });
    await open(option({ type: "token" }));
    await pay();
    expect(PAY).toBeEnabled();
    expect.verifySteps([["transaction", 7], "The amount has changed."]);
});

test("a page out of the browser's memory is loaded anew", async () => {
    await open();
    window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: false }));
    expect.verifySteps([]);
    window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    expect.verifySteps(["reload"]);
});
