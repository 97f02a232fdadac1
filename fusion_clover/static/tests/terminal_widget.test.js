import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { click } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import {
    defineModels,
    fields,
    makeServerError,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");

class Terminal extends models.Model {
    _name = "clover.terminal";

    name = fields.Char();

    _records = [{ id: 5, name: "Front desk" }];
}

class Wizard extends models.Model {
    _name = "clover.payment.wizard";

    amount = fields.Float();
    terminal_id = fields.Many2one({ relation: "clover.terminal" });

    _records = [{ id: 1, amount: 113, terminal_id: 5 }];
    _views = {
        form: /* xml */ `<form><field name="amount"/><field name="terminal_id"/><widget name="clover_terminal"/></form>`,
    };
}

defineMailModels();
defineModels([Terminal, Wizard]);

/** What the server says when it is asked how the payment stands. */
let status;

function is(state, values = {}) {
    return {
        state,
        message: `It is ${state}.`,
        seconds: 61,
        channel: "",
        can_cancel: state === "waiting",
        cancelling: false,
        issues: [],
        signature: "",
        receipt: "",
        can_decide: false,
        ...values,
    };
}

beforeEach(() => {
    status = is("ready", { message: "" });
    onRpc("clover_terminal_status", () => status);
    onRpc("clover_terminal_check", () => {
        expect.step("ping");
        return { channel: "", message: "Front desk is ready.", ok: true };
    });
    onRpc("clover_terminal_contact", () => ({
        channel: "",
        message: "Front desk is ready.",
        ok: true,
    }));
    onRpc("clover_send_to_terminal", () => {
        expect.step("send");
        status = is("waiting");
        return status;
    });
    onRpc("clover_terminal_cancel", () => {
        expect.step("cancel");
        status = is("cancelled");
        return status;
    });
});

async function open() {
    await mountView({ type: "form", resModel: "clover.payment.wizard", resId: 1 });
    await animationFrame();
}

test("the terminal is asked in the background and the button says what is sent", async () => {
    await open();
    expect.verifySteps(["ping"]);
    expect(".o_clover_terminal_contact").toHaveText("Front desk is ready.");
    expect(".o_clover_terminal_send").toHaveText(/113/);
});

test("a payment is sent once, shown with its age, and the poll brings the result", async () => {
    await open();
    await click(".o_clover_terminal_send");
    await click(".o_clover_terminal_send");
    await animationFrame();
    expect.verifySteps(["ping", "send"]);
    expect(".o_clover_terminal").toHaveAttribute("data-phase", "waiting");
    expect(".o_clover_terminal_elapsed").toHaveText("1:01");
    expect(".o_clover_terminal_close_hint").toHaveCount(1);
    expect(".o_clover_terminal_send").toHaveCount(0);
    status = is("approved");
    await advanceTime(2500);
    await animationFrame();
    expect(".o_clover_terminal").toHaveAttribute("data-phase", "approved");
    expect(".o_clover_terminal_send").toHaveCount(0);
});

test("one click cancels", async () => {
    status = is("waiting");
    await open();
    await click(".o_clover_terminal_cancel");
    await animationFrame();
    expect.verifySteps(["ping", "cancel"]);
    expect(".o_clover_terminal").toHaveAttribute("data-phase", "cancelled");
    expect(".o_clover_terminal_send").toHaveCount(1);
});

test("a refusal is told and leaves nothing under way", async () => {
    onRpc("clover_send_to_terminal", () => {
        throw makeServerError({ message: "In use by Omar." });
    });
    await open();
    await click(".o_clover_terminal_send");
    await animationFrame();
    expect(".o_clover_terminal_error").toHaveText("In use by Omar.");
    expect(".o_clover_terminal_message").toHaveCount(0);
    expect(".o_clover_terminal_send").toHaveCount(1);
    expect.verifySteps(["ping"]);
});

test("a partial approval waits for the clerk's decision", async () => {
    status = is("partial", { can_decide: true });
    onRpc("clover_terminal_decide", ({ args }) => {
        expect.step(args[1]);
        status = is("approved");
        return status;
    });
    await open();
    await click(".o_clover_terminal_keep");
    await animationFrame();
    expect.verifySteps(["ping", "keep"]);
    expect(".o_clover_terminal").toHaveAttribute("data-phase", "approved");
});

test("after the payment the receipt is given from the dialog, and a signature is shown", async () => {
    status = is("approved", { signature: "data:image/svg+xml;base64,PHN2Zy8+" });
    onRpc("clover_terminal_receipt", ({ args }) => {
        expect.step(args[1]);
        return is("approved", { receipt: "The receipt is on its way." });
    });
    await open();
    expect(".o_clover_terminal_signature").toHaveCount(1);
    await click(".o_clover_receipt_print");
    await animationFrame();
    await click(".o_clover_receipt_ask");
    await animationFrame();
    expect.verifySteps(["ping", "PRINT", "ASK"]);
    expect(".o_clover_terminal_receipt").toHaveText("The receipt is on its way.");
});
