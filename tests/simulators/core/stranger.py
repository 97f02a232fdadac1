"""The simulator as a stranger would have built it from the contract (``--stranger``).

What the contract does not have is answered 404, and answers say no more than it promises.
"""

import json
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from . import contract
from .journal import CONTROL_PREFIX

#: What is needed to start a process of ours, whatever it plays.
_HEALTH = "health"
_CALL_FIELDS = ("method", "path", "headers", "body")


@web.middleware
async def contract_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Hide what other simulators need not have."""
    if not request.path.startswith(f"{CONTROL_PREFIX}/"):
        return await handler(request)
    name = request.path.removeprefix(f"{CONTROL_PREFIX}/")
    if name == _HEALTH:
        return await handler(request)
    if not contract.has_route(request.method, name):
        raise _not_found("there is no such control")
    if name.startswith("devices/") and not contract.has_command(await _body(request)):
        raise _not_found("a device cannot be told that")
    if name == "requests":
        request = request.clone(rel_url=request.rel_url.with_query({}))
    response = await handler(request)
    if response.status != web.HTTPOk.status_code:
        return response
    return web.json_response(_reduced(name, json.loads(response.body)))


def _reduced(name: str, answer: Any) -> Any:
    """An answer without what the contract does not promise."""
    if name == "ledger":
        return [{field: effect[field] for field in contract.EFFECT_FIELDS} for effect in answer]
    if name == "requests":
        return [{field: call[field] for field in _CALL_FIELDS} for call in answer]
    if name == "held":
        return answer["requests"]
    if name.startswith("dashboard/"):
        return answer
    return {}


async def _body(request: web.Request) -> Any:
    try:
        return json.loads(await request.read() or b"{}")
    except ValueError:
        return None


def _not_found(message: str) -> web.HTTPNotFound:
    return web.HTTPNotFound(
        text=json.dumps({"message": message}), content_type="application/json"
    )
