"""The dial by itself: matching, dice, order."""

import pytest

from tests.simulators.core.faults import Fault, FaultDial, path_matcher


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/v1/charges", "/v1/charges", True),
        ("/v1/charges", "/v1/charges/X", False),
        ("/v1/", "/v1/charges/X", True),
        ("/v1/", "/v3/merchants", False),
        ("/v1/charges/*/capture", "/v1/charges/X/capture", True),
        ("/v1/charges/*/capture", "/v1/charges/X", False),
        ("*", "/anything", True),
        (r"^/v1/(charges|refunds)$", "/v1/refunds", True),
        (r"^/v1/(charges|refunds)$", "/v1/refunds/X", False),
    ],
)
def test_paths_match_exactly_by_glob_by_prefix_or_by_expression(pattern, path, matches):
    assert path_matcher(pattern)(path) is matches


def test_the_method_narrows_a_rule():
    dial = FaultDial()
    dial.add({"match": {"method": "post", "path": "/a"}, "fault": "slow"})
    assert dial.pick("GET", "/a") is None
    assert dial.pick("POST", "/a") == Fault("slow", processed_first=False, delay_s=1.0)


def test_a_rule_without_a_match_speaks_of_every_call():
    dial = FaultDial()
    dial.add({"fault": "timeout_after"})
    assert dial.pick("GET", "/x") == Fault("timeout_after", processed_first=True, delay_s=600.0)


def test_a_rule_whose_dice_say_no_leaves_the_call_to_the_next_rule():
    dial = FaultDial()
    dial.add([{"fault": "http_500", "probability": 0}, {"fault": "http_503"}])
    assert dial.pick("GET", "/x").name == "http_503"


def test_the_same_seed_gives_the_same_faults():
    def run(seed):
        dial = FaultDial(seed)
        dial.add({"fault": "http_500", "probability": 0.5})
        return [dial.pick("GET", "/x") is not None for _ in range(40)]

    assert run(3) == run(3)
    assert run(3) != run(4)
    assert 10 <= sum(run(3)) <= 30


def test_a_timeout_is_processed_or_not_by_its_name_whatever_when_says():
    dial = FaultDial()
    dial.add({"fault": "timeout_before", "when": "after", "delay_s": 5})
    assert dial.pick("GET", "/x") == Fault("timeout_before", processed_first=False, delay_s=5.0)
