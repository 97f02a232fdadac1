import { REFRESH_INTERVAL } from "@fusion_payment_common/health/health_kanban";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import {
    MockServer,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");

class Check extends models.Model {
    _name = "fusion.health.check";

    sentence = fields.Char();

    _records = [{ id: 1, sentence: "Stored." }];
    _views = {
        kanban: /* xml */ `
            <kanban js_class="fusion_health_kanban">
                <templates><t t-name="card"><field name="sentence"/></t></templates>
            </kanban>`,
    };
}

defineMailModels();
defineModels([Check]);

let answer;

beforeEach(() => {
    answer = () => true;
    onRpc("fusion.health.check", "refresh", () => {
        expect.step("refresh");
        return answer();
    });
});

async function openPage() {
    await mountView({ resModel: "fusion.health.check", type: "kanban" });
    await animationFrame();
}

test("the checks run when the page opens and the new result is shown", async () => {
    answer = () => {
        MockServer.env["fusion.health.check"].write([1], { sentence: "Fresh." });
        return true;
    };
    await openPage();
    expect.verifySteps(["refresh"]);
    expect(queryAllTexts(".o_kanban_record:not(.o_kanban_ghost)")).toEqual(["Fresh."]);
});

test("the page looks again by itself", async () => {
    await openPage();
    expect.verifySteps(["refresh"]);
    await advanceTime(REFRESH_INTERVAL);
    expect.verifySteps(["refresh"]);
    await advanceTime(REFRESH_INTERVAL);
    expect.verifySteps(["refresh"]);
});

test("a server that is away is asked again later, without a message", async () => {
    let isAway = true;
    const route = "/web/dataset/call_kw/fusion.health.check/refresh";
    onRpc(
        route,
        () => {
            expect.step(isAway ? "away" : "there");
            return isAway
                ? new Response("", { status: 502 })
                : new Response('{"jsonrpc": "2.0", "result": true}', { status: 200 });
        },
        { pure: true }
    );
    await openPage();
    expect.verifySteps(["away"]);
    isAway = false;
    await advanceTime(REFRESH_INTERVAL);
    expect.verifySteps(["there"]);
    expect(".o_error_dialog").toHaveCount(0);
});
