import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { click } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    makeServerError,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { ConnectionLostError } from "@web/core/network/rpc";

import { fakeClover, setupFakeClover } from "./fake_clover";

describe.current.tags("desktop");

const CONFIG = { sdk_url: "/sdk.js", api_access_key: "key", merchant_id: "M1", locale: "en" };

class Wizard extends models.Model {
    _name = "clover.payment.wizard";

    amount = fields.Float();

    _records = [{ id: 1, amount: 113 }];
    _views = {
        form: /* xml */ `<form><field name="amount"/><widget name="clover_collect"/></form>`,
    };
}

defineMailModels();
defineModels([Wizard]);

let savedCards;

beforeEach(() => {
    setupFakeClover();
    savedCards = [];
    onRpc("clover_form_config", () => CONFIG);
    onRpc("clover_saved_cards", () => savedCards);
    onRpc("clover_prepare", () => {
        expect.step("prepare");
        return "INV/1";
    });
});

async function open() {
    await mountView({ type: "form", resModel: "clover.payment.wizard", resId: 1 });
    await animationFrame();
}

test("the fields are mounted and the button says what will be charged", async () => {
    await open();
    expect(".o_clover_field iframe").toHaveCount(4);
    expect(".o_clover_charge").toBeEnabled();
    expect(".o_clover_charge").toHaveText("Charge 113.00");
});

test("approved: the fields go, the sentence stays", async () => {
    onRpc("clover_charge", ({ args }) => {
        expect.step(args);
        return { state: "approved", message: "Approved: $113.00." };
    });
    await open();
    await contains(".o_clover_charge").click();
    expect(".o_clover_message.alert-success").toHaveText("Approved: $113.00.");
    expect(".o_clover_charge").toHaveCount(0);
    expect.verifySteps(["prepare", [[1], "clv_1abc"]]);
});

test("declined: the dialog stays ready for another card", async () => {
    onRpc("clover_charge", () => ({ state: "declined", message: "The card was declined." }));
    await open();
    await contains(".o_clover_charge").click();
    expect(".o_clover_message.alert-danger").toHaveText("The card was declined.");
    expect(".o_clover_charge").toBeEnabled();
    expect.verifySteps(["prepare"]);
});

test("a card the form does not like is never sent", async () => {
    fakeClover.nextToken = { errors: { CARD_NUMBER: "Card number is invalid." } };
    await open();
    await contains(".o_clover_charge").click();
    expect(".invalid-feedback").toHaveText("Card number is invalid.");
    expect(".o_clover_charge").toBeEnabled();
    expect.verifySteps([]);
});

test("a second click while working does nothing", async () => {
    let answer;
    onRpc("clover_charge", () => {
        expect.step("charge");
        return new Promise((resolve) => {
            answer = resolve;
        });
    });
    await open();
    await contains(".o_clover_charge").click();
    expect(".o_clover_charge").not.toBeEnabled();
    click(".o_clover_charge");
    await animationFrame();
    answer({ state: "approved", message: "Approved." });
    await animationFrame();
    expect.verifySteps(["prepare", "charge"]);
});

test("unknown: it asks until it knows", async () => {
    const states = ["checking", "checking", "approved"];
    onRpc("clover_charge", () => ({ state: "checking", message: "Do not charge again." }));
    onRpc("clover_status", () => {
        const state = states.shift();
        expect.step(state);
        return { state, message: state };
    });
    await open();
    await contains(".o_clover_charge").click();
    expect(".o_clover_message.alert-warning").toHaveText("Do not charge again.");
    expect(".o_clover_charge").toHaveCount(0);
    for (let poll = 0; poll < 3; poll++) {
        await advanceTime(2000);
        await animationFrame();
    }
    expect(".o_clover_message.alert-success").toHaveText("approved");
    expect.verifySteps(["prepare", "checking", "checking", "approved"]);
});

test("a connection lost during the charge is an unknown outcome, not a failure", async () => {
    onRpc("clover_charge", () => {
        throw new ConnectionLostError("/");
    });
    onRpc("clover_status", () => ({ state: "approved", message: "Approved." }));
    await open();
    await contains(".o_clover_charge").click();
    expect(".o_clover_message.alert-warning").toHaveCount(1);
    await advanceTime(2000);
    await animationFrame();
    expect(".o_clover_message.alert-success").toHaveText("Approved.");
    expect.verifySteps(["prepare"]);
});

test("a refusal before the charge is shown and the dialog stays ready", async () => {
    onRpc("clover_saved_cards", () => savedCards);
    onRpc("clover_prepare", () => {
        throw makeServerError({ message: "Only $50.00 is still due on this invoice." });
    });
    await open();
    await contains(".o_clover_charge").click();
    expect(".o_clover_message.alert-danger").toHaveText(
        "Only $50.00 is still due on this invoice."
    );
    expect(".o_clover_charge").toBeEnabled();
});

test("a form that cannot be loaded says so", async () => {
    onRpc("clover_form_config", () => {
        throw makeServerError({ message: "No Clover connection serves this company." });
    });
    await open();
    expect(".o_clover_message.alert-danger").toHaveText("No Clover connection serves this company.");
    expect(".o_clover_charge").toHaveCount(0);
});

test("complaints of the fields are shown beside them, and the fields are created once", async () => {
    await open();
    fakeClover.elements.CARD_CVV.listeners.blur({ CARD_CVV: { error: "Too short.", touched: true } });
    await animationFrame();
    expect(".invalid-feedback").toHaveText("Too short.");
    expect(Object.keys(fakeClover.elements)).toHaveLength(4);
});

test("a saved card is charged without typing anything", async () => {
    savedCards = [{ id: 7, label: "•••• 4242 (expires 12/2030)" }];
    onRpc("clover_prepare", ({ args }) => {
        expect.step(args);
        return "INV/1";
    });
    onRpc("clover_charge_saved_card", () => {
        expect.step("charge");
        return { state: "approved", message: "Approved: $113.00." };
    });
    await open();
    expect(".o_clover_saved_cards button").toHaveText(
        "Charge 113.00: •••• 4242 (expires 12/2030)"
    );
    await contains(".o_clover_saved_cards button").click();
    expect(".o_clover_message.alert-success").toHaveText("Approved: $113.00.");
    expect(".o_clover_saved_cards").toHaveCount(0);
    expect.verifySteps([[[1], 7], "charge"]);
});

test("nothing is said of saved cards where there are none", async () => {
    await open();
    expect(".o_clover_saved_cards").toHaveCount(0);
});
