"""What a YAML parser says about broken text, in words that help."""

from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError

#: Part of the parser's own words -> what is wrong, and how to mend it. The first that fits is taken.
WORDS = (
    ("character '\\t'", "a tab is used to indent", "indent with spaces"),
    ("found a tab", "a tab is used to indent", "indent with spaces"),
    ("mapping values are not allowed", "a colon is not expected here", "check the indentation, or quote the text"),
    ("undefined alias", "this alias has no anchor", "write the value out, or name the anchor above with &"),
    ("expected ',' or ']'", "a list is not closed before this", "end it with ]"),
    ("expected ',' or '}'", "a mapping in braces is not closed before this", "end it with }"),
    ("could not find expected ':'", "there is a line without a colon above this", "write key: value"),
    ("unexpected end of stream", "a quotation mark is not closed", "close it"),
    ("unexpected document separator", "a quotation mark is not closed", "close it"),
    ("expected <block end>", "the indentation does not fit the lines above", "line it up with the keys beside it"),
    ("another document", "a second document starts here", "write one document in each file, without ---"),
    ("cannot start any token", "a value cannot begin with this character", "put the whole value in quotes"),
    ("unknown escape", "this is not an escape that YAML knows", "use single quotes, or double the backslash"),
)
OTHERWISE = ("this is not YAML", "check quotation marks, brackets and indentation around here")


def explain(error: Exception) -> tuple[str, str]:
    """What is wrong and how to mend it, for any error a YAML parser raises."""
    if isinstance(error, MaxDepthExceededError | RecursionError):
        return "nested far too deep", "nothing here goes that deep"
    problem = str(error.problem) if isinstance(error, MarkedYAMLError) else ""
    for part, message, mend in WORDS:
        if part in problem:
            return message, mend
    return OTHERWISE
