"""Dutch is complete: every sentence of the pages has a translation, and the compiled file is of today's text."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[4]
PAGES = ROOT / "gateway" / "school" / "pages"
DUTCH = PAGES / "translations" / "nl" / "LC_MESSAGES" / "messages.po"
METHODS = [("gateway/school/**.py", "python"), ("gateway/school/pages/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "_n": (1, 2)}


def test_every_sentence_of_the_pages_is_translated_into_dutch() -> None:
    with DUTCH.open("rb") as file:
        catalogue = read_po(file, locale="nl")
    missing: set[str] = set()
    for _, _, message, _, _ in extract_from_dir(str(ROOT), METHODS, keywords=KEYWORDS):
        key = message[0] if isinstance(message, tuple) else message
        found = catalogue.get(key)
        if found is None or not found.string or "fuzzy" in found.flags or not all(found.string):
            missing.add(key)
    assert sorted(missing) == []


def test_translations_keep_their_placeholders() -> None:
    with DUTCH.open("rb") as file:
        catalogue = read_po(file, locale="nl")
    placeholder = re.compile(r"%\([a-z_]+\)[sd]")
    for message in catalogue:
        sources = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in texts:
            if message.id:
                assert set(placeholder.findall(str(text))) <= set(placeholder.findall(" ".join(sources)))


def test_compiled_catalogue_is_made_from_the_text_beside_it() -> None:
    with DUTCH.open("rb") as file:
        text = read_po(file, locale="nl")
    with DUTCH.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)

    def said(catalogue: Catalog) -> dict[str, tuple[str, ...]]:
        # A catalogue gives several forms as a list or a tuple, one form as text.
        forms = ((_forms(each.id), _forms(each.string)) for each in catalogue if each.id)
        return {ids[0]: strings for ids, strings in forms if all(strings)}

    assert said(compiled) == said(text)


def _forms(text: object) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(str(each) for each in text)  # type: ignore[attr-defined]


def test_files_of_others_are_the_ones_that_were_written_down() -> None:
    listed = dict(
        re.findall(
            r"^\| (\S+) \|.*\| ([0-9a-f]{64}) \|$", (PAGES / "static" / "VENDORED.md").read_text(), re.M
        )
    )
    present = {path.name for path in (PAGES / "static").iterdir() if ".min." in path.name}
    assert present == set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256((PAGES / "static" / name).read_bytes()).hexdigest() == digest
