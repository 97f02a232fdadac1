"""The customer's signature as a terminal hands it over: a small drawing, packed.

``issues.signature`` with ``format`` and ``gzip``: "Make a sale", docs.clover.com.
"""

from __future__ import annotations

import base64
import binascii
import zlib

#: Bytes of an unpacked drawing; a signature takes a few thousand.
LARGEST = 65_536
#: ``zlib``: the gzip format with the largest window.
_GZIP = 16 + zlib.MAX_WBITS


def read_svg(packed: object, form: object) -> str | None:
    """The SVG drawing in a base64 text of gzip; None when it is anything else.

    It is for people to look at, so that one that cannot be read is no error of the payment.

    :param form: what Clover calls the format.
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
