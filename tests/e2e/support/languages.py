"""Languages of people and documents."""

from .rpc import OdooUser


def install(admin: OdooUser, code: str) -> None:
    """Load a language, as *Settings, Add Languages* does; nothing when it is there already."""
    everywhere = {"active_test": False}
    domain = [["code", "=", code], ["active", "=", False]]
    found = admin.call("res.lang", "search", domain, context=everywhere)
    if found:
        dialog = admin.call("base.language.install", "create", {"lang_ids": [[6, 0, found]]})
        admin.call("base.language.install", "lang_install", [dialog])
