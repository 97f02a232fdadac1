import { onMounted, onWillUnmount } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { KanbanController } from "@web/views/kanban/kanban_controller";

/** Milliseconds between two looks while the page is visible. */
export const REFRESH_INTERVAL = 15000;

/** The health page: looks again by itself for as long as somebody looks at it. */
export class FusionHealthController extends KanbanController {
    setup() {
        super.setup();
        this.orm = useService("orm");
        let timer;
        let stopped = false;
        const plan = () => {
            if (!stopped) {
                timer = browser.setTimeout(look, REFRESH_INTERVAL);
            }
        };
        const look = () => (document.hidden ? plan() : this.lookAgain().finally(plan));
        // What is stored is shown at once, and looked at again at once.
        onMounted(() => {
            look();
        });
        onWillUnmount(() => {
            stopped = true;
            browser.clearTimeout(timer);
        });
    }

    /** Have the checks run and show their results; a server that is away is asked again later. */
    async lookAgain() {
        try {
            await this.orm.silent.call("fusion.health.check", "refresh", []);
            await this.model.load();
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
        }
    }
}

registry.category("views").add("fusion_health_kanban", {
    ...kanbanView,
    Controller: FusionHealthController,
});
