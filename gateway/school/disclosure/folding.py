"""Text folded for comparing names.

Folded are case, diacritics, apostrophes, hyphens, invisible characters, HTML entities and URL escapes. A name is
compared in its folded form only; what is replaced is replaced in the text as it was written, so every
folded character knows which characters of the original it stands for.

Does not fold: look-alike letters of other scripts, letters with spaces between them, spelling mistakes.

Source: Unicode UAX #15 (NFKD), UTR #36 (invisible characters).
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_LETTERS: Final = {
    "ß": "ss", "ø": "o", "ł": "l", "ı": "i", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ŋ": "ng",
    "ə": "e", "ħ": "h", "ŧ": "t", "ƶ": "z", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y",
}  # fmt: skip
"""Letters that Unicode does not decompose. Folded towards what a Dutch keyboard types."""

_APOSTROPHES: Final = frozenset("'’‘‛ʼʹʻ´`′＇ʿʾ‚")
_HYPHENS: Final = frozenset("-‐‑‒–—―−﹣－⁃")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_PERCENT: Final = re.compile(r"(?:%[0-9a-fA-F]{2})+")
"""A letter or space in a URL: "Zo%C3%AB%20de%20Vries"."""
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+")
_CAMEL: Final = re.compile(r"(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])")


def _fold_character(character: str) -> str:
    if character in _APOSTROPHES:
        return "'"
    if character in _HYPHENS:
        return "-"
    if character.isspace() or unicodedata.category(character) == "Cc":
        return " "
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    folded = []
    for part in decomposed:
        category = unicodedata.category(part)
        # Attack: a soft hyphen, a zero-width space or a direction mark inside a name hides it from a
        # comparison.
        if category[0] == "M" or category == "Cf":
            continue
        if category == "Nd":
            folded.append(str(unicodedata.digit(part)))
        else:
            folded.append("'" if part in _APOSTROPHES else _LETTERS.get(part, part))
    return "".join(folded)


_FOLDED: Final = {code: _fold_character(chr(code)) for code in (*range(0x250), *range(0x1E00, 0x1F00))}
_FOLDED.update({ord(c): _fold_character(c) for c in _APOSTROPHES | _HYPHENS | set("“”„…•€")})
_ONE_TO_ONE: Final = {code: folded for code, folded in _FOLDED.items() if len(folded) == 1}
_SIMPLE: Final = re.compile("[" + "".join(re.escape(chr(code)) for code in _ONE_TO_ONE) + "]*")


class Token(NamedTuple):
    """One run of letters or of digits."""

    text: str
    """Folded."""
    start: int
    """Position in the folded text; `Folded.original_span` gives that in the original."""
    end: int


@dataclass(frozen=True, slots=True)
class Folded:
    """A text and its folded form."""

    original: str = field(repr=False)
    text: str = field(repr=False)
    starts: tuple[int, ...] | None = field(default=None, repr=False)
    """Per folded character where its original begins; None where the two run in step."""
    ends: tuple[int, ...] | None = field(default=None, repr=False)

    def tokens(self) -> list[Token]:
        """Runs of letters and runs of digits; underscores and all other characters part them."""
        return [Token(found.group(), found.start(), found.end()) for found in _TOKEN.finditer(self.text)]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Where the folded characters `start` to `end` are in the original."""
        if self.starts is None or self.ends is None or end <= start:
            return start, end
        return self.starts[start], self.ends[end - 1]

    def written(self, token: Token) -> str:
        """The token as it stands in the original, with its capitals."""
        start, end = self.original_span(token.start, token.end)
        return self.original[start:end]

    def split_at_capitals(self, tokens: list[Token]) -> list[Token] | None:
        """The tokens with `BegeleidingSem` parted at its inner capitals; None where there are none."""
        if self.starts is not None or _CAMEL.search(self.original) is None:
            return None
        parted: list[Token] = []
        for token in tokens:
            begin = token.start
            for cut in _CAMEL.finditer(self.original, token.start, token.end):
                parted.append(Token(self.text[begin : cut.start()], begin, cut.start()))
                begin = cut.start()
            parted.append(Token(self.text[begin : token.end], begin, token.end))
        return parted


def fold(text: str) -> Folded:
    """Fold a text. Nearly every text runs in step with its folded form; the rest is walked by character."""
    if ("&" not in text or _ENTITY.search(text) is None) and (
        "%" not in text or _PERCENT.search(text) is None
    ):
        if text.isascii():
            return Folded(text, text.lower().replace("`", "'"))
        if _SIMPLE.fullmatch(text):
            return Folded(text, text.translate(_ONE_TO_ONE))
    return _fold_by_character(text)


def fold_word(text: str) -> str:
    """The folded form alone, for names, identifiers and lists of words."""
    return fold(text).text


def _source(text: str, position: int) -> tuple[str, int]:
    """What is written at `position`, entities and URL escapes resolved, and where it ends."""
    if text[position] == "&" and (entity := _ENTITY.match(text, position)):
        return html.unescape(entity.group()), entity.end()
    if text[position] == "%" and (escaped := _PERCENT.match(text, position)):
        try:
            return bytes.fromhex(escaped.group().replace("%", "")).decode(), escaped.end()
        except UnicodeDecodeError:
            pass
    return text[position], position + 1


def _fold_by_character(text: str) -> Folded:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    while position < len(text):
        source, after = _source(text, position)
        folded = "".join(_FOLDED.get(ord(c)) or _fold_character(c) for c in source)
        pieces.append(folded)
        starts.extend([position] * len(folded))
        ends.extend([after] * len(folded))
        if not folded and ends:
            # A combining mark or invisible character goes with the letter before it.
            ends[-1] = after
        position = after
    return Folded(text, "".join(pieces), tuple(starts), tuple(ends))
