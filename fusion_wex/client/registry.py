"""Issuers by name. To add one, add a module like :mod:`.encompass_rest` and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from odoo.addons.fusion_payment_common.lib.api_client import Observer
from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError
from odoo.addons.fusion_payment_common.lib.transport import Transport

from .encompass_rest import EncompassRest
from .interface import CardIssuer
from .settings import AccountSettings
from .test_mode import SimulatedIssuer

#: Builds an issuer from settings, transport, version and observer.
Factory = Callable[[AccountSettings, Transport, str, Observer | None], CardIssuer]

ENCOMPASS_REST = "encompass_rest"
SIMULATED = "simulated"


def _encompass_rest(
    settings: AccountSettings, transport: Transport, app_version: str, observer: Observer | None
) -> CardIssuer:
    return EncompassRest(settings, transport, app_version=app_version, observer=observer)


def _simulated(
    settings: AccountSettings, transport: Transport, app_version: str, observer: Observer | None
) -> CardIssuer:
    return SimulatedIssuer()


IMPLEMENTATIONS: Mapping[str, Factory] = MappingProxyType(
    {ENCOMPASS_REST: _encompass_rest, SIMULATED: _simulated}
)


def build_issuer(
    name: str,
    settings: AccountSettings,
    transport: Transport,
    *,
    app_version: str,
    observer: Observer | None = None,
    implementations: Mapping[str, Factory] = IMPLEMENTATIONS,
) -> CardIssuer:
    """Return the issuer ``name`` for one account.

    :param observer: receives every HTTP exchange, redacted.
    :raises ConfigurationError: there is no such issuer, or its settings are invalid.
    """
    if name not in implementations:
        raise ConfigurationError("there is no such issuer of cards", code="unknown_issuer")
    return implementations[name](settings, transport, app_version, observer)
