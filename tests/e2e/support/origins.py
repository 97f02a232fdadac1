"""Which simulators are used, and who we are to them.

Without ``CLOVER_ORIGIN`` and ``WEX_ORIGIN`` it is ours, started for the occasion. What these name
may be anybody's: of it we know the credentials that the environment gives, and nothing else.
"""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from tests.simulators import running
from tests.simulators.clover.switches import DEFAULT_APP_ID, DEFAULT_APP_SECRET
from tests.simulators.wex.switches import DEFAULT_PASSWORD, DEFAULT_USER

_VARIABLES = {"clover": "CLOVER_ORIGIN", "wex": "WEX_ORIGIN"}


def given(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """The origin that the environment names for ``clover`` or ``wex``; empty: none."""
    return environ.get(_VARIABLES[name], "").rstrip("/")


def is_foreign(origin: str) -> bool:
    """Whether the environment names this origin, so that it may be anybody's."""
    return origin.rstrip("/") in {given(name) for name in _VARIABLES}


def serving(name: str) -> AbstractContextManager[str]:
    """The origin that the environment names, or that of a simulator of ours while it lasts."""
    origin = given(name)
    return nullcontext(origin) if origin else running(name)


def clover_app(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The provider's fields for the app; CLOVER_APP_ID and CLOVER_APP_SECRET name another."""
    return {
        "clover_app_id": environ.get("CLOVER_APP_ID") or DEFAULT_APP_ID,
        "clover_app_secret": environ.get("CLOVER_APP_SECRET") or DEFAULT_APP_SECRET,
    }


def wex_login(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The account's fields; WEX_ORGANISATION, WEX_USERNAME and WEX_PASSWORD name others."""
    organisation, _, username = DEFAULT_USER.partition("/")
    return {
        "organisation": environ.get("WEX_ORGANISATION") or organisation,
        "username": environ.get("WEX_USERNAME") or username,
        "password": environ.get("WEX_PASSWORD") or DEFAULT_PASSWORD,
    }
