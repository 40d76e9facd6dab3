"""W801: words no dictionary knows."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from nudger.domain.pools import Entry
from nudger.rendering.faults import Problem
from nudger.rendering.lints.passages import Passage

if TYPE_CHECKING:
    from spellchecker import SpellChecker

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s)>]+")
#: After these a capital is grammar; elsewhere it marks a name, and names are in no dictionary.
SENTENCE = re.compile(r"""(?:^|[.!?:]["')*_]*\s|["'(\[*_]|\n)\s*$""")

#: British endings, and what the dictionary, which is American, has in their place.
BRITISH = tuple(
    (re.compile(british), american)
    for british, american in (
        (r"our(?=$|s|ed|ing|ite|ful|less|able|ly|er|hood|y)", "or"),
        (r"is(?=(e|es|ed|er|ers|ing|ation|ations)$)", "iz"),
        (r"ys(?=(e|es|ed|er|ers|ing)$)", "yz"),
        (r"re(?=s?$)", "er"),
        (r"red$", "ered"),
        (r"ogue(?=s?$)", "og"),
        (r"enc(?=(e|es)$)", "ens"),
        (r"ll(?=(ed|ing|er|ers|ery)$)", "l"),
        (r"l(?=(s|ment|ments|ful|fully)$)", "ll"),
        (r"ae|oe", "e"),
        (r"mme(?=s?$)", "m"),
        (r"tt(?=e$)", "t"),
    )
)
#: British words that follow no rule.
IRREGULAR = frozenset(
    WORD.findall(
        "aeroplane aeroplanes biro cafe cafes cheque cheques cosier cosiest cosily doughnut doughnuts draught draughts"
        " draughty dreamt fuelled jewellery kerb kerbs mould mouldy moult moustache omelette pyjama pyjamas sceptical"
        " storey storeys sulphur tyre tyres woollen woolly yoghurt yoghurts"
    )
)


class Spelling:
    """A dictionary of English, British and American alike, with an operator's own words."""

    def __init__(self, own: frozenset[str] = frozenset()) -> None:
        """Remember words, in lower case, that are right whatever the dictionary says."""
        self._own = own | IRREGULAR
        self._right: dict[str, bool] = {}

    def misspelt(self, _entry: Entry, texts: Sequence[Passage]) -> Iterator[Problem]:
        """Each unknown word once per text; names, which start with a capital, are let be."""
        for passage in texts:
            seen: set[str] = set()
            for at, word in _words(passage.text):
                if word not in seen and not self.knows(word):
                    yield passage.problem("W801", "advice", f"'{word}' is in no dictionary", self._mend(word), at)
                seen.add(word)

    def knows(self, word: str) -> bool:
        """Whether a word in lower case is spelt right."""
        if word not in self._right:
            self._right[word] = self._looked_up(word)
        return self._right[word]

    def _looked_up(self, word: str) -> bool:
        stem = word.removesuffix("'s").removesuffix("'")
        return any(form in self._own or form in _dictionary() for form in (word, stem, *_american(stem)))

    def _mend(self, word: str) -> str:
        near = _dictionary().correction(word)
        guess = f"did you mean '{near}'? " if near and near != word else ""
        return f"{guess}a word of your own goes into words.txt, beside the pools folder"


@cache
def _dictionary() -> "SpellChecker":
    from spellchecker import SpellChecker  # noqa: PLC0415 (reading its dictionary takes a quarter of a second)

    return SpellChecker(language="en", distance=1)


def _words(text: str) -> Iterator[tuple[int, str]]:
    """Every word with its place, in lower case; capitalised ones only where a sentence begins."""
    plain = ADDRESS.sub(lambda found: " " * len(found[0]), text)
    for found in WORD.finditer(plain):
        if found[0].islower() or (
            found[0].istitle() and SENTENCE.search(plain[max(0, found.start() - 4) : found.start()])
        ):
            yield found.start(), found[0].lower()


def _american(word: str) -> Iterator[str]:
    return (pattern.sub(american, word) for pattern, american in BRITISH if pattern.search(word))
