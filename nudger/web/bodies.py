"""Reading what is sent to us: whole, within a megabyte, and within ten seconds."""

import asyncio
from collections.abc import AsyncGenerator
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, ImmutableMultiDict
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

LARGEST = 1_000_000
SLOWEST = 10.0
#: The longest form of ours has about a hundred fields; the parser refuses more than it can need.
MOST_FIELDS = 1000

Form = ImmutableMultiDict[str, str]


async def body_of(request: Request) -> bytes:
    """The raw body. HTTPException 413 where it is too large, 408 where it does not come."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > LARGEST:
        raise HTTPException(413)
    try:
        async with asyncio.timeout(SLOWEST):
            return await _collected(request)
    except TimeoutError:
        raise HTTPException(408) from None
    except ClientDisconnect:
        raise HTTPException(400) from None


async def _collected(request: Request) -> bytes:
    pieces = bytearray()
    async for piece in request.stream():
        pieces += piece
        if len(pieces) > LARGEST:
            raise HTTPException(413)
    return bytes(pieces)


async def form_of(request: Request) -> Form:
    """The fields of a form, urlencoded or multipart; HTTPException 400 where it is neither, 413 and 408 as above."""
    body = await body_of(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _multipart(request.headers, body)
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(400) from None
    return ImmutableMultiDict(fields)


async def _multipart(headers: Headers, body: bytes) -> Form:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        parsed = await MultiPartParser(headers, stream(), max_files=0, max_fields=MOST_FIELDS).parse()
    except (MultiPartException, KeyError, ValueError):
        raise HTTPException(400) from None
    return ImmutableMultiDict([(name, value) for name, value in parsed.multi_items() if isinstance(value, str)])
