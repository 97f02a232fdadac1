import re
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.fusion_payment_common.lib.idempotency import (
    derive_key,
    fingerprint,
    short_reference,
)


def test_a_key_never_changes_for_the_same_intent():
    # Golden: changing it would let an operation that is under way be sent twice by an upgrade.
    assert derive_key("charge", "42", "S0001") == "bcb301f5-5b5a-43f9-a931-4b16febe3b7e"


def test_a_key_has_the_shape_of_a_version_four_uuid():
    key = uuid.UUID(derive_key("charge", "42"))
    assert (key.version, key.variant) == (4, uuid.RFC_4122)
    assert len(str(key)) == 36


@pytest.mark.parametrize(
    ("left", "right"),
    [(("ab", "c"), ("a", "bc")), (("a", "b"), ("b", "a")), (("ab",), ("a", "b")), (("a",), ("A",))],
)
def test_different_parts_give_different_keys(left, right):
    assert derive_key(*left) != derive_key(*right)


@pytest.mark.parametrize("parts", [(), ("",), ("a", "")])
def test_a_key_needs_parts_that_are_not_empty(parts):
    with pytest.raises(ValueError, match="part"):
        derive_key(*parts)


@pytest.mark.parametrize("part", [1, None, b"a"])
def test_a_key_is_made_of_text_only(part):
    with pytest.raises(TypeError):
        derive_key(part)


def test_a_fingerprint_never_changes_for_the_same_parameters():
    parameters = {"amount": 1112, "currency": "CAD", "note": "Café", "lines": [1, {"a": None}]}
    assert fingerprint(parameters) == (
        "bca84dc3315771a06998beff937054ac845418f17448c31d1ae57daaefa64935"
    )


def test_a_fingerprint_ignores_the_order_of_keys_but_not_of_lists():
    one, other = {"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}
    assert fingerprint(one) == fingerprint(other)
    assert fingerprint({"a": [1, 2]}) != fingerprint({"a": [2, 1]})


@pytest.mark.parametrize(
    ("left", "right"),
    [({"a": 1}, {"a": "1"}), ({"a": 1}, {"a": True}), ({"a": None}, {}), ({"a": 1}, {"a": 2})],
)
def test_a_fingerprint_tells_types_and_values_apart(left, right):
    assert fingerprint(left) != fingerprint(right)


@pytest.mark.parametrize("value", [1.5, 1.0, float("nan"), Decimal(1), b"a", {1}, object(), {1: 2}])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(TypeError):
        fingerprint({"outer": [{"inner": value}]})


def test_the_refusal_names_where_the_value_is():
    with pytest.raises(TypeError, match=r"parameters\.lines\[1\]\.amount: float"):
        fingerprint({"lines": [{}, {"amount": 1.5}]})


def test_a_short_reference_never_changes_for_the_same_key():
    assert short_reference("GOLDEN") == "KEOHTL6GOHQW"


@given(st.text(min_size=1), st.integers(6, 32))
def test_a_short_reference_has_the_length_and_alphabet_asked_for(key, length):
    reference = short_reference(key, length)
    assert re.fullmatch(rf"[0-9A-Z]{{{length}}}", reference)
    assert reference == short_reference(key, length)


def test_short_references_of_many_keys_are_all_different():
    assert len({short_reference(str(number)) for number in range(20_000)}) == 20_000


@pytest.mark.parametrize(("key", "length"), [("", 12), ("a", 5), ("a", 33)])
def test_a_short_reference_that_would_collide_is_refused(key, length):
    with pytest.raises(ValueError, match=r"."):
        short_reference(key, length)
