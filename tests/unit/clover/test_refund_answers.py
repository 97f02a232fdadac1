import pytest

from odoo.addons.fusion_clover.client.answers_capture import carry_out_capture, find_capture
from odoo.addons.fusion_clover.client.answers_refund import carry_out_refund, find_refund
from odoo.addons.fusion_clover.client.followups import CaptureRequest, RefundRequest
from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from ..fakes import answer
from .builders import CHARGE_ID, KEY, charge_body, client_for, payment_body, refund_body

SINCE_MS = 1623551900000
REFERENCE = "RF1001"


def refund_request(**changes):
    values = {
        "charge_id": CHARGE_ID,
        "amount": Money(200, "USD"),
        "whole": False,
        "external_reference_id": REFERENCE,
        **changes,
    }
    return RefundRequest(**values)


def whole_request(**changes):
    return refund_request(amount=Money(1358, "USD"), whole=True, **changes)


def refunds(*bodies):
    return answer(200, {"object": "list", "data": list(bodies)})


def found_in(*script, request=None, others=()):
    client, transport = client_for(*script)
    return find_refund(client, request or refund_request(), others, SINCE_MS), transport


def refused(code="invalid_request"):
    return answer(400, {"message": "400 Bad Request", "error": {"code": code, "message": "?"}})


def test_a_refund_that_clover_made_as_asked_succeeded():
    client, transport = client_for(answer(200, refund_body()))
    result = carry_out_refund(client, refund_request(), KEY)
    assert (result.outcome, result.provider_reference) == (Outcome.SUCCEEDED, "N97G2QE705Q4T")
    assert result.data["amount"] == 200
    assert result.data["voided"] is False
    assert transport.bodies[0]["amount"] == 200


@pytest.mark.parametrize(
    ("state", "voided"), [("VOIDED", True), ("SUCCESS", False)], ids=["void", "refund"]
)
def test_what_clover_made_of_a_whole_refund_is_read_from_the_payment(state, voided):
    client, _ = client_for(
        answer(200, refund_body(amount=1358)), answer(200, payment_body(result=state))
    )
    assert carry_out_refund(client, whole_request(), KEY).data["voided"] is voided


def test_a_refund_is_not_lost_because_nobody_can_say_whether_it_was_a_void():
    client, _ = client_for(answer(200, refund_body(amount=1358)), answer(404, {}))
    result = carry_out_refund(client, whole_request(), KEY)
    assert (result.outcome, result.data["voided"]) == (Outcome.SUCCEEDED, None)


def test_another_amount_than_asked_for_is_put_before_a_person():
    client, _ = client_for(answer(200, refund_body(amount=1358)))
    result = carry_out_refund(client, refund_request(), KEY)
    assert result.outcome == Outcome.UNKNOWN
    assert "200" in result.review
    assert "1358" in result.review


def test_a_refusal_is_believed_only_when_our_refund_is_not_there():
    mine = refund_body(external_reference_id=REFERENCE)
    client, _ = client_for(refused("charge_already_refunded"), refunds(mine))
    assert carry_out_refund(client, refund_request(), KEY).outcome == Outcome.SUCCEEDED
    client, _ = client_for(refused(), refunds(refund_body()))
    with pytest.raises(errors.RequestRejectedError) as caught:
        carry_out_refund(client, refund_request(), KEY)
    assert caught.value.outcome == Outcome.REJECTED


def test_a_refusal_that_cannot_be_checked_proves_nothing():
    client, _ = client_for(refused(), answer(403, {}))
    with pytest.raises(errors.UnknownOutcomeError):
        carry_out_refund(client, refund_request(), KEY)


def test_a_lost_refund_is_recognized_by_our_reference_before_anything_else():
    mine = refund_body(id="MINE", external_reference_id=REFERENCE)
    result, _ = found_in(refunds(refund_body(id="TWIN"), mine))
    assert (result.outcome, result.provider_reference) == (Outcome.SUCCEEDED, "MINE")


def test_without_references_a_new_refund_of_the_amount_is_ours():
    result, _ = found_in(refunds(refund_body(id="NEW")))
    assert (result.outcome, result.provider_reference) == (Outcome.SUCCEEDED, "NEW")


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "KNOWN"},
        {"id": "OTHERS"},
        {"amount": 201},
        {"created": SINCE_MS - 1},
        {"external_reference_id": "SOMEBODY"},
    ],
)
def test_a_refund_that_is_not_ours_is_not_taken_for_ours(changes):
    result, _ = found_in(
        refunds(refund_body(**changes)),
        request=refund_request(known_refund_ids=("KNOWN",)),
        others=("OTHERS",),
    )
    assert result is None


def test_several_equal_candidates_are_put_before_a_person():
    result, _ = found_in(refunds(refund_body(id="ONE"), refund_body(id="TWO")))
    assert result.outcome == Outcome.UNKNOWN
    assert "ONE, TWO" in result.review


def test_a_failed_try_does_not_hide_its_repetition():
    failed = refund_body(id="FAILED", status="failed", external_reference_id=REFERENCE)
    made = refund_body(id="MADE", external_reference_id=REFERENCE)
    result, _ = found_in(refunds(failed, made))
    assert (result.outcome, result.provider_reference) == (Outcome.SUCCEEDED, "MADE")
    result, _ = found_in(refunds(failed))
    assert result.outcome == Outcome.DECLINED


def test_a_lost_void_is_read_from_the_payment_that_lists_no_refund():
    voided = payment_body(result="VOIDED", voidPaymentRef={"id": "VOID000000001"})
    result, _ = found_in(refunds(), answer(200, voided), request=whole_request())
    assert (result.outcome, result.provider_reference) == (Outcome.SUCCEEDED, "VOID000000001")
    assert (result.data["amount"], result.data["voided"]) == (1358, True)


def test_a_part_is_never_found_in_a_void():
    result, transport = found_in(refunds())
    assert result is None
    assert len(transport.requests) == 1


def test_nothing_found_of_a_whole_payment_is_nothing():
    result, _ = found_in(refunds(), answer(200, payment_body()), request=whole_request())
    assert result is None


def test_a_request_survives_a_json_column():
    request = refund_request(known_refund_ids=("A", "B"), reason="duplicate")
    assert RefundRequest.from_dict(request.to_dict()) == request


CAPTURE = CaptureRequest(charge_id=CHARGE_ID, amount=Money(1358, "USD"))


def test_a_capture_in_another_way_than_asked_is_put_before_a_person():
    client, _ = client_for(answer(200, charge_body(amount=1000)))
    result = carry_out_capture(client, CAPTURE, KEY)
    assert result.outcome == Outcome.UNKNOWN
    assert "1000" in result.review


def test_what_is_captured_already_counts_as_captured():
    client, _ = client_for(refused("charge_already_captured"), answer(200, charge_body()))
    assert carry_out_capture(client, CAPTURE, KEY).outcome == Outcome.SUCCEEDED
    client, _ = client_for(refused())
    with pytest.raises(errors.RequestRejectedError):
        carry_out_capture(client, CAPTURE, KEY)


def test_a_lost_capture_is_found_in_the_charge():
    client, _ = client_for(answer(200, charge_body()))
    assert find_capture(client, CAPTURE).outcome == Outcome.SUCCEEDED
    client, _ = client_for(answer(200, charge_body(captured=False)))
    assert find_capture(client, CAPTURE) is None
