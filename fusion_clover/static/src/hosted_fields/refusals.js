import { ConnectionLostError, RPCError } from "@web/core/network/rpc";

/** Errors with which Odoo says that it refused before anything was sent. */
const REFUSALS = /^odoo\.(exceptions\.(UserError|ValidationError|AccessError|AccessDenied|MissingError|RedirectWarning)|http\.SessionExpiredException|addons\.fusion_)/;

/**
 * Whether a call that was to charge a card may have done so although it failed.
 * @param {Error} error
 * @returns {boolean} true unless Odoo has said no
 */
export function mayHaveCharged(error) {
    return (
        error instanceof ConnectionLostError ||
        (error instanceof RPCError && !REFUSALS.test(error.exceptionName || ""))
    );
}
