import { beforeEach, describe, expect, getFixture, test } from "@odoo/hoot";
import { FIELD_TYPES, getHostedFields, stylesLike } from "@fusion_clover/hosted_fields/hosted_fields";

import { fakeClover, setupFakeClover } from "./fake_clover";

describe.current.tags("desktop");

/** A merchant that no test has used: clients are kept as long as the page. */
let merchants = 0;
const config = (values = {}) => ({
    sdk_url: "/sdk.js",
    api_access_key: "key",
    merchant_id: `HOSTED${++merchants}`,
    locale: "fr-CA",
    show_notices: true,
    ...values,
});

const SELECTORS = Object.fromEntries(FIELD_TYPES.map((type) => [type, `#${type}`]));

beforeEach(() => {
    setupFakeClover();
    getFixture().innerHTML = FIELD_TYPES.map((type) => `<div id="${type}"></div>`).join("");
});

test("a merchant's form is loaded once, with its own key and language", async () => {
    const own = config();
    const fields = await getHostedFields(own);
    expect(await getHostedFields({ ...own })).toBe(fields);
    expect(fakeClover.loaded).toEqual(["/sdk.js"]);
    expect(fakeClover.clients).toEqual([
        {
            key: "key",
            merchantId: own.merchant_id,
            locale: "fr-CA",
            showSecurePayments: true,
            showPrivacyPolicy: true,
        },
    ]);
});

test("another merchant gets a client of its own, and no second set of elements", async () => {
    // The SDK throws on a second element of a type, and on a second listener.
    const one = await getHostedFields(config());
    const other = await getHostedFields(config());
    expect(other).not.toBe(one);
    expect(fakeClover.clients).toHaveLength(2);
    expect(Object.keys(fakeClover.elements)).toEqual(FIELD_TYPES);
});

test("a new key of a merchant is used from then on", async () => {
    const own = config();
    const old = await getHostedFields(own);
    expect(await getHostedFields({ ...own, api_access_key: "other" })).not.toBe(old);
    expect(fakeClover.clients.map((client) => client.key)).toEqual(["key", "other"]);
});

test("the fields are mounted where the page wants them, each time it shows them", async () => {
    const fields = await getHostedFields(config());
    fields.mount(SELECTORS, () => {});
    fields.mount(SELECTORS, () => {});
    for (const type of FIELD_TYPES) {
        expect(`#${type} iframe`).toHaveCount(1);
    }
});

test("complaints come by field, of fields that were left, to whoever shows the form", async () => {
    const fields = await getHostedFields(config());
    fields.mount(SELECTORS, () => expect.step("a form that is gone"));
    fields.mount(SELECTORS, (errors) => expect.step(errors));
    const { change, blur } = fakeClover.elements.CARD_DATE.listeners;
    change({
        CARD_NUMBER: { error: "Invalid.", touched: true },
        CARD_DATE: { error: "Being typed.", touched: false },
        CARD_CVV: { touched: true },
    });
    blur({ detail: { CARD_DATE: { error: "Past.", touched: true } } });
    blur(undefined);
    expect.verifySteps([{ CARD_NUMBER: "Invalid." }, { CARD_DATE: "Past." }, {}]);
});

test("of a card nothing is handed on but what may be shown", async () => {
    fakeClover.nextToken = {
        token: "clv_1xyz",
        card: {
            brand: "VISA",
            first6: "424242",
            last4: "4242",
            exp_month: "12",
            exp_year: "2030",
            address_zip: "94085",
            number: "4242424242424242",
        },
    };
    const fields = await getHostedFields(config());
    expect(await fields.createToken()).toEqual({
        token: "clv_1xyz",
        card: {
            brand: "VISA",
            first6: "424242",
            last4: "4242",
            exp_month: "12",
            exp_year: "2030",
        },
    });
});

test("a token for one charge, unless the card is to be saved", async () => {
    const fields = await getHostedFields(config());
    expect(await fields.createToken()).toEqual({ token: "clv_1abc", card: null });
    await fields.createToken(true);
    await fields.createToken(undefined);
    expect(fakeClover.asked).toEqual([[false], [true], [false]]);
});

test("a card that is refused resolves, with its errors", async () => {
    const fields = await getHostedFields(config());
    fakeClover.nextToken = { errors: { CARD_CVV: "Too short." } };
    expect(await fields.createToken()).toEqual({ errors: { CARD_CVV: "Too short." } });
    fakeClover.nextToken = {};
    expect(await fields.createToken()).toEqual({ errors: {} });
});

test("the inputs look like the element that they stand in", () => {
    const [element] = getFixture().children;
    Object.assign(element.style, {
        color: "rgb(1, 2, 3)",
        fontFamily: "serif",
        fontSize: "21px",
    });
    const { body, input } = stylesLike(element);
    expect(body).toEqual({ fontFamily: "serif", margin: "0" });
    expect(input.color).toBe("rgb(1, 2, 3)");
    expect(input.fontSize).toBe("21px");
    expect(input.border).toBe("0");
});
