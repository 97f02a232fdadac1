"""A translation follows its template."""

import polib

from dev.merge_translations import merge


def written(path, **texts):
    catalog = polib.POFile()
    catalog.metadata = {"Content-Type": "text/plain; charset=utf-8"}
    for number, (source, target) in enumerate(texts.items()):
        place = [(f"code:addons/x/{number}.py", "0")]
        catalog.append(polib.POEntry(msgid=source, msgstr=target, occurrences=place))
    catalog.save(str(path))
    return str(path)


def test_what_is_new_waits_and_what_is_gone_goes(tmp_path):
    template = written(tmp_path / "x.pot", Pay="", Refund="")
    translation = written(tmp_path / "fr.po", Void="Annuler", Pay="Payer")
    assert merge(template, translation) == (1, 1)
    texts = {entry.msgid: entry.msgstr for entry in polib.pofile(translation)}
    assert texts == {"Pay": "Payer", "Refund": ""}


def test_a_text_that_resembles_another_does_not_inherit_its_translation(tmp_path):
    template = written(tmp_path / "x.pot", **{"Refund the tip": ""})
    translation = written(tmp_path / "fr.po", **{"Refund the tips": "Rembourser les pourboires"})
    assert merge(template, translation) == (1, 1)


def test_the_places_are_written_as_odoo_reads_them(tmp_path):
    template = written(tmp_path / "x.pot", Pay="")
    translation = written(tmp_path / "fr.po", Pay="Payer")
    merge(template, translation)
    assert "#: code:addons/x/0.py:0\n" in (tmp_path / "fr.po").read_text()
