"""From what pydantic finds to slips in plain words: what is wrong with a value, and what to write instead."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from nudger.files.documents import Document, Loc
from nudger.files.faults import guess, listed, quote

KIND = "slip"
KEY_MARK = "[key]"


@dataclass(frozen=True, slots=True)
class Slip:
    """One thing wrong at a location; `on_key` points at the key there and not at its value."""

    loc: Loc
    message: str
    mend: str | None = None
    on_key: bool = False


def wrong(message: str, mend: str | None = None) -> PydanticCustomError:
    """The error a type raises for a value it cannot read."""
    return PydanticCustomError(KIND, "{message}", {"message": message, "mend": mend, "on_key": False})


def not_a_choice(value: object, name: str, options: Sequence[str]) -> PydanticCustomError:
    """The error for a value outside a closed list, with the one that was probably meant."""
    return wrong(f"{quote(value)} is not a choice for {name}", choices(value, options))


def choices(value: object, options: Sequence[str]) -> str:
    """What to write instead of a value: the nearest option, and all of them where they are few."""
    near = guess(str(value), options)
    hint = f"did you mean {near}? " if near else ""
    return f"{hint}write {listed(options)}"


class Sheet(BaseModel):
    """A mapping in a file: its keys are known, and everything wrong in it is found at once, in plain words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def rules(cls, data: Mapping[str, object]) -> Iterator[Slip]:
        """What must hold between the values as written, whether or not each of them is right."""
        del data
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def gather(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Validate, and raise the slips of this mapping and all below it together."""
        slips = list(cls.rules(data)) if isinstance(data, dict) else []
        try:
            made = handler(data)
        except ValidationError as error:
            slips += [_slip(details, cls) for details in error.errors(include_url=False)]
        if slips:
            raise ValidationError.from_exception_data(cls.__name__, [_details(slip) for slip in slips])
        return made

    @classmethod
    def written_keys(cls) -> list[str]:
        """The keys that may be written, in order."""
        return [info.alias or name for name, info in cls.model_fields.items()]


SheetT = TypeVar("SheetT", bound=Sheet)


def read(sheet: type[SheetT], document: Document, loc: Loc) -> SheetT | None:
    """Read the mapping at a location of a document; None, with the slips kept there as faults, where it is wrong."""
    try:
        return sheet.model_validate(document.at(loc))
    except ValidationError as error:
        for details in error.errors(include_url=False):
            _keep(_slip(details, sheet), document, loc)
        return None


def _keep(slip: Slip, document: Document, loc: Loc) -> None:
    """Turn a slip into a fault. What was filled in may be a secret: its message shows the ${...} in its stead."""
    where = (*loc, *slip.loc)
    known, message = document.known(where), slip.message
    if known in document.unfilled:
        return
    if known in document.filled:
        written, value = document.filled[known]
        message = message.replace(quote(value), quote(written))
    document.spoil(where, document.fault(where, message, slip.mend, on_key=slip.on_key or KEY_MARK in where))


def _details(slip: Slip) -> InitErrorDetails:
    context = {"message": slip.message, "mend": slip.mend, "on_key": slip.on_key}
    return InitErrorDetails(type=PydanticCustomError(KIND, "{message}", context), loc=slip.loc, input=None)


def _slip(details: ErrorDetails, sheet: type[Sheet]) -> Slip:
    loc, context = details["loc"], details.get("ctx", {})
    if details["type"] == KIND:
        return Slip(loc, context["message"], context["mend"], context["on_key"])
    if details["type"] == "missing":
        return _missing(loc, sheet)
    if details["type"] == "extra_forbidden":
        return _unknown(loc, sheet)
    name = _name(loc[:-2] if loc[-1:] == (KEY_MARK,) else loc)
    words: Words = WORDS.get(details["type"], _otherwise)
    return Slip(loc, *words(name, details["input"], context))


def _name(loc: Loc) -> str:
    """The key that a location is known by: the last that is no index and no marker of pydantic's."""
    return next((step for step in reversed(loc) if isinstance(step, str) and " " not in step), "this")


def _missing(loc: Loc, sheet: type[Sheet]) -> Slip:
    key = str(loc[-1])
    info = next(info for name, info in sheet.model_fields.items() if key in (name, info.alias))
    example = f": {_flow(info.examples[0])}" if info.examples else ""
    return Slip(loc[:-1], f"{key} is missing", f"add {key}{example}", on_key=True)


def _unknown(loc: Loc, sheet: type[Sheet]) -> Slip:
    key, known = str(loc[-1]), sheet.written_keys()
    near = guess(key, known)
    hint = f"did you mean {near}? " if near else ""
    return Slip(loc, f"{quote(key)} is not a key here", f"{hint}keys here: {', '.join(known)}", on_key=True)


def _flow(example: object) -> str:
    """An example as it would be written on one line of YAML."""
    if isinstance(example, dict):
        return "{" + ", ".join(f"{key}: {_flow(value)}" for key, value in example.items()) + "}"
    if isinstance(example, list):
        return "[" + ", ".join(_flow(value) for value in example) + "]"
    return str(example).lower() if isinstance(example, bool) else str(example)


Words = Callable[[str, Any, Mapping[str, Any]], tuple[str, str]]


def _number(name: str, value: object, _: Mapping[str, Any]) -> tuple[str, str]:
    return f"{name} must be a number, not {_shape(value)}", f"write {name}: 2, or another number"


def _whole_number(name: str, value: object, _: Mapping[str, Any]) -> tuple[str, str]:
    return f"{name} must be a whole number, not {_shape(value)}", f"write {name}: 2, or another whole number"


def _yes_or_no(name: str, value: object, _: Mapping[str, Any]) -> tuple[str, str]:
    return f"{name} must be true or false, not {_shape(value)}", "write true or false"


def _text(name: str, value: object, _: Mapping[str, Any]) -> tuple[str, str]:
    return f"{name} must be text, not {_shape(value)}", "write text"


def _mapping(name: str, value: object, _: Mapping[str, Any]) -> tuple[str, str]:
    subject = "this" if name == "this" else name
    return f"{subject} must be a mapping of keys, not {_shape(value)}", "write key: value, or {key: value}"


def _list(name: str, value: object, _: Mapping[str, Any]) -> tuple[str, str]:
    return f"{name} must be a list, not {_shape(value)}", "write [one, two]"


def _choice(name: str, value: object, context: Mapping[str, Any]) -> tuple[str, str]:
    options = re.findall(r"'([^']*)'", str(context["expected"]))
    return f"{_shape(value)} is not a choice for {name}", choices(value, options)


def _at_least(name: str, _: object, context: Mapping[str, Any]) -> tuple[str, str]:
    return f"{name} must be at least {context['ge']:g}", f"write {context['ge']:g} or more"


def _at_most(name: str, _: object, context: Mapping[str, Any]) -> tuple[str, str]:
    return f"{name} must be at most {context['le']:g}", f"write {context['le']:g} or less"


def _too_long(name: str, _: object, context: Mapping[str, Any]) -> tuple[str, str]:
    return f"{name} is longer than {context['max_length']:,} characters", "make it shorter"


def _empty(name: str, _: object, __: Mapping[str, Any]) -> tuple[str, str]:
    return f"{name} is empty", "write something, or take the line out"


def _too_many(name: str, _: object, context: Mapping[str, Any]) -> tuple[str, str]:
    return f"{name} has more than {context['max_length']} items", "take some out"


def _otherwise(name: str, _: object, __: Mapping[str, Any]) -> tuple[str, str]:
    return f"{name} cannot be read", "compare it with what `nudger schema` allows"


def _not_finite(name: str, value: object, _: Mapping[str, Any]) -> tuple[str, str]:
    return f"{name} must be an ordinary number, not {_shape(value)}", f"write {name}: 2, or another number"


def _shape(value: object) -> str:
    """What a value is, for a message: its text in quotes, or what sort of thing it is."""
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else quote(value)


#: pydantic's kinds of error (docs.pydantic.dev, "Validation Errors") in our words: what is wrong, and how to mend it.
WORDS: Mapping[str, Words] = {
    "int_parsing": _whole_number,
    "int_parsing_size": _whole_number,
    "int_type": _whole_number,
    "int_from_float": _whole_number,
    "float_parsing": _number,
    "float_type": _number,
    "finite_number": _not_finite,
    "bool_parsing": _yes_or_no,
    "bool_type": _yes_or_no,
    "string_type": _text,
    "string_too_short": _empty,
    "string_too_long": _too_long,
    "too_short": _empty,
    "too_long": _too_many,
    "greater_than_equal": _at_least,
    "less_than_equal": _at_most,
    "enum": _choice,
    "literal_error": _choice,
    "dict_type": _mapping,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "list_type": _list,
    "tuple_type": _list,
    "set_type": _list,
    "frozen_set_type": _list,
}
