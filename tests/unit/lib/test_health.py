import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.fusion_payment_common.lib.health import (
    Check,
    Level,
    Sample,
    by_age,
    exposition,
    worst,
)


def test_the_worst_level_counts():
    assert worst([]) is Level.OK
    assert worst(["ok", "warning", "ok"]) is Level.WARNING
    assert worst([Level.WARNING, "error"]) is Level.ERROR


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match="purple"):
        worst(["purple"])


@pytest.mark.parametrize(
    ("count", "age", "level"),
    [
        (0, None, "ok"),
        (0, 9999, "ok"),
        (1, None, "warning"),
        (3, 599.9, "warning"),
        (1, 600, "error"),
    ],
)
def test_what_should_not_stay_is_wrong_when_it_is_too_old(count, age, level):
    assert by_age(count, age, error_after=600) == level


@pytest.mark.parametrize("code", ["", "Upper", "with-dash", "1st", "a b", 'x"'])
def test_a_code_that_monitoring_cannot_use_is_refused(code):
    with pytest.raises(ValueError, match="no code"):
        Check(code, "Name", "model", "method")


def test_metrics_read_as_prometheus_text():
    text = exposition(
        [
            (
                "fusion_health_level",
                "0 fine, 1 look,\n2 wrong",
                [Sample(2, {"check": "a", "company": 'My "best" \\ shop\n'}), Sample(0.5)],
            ),
            ("fusion_health_empty", "nothing", []),
        ]
    )
    assert text == (
        "# HELP fusion_health_level 0 fine, 1 look,\\n2 wrong\n"
        "# TYPE fusion_health_level gauge\n"
        'fusion_health_level{check="a",company="My \\"best\\" \\\\ shop\\n"} 2\n'
        "fusion_health_level 0.5\n"
    )


@pytest.mark.parametrize("name", ["", "9lives", "with space", "a-b"])
def test_names_that_the_format_does_not_allow_are_refused(name):
    with pytest.raises(ValueError, match="no name"):
        exposition([(name, "", [Sample(1)])])
    with pytest.raises(ValueError, match="no name"):
        exposition([("metric", "", [Sample(1, {name: "x"})])])


@given(st.text(max_size=40))
def test_no_label_value_breaks_the_line(value):
    text = exposition([("metric", "", [Sample(1, {"label": value})])])
    assert text.count("\n") == 3
    inside = text.split("\n")[2][len('metric{label="') : -len('"} 1')]
    read = inside.replace(r"\\", "\0").replace(r"\"", '"').replace(r"\n", "\n").replace("\0", "\\")
    assert read == value or "\0" in value
