"""The ledger of effects: what really happened to money, whatever the caller was told."""

from dataclasses import dataclass, field
from typing import Any

from .clock import Clock


@dataclass(frozen=True)
class Effect:
    """One effect. ``amount`` is in minor units and is what really moved (0 for a mere hold)."""

    id: str
    kind: str
    amount: int
    currency: str
    idempotency_key: str | None
    reference: str | None
    source_id: str | None
    created_at: str
    detail: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The effect in the form of ``GET /_sim/ledger``."""
        return dict(vars(self))


class Ledger:
    """Append-only list of effects."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._effects: list[Effect] = []

    def record(
        self,
        *,
        id: str,
        kind: str,
        amount: int,
        currency: str,
        idempotency_key: str | None = None,
        reference: str | None = None,
        source_id: str | None = None,
        **detail: Any,
    ) -> Effect:
        """Append one effect, stamped with simulated time."""
        effect = Effect(
            id=id,
            kind=kind,
            amount=amount,
            currency=currency.upper(),
            idempotency_key=idempotency_key,
            reference=reference,
            source_id=source_id,
            created_at=self._clock.iso(),
            detail=detail,
        )
        self._effects.append(effect)
        return effect

    def as_json(self) -> list[dict[str, Any]]:
        """All effects, oldest first."""
        return [effect.as_json() for effect in self._effects]

    def __len__(self) -> int:
        return len(self._effects)

    def clear(self) -> None:
        """Forget everything (reset only)."""
        self._effects.clear()
