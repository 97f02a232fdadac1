import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component, onMounted, onWillUnmount } from "@odoo/owl";

/** Milliseconds between two looks at a payment that is under way. */
const POLL_INTERVAL = 3000;

/**
 * What a document says about a payment under way. As long as it says something it looks for news,
 * and shows the document anew when there are some.
 */
export class PaymentNotice extends Component {
    static template = "fusion_payment_common.PaymentNotice";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        onMounted(() => this.lookLater());
        onWillUnmount(() => {
            this.gone = true;
            clearTimeout(this.timer);
        });
    }

    get notice() {
        return this.props.record.data[this.props.name];
    }

    lookLater() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.look(), POLL_INTERVAL);
    }

    async look() {
        const { record, name } = this.props;
        if (this.notice && record.resId && !document.hidden) {
            try {
                const [now] = await this.orm.silent.read(record.resModel, [record.resId], [name]);
                // What somebody is typing is worth more than the news: they see it after saving.
                if (now && now[name] !== this.notice && !this.gone && !(await record.isDirty())) {
                    await record.load();
                }
            } catch {
                // No answer is no news.
            }
        }
        if (!this.gone) {
            this.lookLater();
        }
    }
}

registry.category("fields").add("fusion_payment_notice", {
    component: PaymentNotice,
    supportedTypes: ["char"],
});
