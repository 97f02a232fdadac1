"""What is stored for a repetition comes back equal."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

import pytest

from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.stored import Stored


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Part(Stored):
    name: str
    amount: Decimal | None = None


@dataclass(frozen=True)
class Whole(Stored):
    money: Money
    colour: Colour
    day: date
    moment: datetime
    parts: tuple[Part, ...] = ()
    flags: dict[str, bool] = field(default_factory=dict)


WHOLE = Whole(
    money=Money(1112, "CAD", 2),
    colour=Colour.RED,
    day=date(2026, 11, 21),
    moment=datetime(2026, 11, 21, 8, 30, tzinfo=UTC),
    parts=(Part("a", Decimal("11.10")), Part("b")),
    flags={"is_exact": True},
)


def test_a_round_trip_through_json_changes_nothing():
    again = Whole.from_dict(json.loads(json.dumps(WHOLE.to_dict())))
    assert again == WHOLE
    assert again.colour is Colour.RED
    assert str(again.parts[0].amount) == "11.10"


def test_entries_of_another_version_are_ignored_and_missing_ones_have_their_default():
    document = WHOLE.to_dict() | {"of_tomorrow": 1}
    del document["parts"]
    assert Whole.from_dict(document).parts == ()


def test_an_entry_without_a_default_must_be_there():
    document = WHOLE.to_dict()
    del document["money"]
    with pytest.raises(TypeError):
        Whole.from_dict(document)
