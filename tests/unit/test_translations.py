"""Every string of an addon with a Canadian French translation is translated, and soundly.

An addon is looked at as soon as it has a template (.pot) or a translation (fr_CA.po) in i18n.
"""

import re
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
LANGUAGE = "fr_CA"
# Names and signs that are the same in every language; a translator may leave them out.
MAY_STAY_EMPTY = frozenset({"https://", "_delivery_id"})
#: A place in the code has the number of a line; Odoo stops loading the language without.
REFERENCE = r"^#: (code:[^ ]+:\d+|model(_terms)?:[\w.]+,\w+:[\w.-]+)$"
PLACEHOLDER = re.compile(
    r"%\(\w+\)[a-z]"  # %(name)s
    r"|%[sdif](?!\w)"  # %s
    r"|%%"
    r"|\$?\{[^{}]*\}"  # ${name} and {name}
    r"|</?[a-z][a-z0-9]*"  # <b and </b
)


def translated_addons() -> list[str]:
    """Names of the addons of this repository that have a template or a translation, sorted."""
    found = [*ROOT.glob(f"*/i18n/{LANGUAGE}.po"), *ROOT.glob("*/i18n/*.pot")]
    return sorted({path.parents[1].name for path in found})


def catalog(addon: str, file_name: str) -> Catalog:
    """The strings of one file of an addon."""
    with (ROOT / addon / "i18n" / file_name).open("rb") as file:
        return read_po(file, abort_invalid=True)


def parsed(text: str) -> Catalog:
    """The strings of a file given as text."""
    return read_po(BytesIO(text.encode()), abort_invalid=True)


def placeholders(text: str) -> Counter:
    """What the program, not the translator, decides in a string, and how often it is there."""
    return Counter(PLACEHOLDER.findall(text))


def problems(template: Catalog, translation: Catalog) -> Iterator[str]:
    """One sentence for everything that is wrong with a translation of a template."""
    for wanted in template:
        if not wanted.id:
            continue
        message = translation.get(wanted.id, wanted.context)
        if message is None or not message.string or message.fuzzy:
            if wanted.id not in MAY_STAY_EMPTY:
                yield f"not translated: {wanted.id!r}"
        elif placeholders(wanted.id) != placeholders(message.string):
            yield f"other placeholders: {wanted.id!r} -> {message.string!r}"
    for message in translation:
        if message.id and template.get(message.id, message.context) is None:
            yield f"not in the template: {message.id!r}"


def test_the_common_addon_has_a_template_and_a_translation():
    assert "fusion_payment_common" in translated_addons()


@pytest.mark.parametrize("addon", translated_addons())
def test_every_string_is_translated_with_the_same_placeholders(addon):
    template = catalog(addon, f"{addon}.pot")
    assert len(template) > 0
    assert list(problems(template, catalog(addon, f"{LANGUAGE}.po"))) == []


@pytest.mark.parametrize("addon", translated_addons())
def test_no_file_names_a_folder_of_the_machine_that_wrote_it(addon):
    for path in (ROOT / addon / "i18n").iterdir():
        references = re.findall(r"^#: code:(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert [line for line in references if not line.startswith(f"addons/{addon}/")] == []


@pytest.mark.parametrize("addon", translated_addons())
def test_every_string_says_where_it_belongs_as_odoo_reads_it(addon):
    for path in (ROOT / addon / "i18n").iterdir():
        _header, *entries = path.read_text(encoding="utf-8").strip().split("\n\n")
        lost = [entry for entry in entries if not re.search(REFERENCE, entry, re.MULTILINE)]
        assert lost == [], path.name


@pytest.mark.parametrize(
    ("source", "target", "found"),
    [
        ("Paid", "Payé", []),
        ("Paid", "", ["not translated: 'Paid'"]),
        ("https://", "", []),
        ("%s is paid", "%s est payé", []),
        ("%s of %s", "%s", ["other placeholders: '%s of %s' -> '%s'"]),
        ("%(a)s of %(b)s", "%(b)s : %(a)s", []),
        ("By %(name)s", "Par %(nom)s", ["other placeholders: 'By %(name)s' -> 'Par %(nom)s'"]),
        ("${x} left", "reste $x", ["other placeholders: '${x} left' -> 'reste $x'"]),
        ("%s %%", "%s %", ["other placeholders: '%s %%' -> '%s %'"]),
        ("<b>Pay</b>", "<b>Payer", ["other placeholders: '<b>Pay</b>' -> '<b>Payer'"]),
        ("Rate (%)", "Taux (%)", []),
        ("0 and 100 %.", "0 et 100 %.", []),
    ],
)
def test_an_empty_or_unsound_translation_is_found(source, target, found):
    template = parsed(f'msgid "{source}"\nmsgstr ""\n')
    translation = parsed(f'msgid "{source}"\nmsgstr "{target}"\n')
    assert list(problems(template, translation)) == found


def test_a_string_that_is_missing_fuzzy_or_left_over_is_found():
    template = parsed('msgid "Pay"\nmsgstr ""\n\nmsgid "Refund"\nmsgstr ""\n')
    translation = parsed(
        '#, fuzzy\nmsgid "Pay"\nmsgstr "Payer"\n\nmsgid "Void"\nmsgstr "Annulation"\n'
    )
    assert list(problems(template, translation)) == [
        "not translated: 'Pay'",
        "not translated: 'Refund'",
        "not in the template: 'Void'",
    ]
