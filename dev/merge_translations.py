"""Bring a translation up to its template: python -m dev.merge_translations TEMPLATE TRANSLATION."""

import sys

import polib


def merge(template: str, translation: str) -> tuple[int, int]:
    """Add what is new to the translation, untranslated, and remove what is gone.

    A text that was changed in the source is new: its old translation is not guessed at.

    :return: how many texts wait to be translated, and how many were removed
    """
    catalog = polib.pofile(translation)
    catalog.merge(polib.pofile(template))
    gone = catalog.obsolete_entries()
    for entry in gone:
        catalog.remove(entry)
    catalog.save()
    return len(catalog.untranslated_entries()), len(gone)


if __name__ == "__main__":
    waiting, removed = merge(*sys.argv[1:])
    print(f"{sys.argv[2]}: {waiting} to translate, {removed} removed")
