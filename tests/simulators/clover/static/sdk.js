"use strict";

/* The page's side of the hosted fields: window.Clover with the documented surface, as strict about
 * misuse as the original. Nothing here ever sees card data. */
(function () {
    const ORIGIN = new URL(document.currentScript.src).origin;
    const CARD_TYPES = [
        "CARD_NUMBER",
        "CARD_DATE",
        "CARD_CVV",
        "CARD_POSTAL_CODE",
        "CARD",
        "CARD_NAME",
        "CARD_STREET_ADDRESS",
        "CARD_PHONE_NUMBER",
        "CARD_EMAIL_ADDRESS",
    ];
    const UNAVAILABLE_TYPES = [
        "PAYMENT_REQUEST_BUTTON",
        "PAYMENT_REQUEST_BUTTON_APPLE_PAY",
        "ACH_ELEMENTS",
        "GIFT_CARD_ELEMENTS",
    ];
    const NEED_MERCHANT = ["CARD_STREET_ADDRESS"];
    const EVENTS = [
        "change",
        "blur",
        "focus",
        "paymentMethod",
        "paymentMethodStart",
        "paymentMethodEnd",
    ];
    const READY_WITHIN_MS = 30000;

    function newSession() {
        const bytes = window.crypto.getRandomValues(new Uint8Array(16));
        return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    }

    /* An iframe of our origin that says "ready" once; loaded() waits for that. */
    class Frame {
        constructor(type, session, locale, onMessage) {
            this.iframe = document.createElement("iframe");
            const query = new URLSearchParams({ session, locale });
            this.iframe.src = `${ORIGIN}/_fields/${type}?${query}`;
            this.iframe.title = `Clover ${type}`;
            this.ready = new Promise((resolve) => (this._resolveReady = resolve));
            this._listen = (message) => {
                if (message.origin !== ORIGIN || message.source !== this.iframe.contentWindow) {
                    return;
                }
                if (message.data.session !== session) {
                    return;
                }
                if (message.data.event === "ready") {
                    this._resolveReady();
                }
                onMessage(message.data);
            };
            window.addEventListener("message", this._listen);
        }
        get alive() {
            return this.iframe.isConnected;
        }
        async loaded() {
            let timer;
            const tooLate = new Promise((_, reject) => {
                timer = setTimeout(
                    () => reject(new Error("Clover: a hosted field did not load")),
                    READY_WITHIN_MS
                );
            });
            try {
                await Promise.race([this.ready, tooLate]);
            } finally {
                clearTimeout(timer);
            }
        }
        post(data) {
            this.iframe.contentWindow.postMessage(data, ORIGIN);
        }
        /* Place among the page's frames: how the controller finds the field without our help. */
        get index() {
            for (let i = 0; i < window.frames.length; i++) {
                if (window.frames[i] === this.iframe.contentWindow) {
                    return i;
                }
            }
            return -1;
        }
        remove() {
            window.removeEventListener("message", this._listen);
            this.iframe.remove();
        }
    }

    class CloverElement {
        constructor(elements, type, styles) {
            this.type = type;
            this._elements = elements;
            this._styles = styles || {};
            this._listeners = {};
            this._frame = null;
            this._state = {};
        }
        mount(selector) {
            if (typeof selector !== "string") {
                throw new TypeError("Clover: mount() takes a CSS selector, not a node");
            }
            const container = document.querySelector(selector);
            if (!container) {
                throw new Error(`Clover: no element matches ${selector}`);
            }
            if (this._frame) {
                this._frame.remove();
            }
            this._state = {};
            const { session, locale } = this._elements;
            this._frame = new Frame(this.type, session, locale, (data) => this._hear(data));
            Object.assign(this._frame.iframe.style, {
                border: "0",
                width: "100%",
                height: container.clientHeight < 20 ? "40px" : "100%",
                display: "block",
            });
            container.append(this._frame.iframe);
            this._elements.prepare();
        }
        addEventListener(name, callback) {
            if (!EVENTS.includes(name)) {
                throw new Error(`Clover: unknown event ${name}`);
            }
            if (this._listeners[name]) {
                throw new Error(`Clover: ${name} is already listened to on ${this.type}`);
            }
            this._listeners[name] = callback;
        }
        get mounted() {
            return Boolean(this._frame && this._frame.alive);
        }
        _hear(data) {
            this._state = data.state;
            if (data.event === "ready") {
                const { session } = this._elements;
                this._frame.post({ action: "style", session, styles: this._styles });
            } else if (this._listeners[data.event]) {
                this._listeners[data.event](this._elements.states());
            }
        }
    }

    /* One a page, whichever Clover object asks for it. */
    class CloverElements {
        constructor() {
            this.session = newSession();
            this.locale = "en";
            this._elements = {};
            this._controller = null;
            this._waiting = {};
            this._calls = 0;
        }
        create(type, styles) {
            if (UNAVAILABLE_TYPES.includes(type)) {
                throw new Error(`Clover: ${type} is not enabled for this merchant`);
            }
            if (!CARD_TYPES.includes(type)) {
                throw new Error(`Clover: unknown element ${type}`);
            }
            if (this._elements[type]) {
                throw new Error(`Clover: ${type} exists already; mount it again instead`);
            }
            if (NEED_MERCHANT.includes(type) && !this.merchantId) {
                throw new Error(`Clover: ${type} needs the merchantId option`);
            }
            this._elements[type] = new CloverElement(this, type, styles);
            return this._elements[type];
        }
        configure(options) {
            this.locale = options.locale || "en";
            this.merchantId = options.merchantId;
            this.footer = options.showSecurePayments !== false || options.showPrivacyPolicy !== false;
        }
        /* The controller frame and the footer, made when first needed or when the page lost them. */
        prepare() {
            if (!this._controller || !this._controller.alive) {
                if (this._controller) {
                    this._controller.remove();
                }
                this._controller = new Frame("CONTROLLER", this.session, this.locale, (data) =>
                    this._finish(data)
                );
                this._controller.iframe.style.display = "none";
                document.body.append(this._controller.iframe);
            }
            if (this.footer && !document.querySelector(".clover-footer")) {
                const footer = document.createElement("div");
                footer.className = "clover-footer";
                footer.textContent = "Secure payments powered by Clover";
                document.body.append(footer);
            }
        }
        mounted() {
            return Object.values(this._elements).filter((element) => element.mounted);
        }
        states() {
            return Object.assign({}, ...this.mounted().map((element) => element._state));
        }
        async tokenize(apiKey, multipay) {
            const elements = this.mounted();
            if (!elements.length) {
                throw new Error("Clover: no card element is mounted");
            }
            this.prepare();
            const frames = [this._controller, ...elements.map((element) => element._frame)];
            await Promise.all(frames.map((frame) => frame.loaded()));
            const id = ++this._calls;
            const indices = elements.map((element) => element._frame.index);
            return new Promise((resolve) => {
                this._waiting[id] = resolve;
                this._controller.post({
                    action: "tokenize",
                    session: this.session,
                    id,
                    indices,
                    apiKey,
                    multipay,
                });
            });
        }
        _finish(data) {
            if (data.event === "result" && this._waiting[data.id]) {
                this._waiting[data.id](data.result);
                delete this._waiting[data.id];
            }
        }
    }

    let singleton = null;

    class Clover {
        constructor(apiAccessKey, options) {
            if (typeof apiAccessKey !== "string" || !apiAccessKey) {
                throw new Error("Clover: the public api access key is missing");
            }
            this._key = apiAccessKey;
            this._options = options || {};
        }
        elements() {
            singleton = singleton || new CloverElements();
            singleton.configure(this._options);
            return singleton;
        }
        async createToken(multipay = false) {
            return this.elements().tokenize(this._key, multipay === true);
        }
    }

    window.Clover = Clover;
})();
