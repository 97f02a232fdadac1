"""Clover's card fields in a page, filled in as people do: they look at what they have typed."""

import logging

from playwright.sync_api import Locator, Page, expect

_logger = logging.getLogger(__name__)

EXPIRY = "12/49"
POSTAL_CODE = "M5V 1A1"

#: How often somebody types into a field that stays empty.
_PATIENCE = 3


def enter_card(page: Page, number: str, cvv: str) -> None:
    """Type a card into the fields that are shown.

    :raises AssertionError: a field is empty in the end.
    """
    typed = {
        "card_number": number,
        "card_date": EXPIRY,
        "card_cvv": cvv,
        "card_postal_code": POSTAL_CODE,
    }
    fields = {kind: _field(page, kind) for kind in typed}
    for kind, text in typed.items():
        _type(fields[kind], kind, text)
    for field in fields.values():
        expect(field).not_to_have_value("")


def _field(page: Page, kind: str) -> Locator:
    frame = page.locator(f".o_clover_field[id*={kind}_]:visible iframe").content_frame
    return frame.locator("input")


def _type(field: Locator, kind: str, text: str) -> None:
    # The text goes to what has the focus when the browser comes to it, not to the field that was
    # asked for: now and then it goes nowhere.
    for _again in range(_PATIENCE):
        field.fill(text)
        if field.input_value():
            return
        _logger.warning("What was typed into %s was lost on its way", kind)
