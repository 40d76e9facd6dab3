"""One small change somewhere: what a hand on the way might do to a request."""

from hypothesis import strategies as st


def mutated_text(genuine: str) -> st.SearchStrategy[str]:
    """The text with a letter dropped, replaced, doubled or put in, or two changed places; never the text itself."""
    letters = st.one_of(st.sampled_from(sorted(set(genuine))), st.characters())
    changes = st.tuples(
        st.integers(0, len(genuine) - 1), st.sampled_from(["drop", "replace", "insert", "swap"]), letters
    )
    return changes.map(lambda change: "".join(_changed(list(genuine), *change))).filter(lambda text: text != genuine)


def mutated_bytes(genuine: bytes) -> st.SearchStrategy[bytes]:
    """The same for bytes."""
    letters = st.one_of(st.sampled_from(sorted(set(genuine))), st.integers(0, 255)).map(chr)
    changes = st.tuples(
        st.integers(0, len(genuine) - 1), st.sampled_from(["drop", "replace", "insert", "swap"]), letters
    )
    written = changes.map(lambda change: "".join(_changed(list(genuine.decode("latin-1")), *change)))
    return written.map(lambda text: text.encode("latin-1")).filter(lambda body: body != genuine)


def _changed(letters: list[str], at: int, how: str, letter: str) -> list[str]:
    if how == "swap":
        other = (at + 1) % len(letters)
        letters[at], letters[other] = letters[other], letters[at]
        return letters
    kept = letters[at + 1 :] if how in {"drop", "replace"} else letters[at:]
    return [*letters[:at], *([] if how == "drop" else [letter]), *kept]
