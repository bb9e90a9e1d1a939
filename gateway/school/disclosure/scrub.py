"""Names and numbers taken out of free text before it leaves, even where the agreement says clear.

Ordered rules for a class's texts (titles and descriptions of classes and line items, comments):

1. e-mail addresses, telephone numbers, national numbers and IBANs, whoever they belong to;
2. unique identifiers of anyone of the board;
3. full names of anyone of the board;
4. single names of the class's own members and teachers.

Structural titles (organisation, course, period) get 2 and 3 only. What is found becomes one neutral word, the
same for every person and every length.

Does not find: spelling mistakes, diminutives ("Semmie"), someone who is described, a single name of someone
outside the class. Measured recall and false hits: ADR 0015.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.school.disclosure.contact_patterns import find_contacts
from gateway.school.disclosure.evidence import Sentence
from gateway.school.disclosure.findings import Findings
from gateway.school.disclosure.folding import Folded, Token, fold, fold_word
from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.full_names import Found, find_full_names, find_identifiers
from gateway.school.disclosure.names import NameIndex
from gateway.school.disclosure.ordinary_words import NOT_NAMES_TOGETHER, ORDINARY_WORDS
from gateway.school.disclosure.single_names import SingleName, single_names_of

REPLACEMENTS: Final[Mapping[str, str]] = {
    "email": "[e-mail]",
    "phone": "[telefoon]",
    "number": "[nummer]",
    "identifier": "[nummer]",
    "full_name": "[naam]",
    "single_name": "[naam]",
}
"""What stands in the place of what was found, by reason. Says nothing of person or length."""


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """A text that may leave, and how often something was taken out of it."""

    text: str = field(repr=False)
    hits: Mapping[str, int]
    """By reason, a key of `REPLACEMENTS`; empty where nothing was found."""


_NOTHING: Final[Mapping[str, int]] = {}


class Scrubber:
    """Scrubs the texts of one board. Not shared between threads."""

    def __init__(self, index: NameIndex, *, words_that_are_no_names: Iterable[str] = ()) -> None:
        """`words_that_are_no_names` are the board's own words or phrases; they spare single names only."""
        self._index = index
        listed = [tuple(t.text for t in fold(text).tokens()) for text in words_that_are_no_names]
        self._no_names = frozenset(words[0] for words in listed if len(words) == 1)
        phrases = [tuple(fold_word(word) for word in words) for words in (*NOT_NAMES_TOGETHER, *listed)]
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        for phrase in phrases:
            if len(phrase) > 1:
                self._phrases.setdefault(phrase[0], []).append(phrase)
        self._same_for_all: Findings[Scrubbed] = Findings(index)

    def scrub(
        self, text: str, *, kind: TextKind = TextKind.TITLE, members: Sequence[int] | None = None
    ) -> Scrubbed:
        """Take names and numbers out of a text.

        `members` are the pupils and teachers of the class that the text belongs to; None where it belongs to
        none.
        """
        known = self._same_for_all.get((kind, text))
        if known is None:
            known, is_for_all = self._scrub(text, kind, members)
            if is_for_all:
                self._same_for_all.keep((kind, text), known)
        return known

    def _scrub(self, text: str, kind: TextKind, members: Sequence[int] | None) -> tuple[Scrubbed, bool]:
        """The scrubbed text, and whether it is the same whoever the members are."""
        folded = fold(text)
        spans: list[tuple[int, int, str]] = []
        if kind is not TextKind.STRUCTURAL:
            spans.extend(find_contacts(folded.text))
        spans.extend((f.start, f.end, "identifier") for f in find_identifiers(folded, self._index))
        tokens = folded.tokens()
        spans.extend(self._names(folded, tokens, kind, members))
        parted = folded.split_at_capitals(tokens)
        if parted is not None:
            spans.extend(self._names(folded, parted, kind, members))
        is_for_all = kind is TextKind.STRUCTURAL or not (
            self._single_words(tokens) or (parted is not None and self._single_words(parted))
        )
        return _replaced(folded, spans) if spans else Scrubbed(text, _NOTHING), is_for_all

    def _names(
        self, folded: Folded, tokens: list[Token], kind: TextKind, members: Sequence[int] | None
    ) -> list[tuple[int, int, str]]:
        full = find_full_names(folded, tokens, self._index)
        if full:
            full = [found for found in full if not self._in_longer_phrase(tokens, found)]
        spans = [(found.start, found.end, "full_name") for found in full]
        if members and kind is not TextKind.STRUCTURAL:
            spans.extend(self._single_names(folded, tokens, kind, members))
        return spans

    def _named(self, tokens: list[Token], members: Sequence[int]) -> Mapping[str, SingleName]:
        """The single names of members among the words of a text; most titles hold nobody's."""
        words = self._single_words(tokens)
        return single_names_of(self._index, members, words) if words else {}

    def _single_words(self, tokens: list[Token]) -> set[str]:
        """The words of a text that are a single name of anybody of the board."""
        words = {token.text for token in tokens}
        # "Sems": see `_possessive`.
        words |= {word[:-1] for word in words if word.endswith("s")}
        return {word for word in words if self._index.is_single_name(word)}

    def _single_names(
        self, folded: Folded, tokens: list[Token], kind: TextKind, members: Sequence[int]
    ) -> list[tuple[int, int, str]]:
        names = self._named(tokens, members)
        if not names:
            return []
        singles: dict[int, SingleName] = {}
        for position, token in enumerate(tokens):
            single = names.get(token.text)
            if single is None and token.text.endswith("s") and len(token.text) > 3:
                single = self._possessive(folded, token, names)
            if single is not None and token.text not in self._no_names:
                singles[position] = single
        if not singles:
            return []
        for phrase in self._in_phrases(tokens):
            for position in phrase:
                singles.pop(position, None)
        sentence = Sentence(folded, tokens, singles, kind)
        return [
            _with_initials(folded, tokens, sentence, at, one)
            for at, one in singles.items()
            if sentence.is_person(at)
        ]

    def _possessive(self, folded: Folded, token: Token, names: Mapping[str, SingleName]) -> SingleName | None:
        """ "Sems": a name and an s. "bos" is not Bo's, nor "lees" Lee's."""
        single = names.get(token.text[:-1])
        if single is None or token.text in ORDINARY_WORDS or token.text[:-1] in ORDINARY_WORDS:
            return None
        return single if len(token.text) > 4 or folded.written(token)[0].isupper() else None

    def _in_phrases(self, tokens: list[Token]) -> Iterator[range]:
        for position, token in enumerate(tokens):
            for phrase in self._phrases.get(token.text, ()):
                if tuple(t.text for t in tokens[position : position + len(phrase)]) == phrase:
                    yield range(position, position + len(phrase))

    def _in_longer_phrase(self, tokens: list[Token], found: Found) -> bool:
        """Whether a full name is only a part of a phrase: "roos vis" in "maan roos vis"."""
        for phrase in self._in_phrases(tokens):
            start, end = tokens[phrase[0]].start, tokens[phrase[-1]].end
            if start <= found.start and found.end <= end and found.end - found.start < end - start:
                return True
        return False


def _with_initials(
    folded: Folded, tokens: list[Token], sentence: Sentence, position: int, single: SingleName
) -> tuple[int, int, str]:
    """The single name with its particles and the initials beside it: "J. de Vries", "Sem d. V."."""
    begin = sentence.first_particle(position) if single.family else position
    end = position
    if single.family:
        while begin > 0 and len(tokens[begin - 1].text) == 1 and tokens[begin - 1].text.isalpha():
            join = folded.text[tokens[begin - 1].end : tokens[begin].start]
            if join.strip(" ") != ".":
                break
            begin -= 1
    if single.given:
        while end + 1 < len(tokens) and end - position < 4:
            join = folded.text[tokens[end].end : tokens[end + 1].start]
            text = tokens[end + 1].text
            if join.strip(". ") or not join or text not in single.initials:
                break
            end += 1
        last = tokens[end]
        if (
            end > position
            and folded.text[last.end : last.end + 1] != "."
            and not folded.written(last)[0].isupper()
        ):
            end = position
    return tokens[begin].start, tokens[end].end, "single_name"


def _replaced(folded: Folded, spans: list[tuple[int, int, str]]) -> Scrubbed:
    """The original with every span replaced; spans that touch or are one name become one word."""
    merged: list[tuple[int, int, str]] = []
    for start, end, reason in sorted(spans, key=lambda span: (span[0], -span[1])):
        if merged:
            previous_start, previous_end, previous = merged[-1]
            between = folded.text[previous_end:start]
            names = REPLACEMENTS[previous] == REPLACEMENTS[reason] == "[naam]"
            if start < previous_end or (names and between in (" ", "-", "")):
                merged[-1] = (previous_start, max(previous_end, end), previous)
                continue
        merged.append((start, end, reason))
    pieces: list[str] = []
    position = 0
    for start, end, reason in merged:
        original_start, original_end = folded.original_span(start, end)
        pieces.extend((folded.original[position:original_start], REPLACEMENTS[reason]))
        position = original_end
    pieces.append(folded.original[position:])
    return Scrubbed("".join(pieces), Counter(reason for _, _, reason in merged))
