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
    _name = "clover.refund.wizard";

    amount = fields.Float();
    terminal_id = fields.Many2one({ relation: "clover.terminal" });

    _records = [{ id: 1, amount: 50, terminal_id: 5 }];
    _views = {
        form: /* xml */ `<form><field name="amount"/><field name="terminal_id"/><widget name="clover_terminal_refund"/></form>`,
    };
}

defineMailModels();
defineModels([Terminal, Wizard]);

/** What the server says when it is asked how the refund stands; an Error is thrown. */
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
    status = is("waiting");
    onRpc("clover.refund.wizard", "clover_terminal_status", () => {
        if (status instanceof Error) {
            throw status;
        }
        return status;
    });
    onRpc("clover_terminal_check", () => expect.step("ping"));
    onRpc("clover_terminal_contact", () => expect.step("ping"));
    onRpc("clover_send_to_terminal", () => expect.step("send"));
});

async function open() {
    await mountView({ type: "form", resModel: "clover.refund.wizard", resId: 1 });
    await animationFrame();
}

async function poll() {
    await advanceTime(2500);
    await animationFrame();
}

test("it shows how the refund stands, and sends nothing itself", async () => {
    await open();
    expect(".o_clover_terminal").toHaveAttribute("data-phase", "waiting");
    expect(".o_clover_terminal_message").toHaveText("It is waiting.\n1:01");
    expect(".o_clover_terminal_elapsed").toHaveText("1:01");
    expect(".o_clover_terminal_cancel").toBeEnabled();
    expect(".o_clover_terminal_send").toHaveCount(0);
    await poll();
    // The terminal is chosen already: it is not asked whether it is ready, not even by another one.
    expect.verifySteps([]);
});

test("seconds go on, and asking again brings the result", async () => {
    onRpc("clover.refund.wizard", "web_read", () => expect.step("read"));
    await open();
    expect.verifySteps(["read"]);
    await advanceTime(2000);
    await animationFrame();
    expect(".o_clover_terminal_elapsed").toHaveText("1:03");
    status = is("approved");
    await poll();
    expect(".o_clover_terminal_message.alert-success").toHaveText("It is approved.");
    expect(".o_clover_terminal_cancel").toHaveCount(0);
    expect(".o_clover_terminal_elapsed").toHaveCount(0);
    // What can be given back has changed.
    expect.verifySteps(["read"]);
});

test("one click cancels", async () => {
    onRpc("clover_terminal_cancel", ({ args }) => {
        expect.step(args);
        status = is("cancelled");
        return status;
    });
    await open();
    await click(".o_clover_terminal_cancel");
    await animationFrame();
    expect.verifySteps([[[1]]]);
    expect(".o_clover_terminal").toHaveAttribute("data-phase", "cancelled");
    expect(".o_clover_terminal_cancel").toHaveCount(0);
});

test("a cancellation that is not answered yet cannot be clicked again", async () => {
    let answer;
    onRpc("clover_terminal_cancel", () => {
        expect.step("cancel");
        return new Promise((resolve) => {
            answer = resolve;
        });
    });
    await open();
    await click(".o_clover_terminal_cancel");
    await animationFrame();
    expect(".o_clover_terminal").toHaveAttribute("data-cancelling", "1");
    expect(".o_clover_terminal_cancel").not.toBeEnabled();
    answer(is("waiting", { cancelling: true, can_cancel: false }));
    await animationFrame();
    expect(".o_clover_terminal_cancel").not.toBeEnabled();
    expect.verifySteps(["cancel"]);
});

test("a cancellation that is refused says why, and the refund is watched on", async () => {
    onRpc("clover_terminal_cancel", () => {
        throw makeServerError({ message: "The customer has tapped." });
    });
    await open();
    await click(".o_clover_terminal_cancel");
    await animationFrame();
    expect(".o_clover_terminal_error").toHaveText("The customer has tapped.");
    status = is("approved");
    await poll();
    expect(".o_clover_terminal").toHaveAttribute("data-phase", "approved");
});

test("no answer is no news: it asks again", async () => {
    status = makeServerError({ message: "down" });
    await open();
    expect(".o_clover_terminal_message").toHaveCount(0);
    expect(".o_clover_terminal_error").toHaveCount(0);
    status = is("checking");
    await poll();
    expect(".o_clover_terminal_message.alert-warning").toHaveText("It is checking.\n1:01");
    status = is("declined");
    await poll();
    expect(".o_clover_terminal_message.alert-danger").toHaveText("It is declined.");
});
