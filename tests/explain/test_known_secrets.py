# The signer's own secret and token are never shown, however they are written.

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest

from rsigv4 import Credentials, Signer, explain

# The first begins as many do, others have the characters that are escaped first, last and in a row.
VALUES = [
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "+abcDEFghi/jklMNOpqr+stuVWXyz01/23456789",
    "/abcDEFghi//klMNOpqr++stuVWXyz01/2345678",
    "IQoJb3JpZ2lu/AAAA+BBBB/CCCC==",
]


def each(pattern, written):
    return lambda text: re.sub(pattern, lambda found: written(found[0]), text)


def wrapped(end, at):
    return lambda text: f"{text[:at]}{end}{text[at:]}"


def encoded_with(before):
    return lambda text: base64.b64encode(f"{before}{text}".encode()).decode().rstrip("=")


SIGNS = "[+/=]"
FORMS = {
    "as it is": str,
    "in lowercase": str.lower,
    "in capitals": str.upper,
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded in lowercase": lambda text: each("%..", str.lower)(quote(text, safe="")),
    "percent-encoded but for slashes": quote,
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "percent-encoded three times": lambda text: quote(
        quote(quote(text, safe=""), safe=""), safe=""
    ),
    "percent-encoded whole": each(".", lambda char: f"%{ord(char):02X}"),
    "in a form": lambda text: quote_plus(text).replace("%2B", "+"),
    "in a form that was decoded": lambda text: text.replace("+", " "),
    "escaped for JSON": each("/", lambda char: f"\\{char}"),
    "escaped for JSON twice": each("/", lambda char: f"\\\\{char}"),
    "escaped by number": each(SIGNS, lambda char: f"\\u{ord(char):04x}"),
    "escaped by number in capitals": each(SIGNS, lambda char: f"\\u{ord(char):04X}"),
    "escaped by number twice": each(SIGNS, lambda char: f"\\\\u{ord(char):04x}"),
    "escaped for a terminal": each(SIGNS, lambda char: f"\\x{ord(char):02x}"),
    "escaped for HTML": lambda text: html.escape(text).replace("/", "&#x2F;"),
    "a decimal reference": each(SIGNS, lambda char: f"&#{ord(char)};"),
    "a hexadecimal reference": each(SIGNS, lambda char: f"&#x{ord(char):x};"),
    "a reference with zeros": each(SIGNS, lambda char: f"&#{ord(char):05};"),
    "in hexadecimal": lambda text: text.encode().hex(),
    "in hexadecimal capitals": lambda text: text.encode().hex().upper(),
    "in hexadecimal, spaced": lambda text: text.encode().hex(" "),
    "in Base64": encoded_with(""),
    "in Base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "in Base64 after an id": encoded_with("AKIDEXAMPLE:"),
    "in Base64 after another id": encoded_with("AKIDEXAMPLES:"),
    "in Base64 after a third id": encoded_with("AKIDEXAMPLESS:"),
    "behind the prefix of its key": lambda text: f"AWS4{text}",
    "around a color": wrapped("\x1b[0m", 20),
    "over two lines": wrapped("\n", 20),
    "over two lines, with spaces": wrapped("  \r\n    ", 12),
    "over two lines at the start": wrapped("\n", 1),
}


def shown(text, secret, token=None, **request):
    own = Signer(Credentials("AKIDEXAMPLE", secret, token), "us-east-1", "es")
    explanation = explain(text, signer=own, **request)
    return f"{explanation}\n{explanation.message}"


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("value", VALUES)
def test_own_secret_is_redacted(form, value):
    for message in (f"got {form(value)} (end)", f"{form(value)}\n{form(value)}", form(value)):
        for text in (message, f"<Error><Message>{html.escape(message)}</Message></Error>"):
            for credentials in ({"secret": value}, {"secret": "x" * 40, "token": value}):
                found = shown(f"HTTP/1.1 403 \n\n{text}", **credentials)
                assert "***" in found
                assert not rest_of(form(value), found), found
                assert ("(end)" in found) == ("(end)" in message)


def rest_of(form, found):
    """Return a piece of the form that is left. The first and last digit of Base64 may stay."""
    inner = form.removeprefix("AWS4")[24:]
    return next((piece for piece in re.findall(r"\w{6,}", inner) if piece in found), None)


def test_other_words_of_the_message_are_kept():
    others = ["wJalrXUtnFEMI", "K7MDENG", "%2F%2B", "\\/\\u002f", "&#47;&amp;", "a\n\nb", "%25252F"]
    for text in others:
        message = f"other {text} words"
        assert (
            explain(json.dumps({"message": message})).message
            == explain(
                json.dumps({"message": message}),
                signer=Signer(Credentials("AKIDEXAMPLE", VALUES[0]), "us-east-1", "es"),
            ).message
        )


def test_longer_of_two_secrets_is_redacted():
    token = f"{VALUES[0]}MORE/AND+MORE"

    assert "MORE" not in shown(f"got {token}", VALUES[0], token)
    assert "EXAMPLE" not in shown(f"got {VALUES[0]}", VALUES[0], token)


def test_blank_lines_are_not_part_of_a_secret():
    found = shown(f"{VALUES[0][:20]}{' ' * 80}\n{VALUES[0][20:]}", VALUES[0])

    assert VALUES[0][:20] in found


@pytest.mark.parametrize("length", [39, 40, 41])
@pytest.mark.parametrize("signs", ["", "+/="])
def test_secret_in_the_place_of_an_id_has_40_characters(length, signs):
    """An id of another length is that of a test or of another cloud, and is shown."""
    key = f"abcd{signs}".ljust(length, "E")
    own = Signer(Credentials(key, VALUES[0]), "us-east-1", "es")
    url = "https://search-x.us-east-1.es.amazonaws.com/"

    explanation = explain(
        '{"__type":"UnrecognizedClientException"}', request=("GET", url, own.sign("GET", url), b"")
    )

    assert (key in str(explanation)) == (length != 40)


@pytest.mark.parametrize("key", ["A" * 40, "a" * 39 + "-"])
def test_id_of_other_characters_is_shown(key):
    own = Signer(Credentials(key, VALUES[0]), "us-east-1", "es")
    url = "https://search-x.us-east-1.es.amazonaws.com/"

    explanation = explain(
        '{"__type":"UnrecognizedClientException"}', request=("GET", url, own.sign("GET", url), b"")
    )

    assert key in str(explanation)
