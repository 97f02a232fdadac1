"use strict";

/* Clover's own Ecommerce SDK for Node does a shop's day against the simulator and prints, as JSON,
 * what it got: node exercise.js ORIGIN ACCESS_TOKEN */
const { Clover } = require("clover-ecomm-sdk");

const [origin, accessToken] = process.argv.slice(2);
const { hostname, port } = new URL(origin);
const CARD = { exp_month: "12", exp_year: "2049", cvv: "123" };

const clover = new Clover(accessToken, { environment: "sandbox" });
clover.setHost(hostname, port, "http");
// The SDK takes the token service's host from its configuration, not from setHost().
clover._config.sandbox.token_url = hostname;
// It writes a body after a GET that announces none, which strict servers refuse; this is its own
// hook for what is written.
for (const resource of ["apikey", "charges", "refunds"]) {
    clover[resource].requestDataProcessor = (method, data, headers, done) =>
        done(null, method === "GET" ? "" : JSON.stringify(data));
}

async function failure(promise) {
    try {
        await promise;
    } catch (error) {
        const seen = (error.raw && error.raw.response && error.raw.response.error) || error.raw;
        return { type: error.type, code: seen && seen.code, status: error.statusCode };
    }
    return null;
}

async function main() {
    const { apiAccessKey } = await clover.apikey.retrieve();
    const token = (number) =>
        clover.tokens
            .create({ card: { ...CARD, number }, apiKey: apiAccessKey })
            .then((created) => created.id);
    const charge = async (fields, number = "4242424242424242") =>
        clover.charges.create({
            amount: 1358,
            currency: "cad",
            source: await token(number),
            ...fields,
        });

    const result = {};
    result.token = await clover.tokens.create({
        card: { ...CARD, number: "4242424242424242" },
        apiKey: apiAccessKey,
    });
    result.charge = await charge({ external_reference_id: "SDK1" });
    result.retrieved = await clover.charges.retrieve(result.charge.id);
    const authorised = await charge({ amount: 1000, capture: false });
    result.captured = await clover.charges.capture(authorised.id, { amount: 900 });
    result.refund = await clover.refunds.create({ charge: result.charge.id, amount: 300 });
    result.retrievedRefund = await clover.refunds.retrieve(result.refund.id);
    result.customer = await clover.customers.create({
        email: "buyer@example.com",
        source: await token("5204245250003294"),
    });
    result.onFile = await clover.charges.create({
        amount: 500,
        currency: "cad",
        source: result.customer.id,
    });
    const order = await clover.orders.create({
        currency: "cad",
        email: "buyer@example.com",
        items: [{ amount: 250, currency: "cad", description: "Bin", quantity: 2 }],
    });
    result.paidOrder = await clover.orders.pay(order.id, {
        source: await token("4242424242424242"),
        email: "buyer@example.com",
    });
    result.returnedOrder = await clover.orders.returnOrder(order.id, {});

    result.overRefund = await failure(
        clover.refunds.create({ charge: result.charge.id, amount: 1359 })
    );
    result.declined = await failure(charge({}, "4264281511117771"));
    result.badField = await failure(charge({ amount: 0 }));
    result.longReference = await failure(charge({ external_reference_id: "0123456789ABC" }));
    const stranger = new Clover("not-a-token", { environment: "sandbox" });
    stranger.setHost(hostname, port, "http");
    result.unauthorised = await failure(
        stranger.charges.create({ amount: 1, currency: "cad", source: "clv_x" })
    );
    process.stdout.write(JSON.stringify(result));
    process.exit(0); // the SDK's own keep-alive agent would hold the process open
}

main().catch((error) => {
    process.stderr.write(`${error.stack}\n${JSON.stringify(error.raw || null)}\n`);
    process.exit(1);
});
