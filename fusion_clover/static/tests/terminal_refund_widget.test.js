import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { describe, expect, test } from "@odoo/hoot";
import { click } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { defineModels, fields, models, mountView, onRpc } from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");

class Wizard extends models.Model {
    _name = "clover.refund.wizard";

    amount = fields.Float();

    _records = [{ id: 1, amount: 113 }];
    _views = {
        form: /* xml */ `<form><field name="amount"/><widget name="clover_terminal_refund"/></form>`,
    };
}

defineMailModels();
defineModels([Wizard]);

/** What the server says when it is asked how the refund stands. */
let status;

function is(state, values = {}) {
    status = {
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
    return status;
}

async function open() {
    onRpc("clover_terminal_status", () => status);
    await mountView({ type: "form", resModel: "clover.refund.wizard", resId: 1 });
    await animationFrame();
}

test("a refund is followed until it is given back, and nothing can be sent", async () => {
    is("waiting");
    await open();
    expect(".o_clover_terminal").toHaveAttribute("data-phase", "waiting");
    expect(".o_clover_terminal_message").toHaveText(/It is waiting\./);
    expect(".o_clover_terminal_elapsed").toHaveText("1:01");
    expect(".o_clover_terminal_send").toHaveCount(0);
    is("approved");
    await advanceTime(2500);
    await animationFrame();
    expect(".o_clover_terminal").toHaveAttribute("data-phase", "approved");
    expect(".o_clover_terminal_message i.fa-check-circle").toHaveAttribute("title", "Given back");
    expect(".o_clover_terminal_cancel").toHaveCount(0);
});

test("one click cancels a refund", async () => {
    is("waiting");
    onRpc("clover_terminal_cancel", () => {
        expect.step("cancel");
        return is("cancelled");
    });
    await open();
    await click(".o_clover_terminal_cancel");
    await animationFrame();
    expect.verifySteps(["cancel"]);
    expect(".o_clover_terminal").toHaveAttribute("data-phase", "cancelled");
});

test("while it is being cancelled the button waits", async () => {
    is("waiting", { can_cancel: false, cancelling: true });
    await open();
    expect(".o_clover_terminal").toHaveAttribute("data-cancelling", "1");
    expect(".o_clover_terminal_cancel").toHaveAttribute("disabled");
});
