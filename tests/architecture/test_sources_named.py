"""What is said about a vendor can be looked up: the page is named where the fact is used."""

import pytest

from .sources import imported_modules, python_files, shown

#: The documentation of each vendor, as the modules name it.
PAGES = {"fusion_clover": "docs.clover.com", "fusion_wex": "/services/APService.asmx"}
#: Modules of a client that carry no fact of the vendor's although they read or send JSON.
WITHOUT_FACTS = {
    "fusion_clover/client/client.py",
    "fusion_clover/client/reading.py",
    "fusion_wex/client/reading.py",
}
#: What a module imports that speaks the vendor's language: readers of JSON, callers, profiles.
SPEAKERS = ("reading.Reader", "gateway_calls.MerchantCalls", "profile.EncompassProfile")


@pytest.mark.parametrize("addon", PAGES)
def test_a_module_that_speaks_to_a_vendor_names_its_documentation(addon):
    nameless = []
    for path in python_files(f"{addon}/client"):
        speaks = any(name.endswith(SPEAKERS) for _, name in imported_modules(path))
        if speaks and shown(path) not in WITHOUT_FACTS:
            nameless += [shown(path)] * (PAGES[addon] not in path.read_text(encoding="utf-8"))
    assert nameless == []
