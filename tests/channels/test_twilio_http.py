"""The wire under the Twilio SDK: what a request holds, byte for byte."""

from urllib.parse import parse_qsl, urlencode

from hypothesis import example, given
from hypothesis import strategies as st

from nudger.channels.twilio_http import form

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=4))
@example({"Body": "".join(map(chr, range(256)))})
@example({"Body": "50 % + 1 = ~a.b-c_d", "To": "+447700900001"})
def test_a_form_is_written_as_the_standard_library_writes_it(fields: dict[str, str]) -> None:
    """However quickly it is put together, a form is the very bytes of `urlencode`, and reads as what it was made of."""
    written = form(fields)
    assert written == urlencode(fields).encode()
    assert dict(parse_qsl(written.decode(), keep_blank_values=True)) == fields
