"""The customer's signature from a terminal: a small compressed drawing.

``issues.signature`` with ``format`` and ``gzip``: "Make a sale", docs.clover.com.
"""

from __future__ import annotations

import base64
import binascii
import zlib

#: Most bytes of an uncompressed drawing; a signature takes a few thousand.
LARGEST = 65_536
#: ``zlib``: the gzip format with the largest window.
_GZIP = 16 + zlib.MAX_WBITS


def read_svg(packed: object, form: object) -> str | None:
    """Return the SVG drawing in a base64 text of gzip; None for anything else.

    It is only shown to people, so an unreadable drawing is not an error of the payment.

    :param form: Clover's name of the format.
    """
    if not isinstance(packed, str) or form != "SVG":
        return None
    try:
        unpacked = zlib.decompressobj(_GZIP).decompress(
            base64.b64decode(packed, validate=True), LARGEST + 1
        )
        text = unpacked.decode()
    except (binascii.Error, zlib.error, ValueError):
        return None
    return text if len(unpacked) <= LARGEST and "<svg" in text else None
