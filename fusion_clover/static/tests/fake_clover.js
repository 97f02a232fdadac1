import { queryOne } from "@odoo/hoot-dom";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { assets } from "@web/core/assets";

/**
 * Clover's SDK as far as its rules matter: one set of elements per page, created once and listened
 * to once. Elements live as long as the page, as they do in the code under test.
 */
const elements = {};

export const fakeClover = {
    /** What the next card becomes; an Error is thrown. */
    nextToken: null,
    /** Arguments of `new Clover(...)`, addresses that were loaded, arguments of `createToken`. */
    clients: [],
    loaded: [],
    asked: [],
    /** Element by type: its styles, where it is mounted, and what listens to it by event. */
    elements,
};

class FakeClover {
    constructor(key, options) {
        fakeClover.clients.push({ key, ...options });
    }
    elements() {
        return {
            create(type, styles) {
                if (elements[type]) {
                    throw new Error(`${type} exists already`);
                }
                elements[type] = { styles, selector: null, listeners: {} };
                return {
                    mount(selector) {
                        elements[type].selector = selector;
                        queryOne(selector).replaceChildren(document.createElement("iframe"));
                    },
                    addEventListener(name, callback) {
                        if (elements[type].listeners[name]) {
                            throw new Error(`${type} has a listener for ${name} already`);
                        }
                        elements[type].listeners[name] = callback;
                    },
                };
            },
        };
    }
    async createToken(...args) {
        fakeClover.asked.push(args);
        if (fakeClover.nextToken instanceof Error) {
            throw fakeClover.nextToken;
        }
        return fakeClover.nextToken;
    }
}

/** To be called before each test: a new SDK that turns every card into `clv_1abc`. */
export function setupFakeClover() {
    Object.assign(fakeClover, { nextToken: { token: "clv_1abc" }, clients: [], loaded: [], asked: [] });
    patchWithCleanup(window, { Clover: FakeClover });
    patchWithCleanup(assets, { loadJS: async (url) => fakeClover.loaded.push(url) });
}
