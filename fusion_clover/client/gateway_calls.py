"""Shared parts of one merchant's resources: hosts, headers, paths, paging.

Headers: "Create a charge" and "Make a sale" (REST Pay Display), docs.clover.com.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from odoo.addons.fusion_payment_common.lib.api_client import ApiClient
from odoo.addons.fusion_payment_common.lib.errors import (
    ConfigurationError,
    MalformedResponseError,
)

from .environment import Environment
from .reading import Reader

_ID = re.compile(r"[A-Za-z0-9_\-]{1,64}")
#: Rows per page of a platform list: Clover's default page size, also for long lists. Clover allows
#: up to 1,000, but an answer has to stay within the transport's limit; "Paginating
#: elements", docs.clover.com.
PAGE_SIZE = 100
LONG_PAGE = 500
#: Most pages of one list; more mean an error.
MAX_PAGES = 200


class MerchantCalls:
    """Calls on behalf of one merchant; every path component is checked before it is used."""

    def __init__(
        self,
        platform_api: ApiClient,
        ecommerce_api: ApiClient,
        environment: Environment,
        merchant_id: str,
        *,
        terminal_api: ApiClient,
        pos_id: str,
    ) -> None:
        self._platform_api = platform_api
        self._ecommerce_api = ecommerce_api
        self._terminal_api = terminal_api
        self._pos_id = pos_id
        self._environment = environment
        self._merchant_id = merchant_id

    def ecommerce(self, method: str, path: str, **options: Any) -> Any:
        """Call the Ecommerce host; the request names the merchant in addition to the token."""
        headers = {"X-Clover-Merchant-Id": self._merchant_id, **options.pop("headers", {})}
        url = f"{self._environment.ecommerce}{path}"
        return self._ecommerce_api.call(method, url, headers=headers, **options)

    def platform(self, path: str, **options: Any) -> Any:
        """Read something below ``/v3/merchants/{mId}``."""
        merchant = path_id(self._merchant_id, "merchant id")
        url = f"{self._environment.api}/v3/merchants/{merchant}{path}"
        return self._platform_api.call("GET", url, **options)

    def terminal(self, method: str, path: str, serial: str, **options: Any) -> Any:
        """Call a device through Clover's cloud (REST Pay Display)."""
        headers = {
            "X-Clover-Device-Id": path_id(serial, "device serial"),
            "X-POS-Id": self._pos_id,
            "X-Clover-Merchant-Id": self._merchant_id,
            **options.pop("headers", {}),
        }
        url = f"{self._environment.api}/connect/v1{path}"
        return self._terminal_api.call(method, url, headers=headers, **options)

    def pages(
        self, path: str, params: list[tuple[str, Any]], *, page_size: int = PAGE_SIZE
    ) -> Iterator[Reader]:
        """Yield every row of a platform list, page by page.

        A page may hold fewer rows than requested: one with :data:`PAGE_SIZE` rows or more is not
        taken for the last one.

        :raises MalformedResponseError: the list does not end.
        """
        offset = 0
        for _page in range(MAX_PAGES):
            window = [("limit", page_size), ("offset", offset)]
            document = self.platform(path, params=[*params, *window])
            rows = Reader(document, "a list").children("elements")
            yield from rows
            if len(rows) < PAGE_SIZE:
                return
            offset += len(rows)
        raise MalformedResponseError(f"the list at {path} does not end", code="endless_list")


def path_id(identifier: str, what: str) -> str:
    """Return ``identifier`` if it can be part of a path.

    :raises ConfigurationError: it is empty or contains anything but letters, digits, - and _.
    """
    if not _ID.fullmatch(identifier or ""):
        raise ConfigurationError(f"the {what} is missing or malformed", code="invalid_id")
    return identifier
