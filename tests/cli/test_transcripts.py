# rsigv4 explain reads what curl, awscurl, HTTPie and Postman print of a request and its response.

from __future__ import annotations

import subprocess

import pexpect
import pytest

from rsigv4.cli.transcripts import split_transcript
from support.command import KEY, RSIGV4, environment, run
from support.servers.loopback import LoopbackServer
from support.signing import ACCESS_KEY, SECRET

URL = "http://127.0.0.1:8765/a?b=c"
CREDENTIAL = f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20261130/eu-west-1/es/aws4_request"
AUTHORIZATION = f"{CREDENTIAL}, SignedHeaders=host;x-amz-date, Signature={'1' * 64}"
BODY = '{"message":"Missing Authentication Token"}'
ERROR_TYPE = "MissingAuthenticationTokenException"
RESPONSE = f"x-amzn-ErrorType: {ERROR_TYPE}\nContent-Type: application/json\n\n{BODY}"

# As awscurl 0.44 prints it; -i, too, puts the headers on standard output.
AWSCURL = f"""\
{{'access_key': '{ACCESS_KEY}',
 'request': 'POST',
 'secret_key': 'hunter2',
 'verbose': True}}
'b=c'
('\\n'
 'CANONICAL REQUEST = POST\\n'
 '/a\\n'
 'b=c\\n')
'\\nHEADERS++++++++++++++++++++++++++++++++++++'
{{'Accept': '*/*', 'Authorization': '{AUTHORIZATION}', 'x-amz-date': '20261130T052518Z'}}
'\\nBEGIN REQUEST++++++++++++++++++++++++++++++++++++'
'Request URL = {URL}'
'\\nRESPONSE++++++++++++++++++++++++++++++++++++'
'Response code: 403\\n'
{{'x-amzn-ErrorType': '{ERROR_TYPE}', 'Content-Type': 'application/json'}}
''
{BODY}"""

POSTMAN_RAW = f"""\
POST /a?b=c HTTP/1.1
X-Amz-Date: 20261130T052518Z
Authorization: {AUTHORIZATION}
User-Agent: PostmanRuntime/7.43.0
Host: 127.0.0.1:8765
Content-Length: 7
\x20
{{"a":1}}
\x20
HTTP/1.1 403 Forbidden
{RESPONSE.replace(f"{chr(10)}{chr(10)}", f"{chr(10)} {chr(10)}")}
"""

POSTMAN_COPIED = f"""\
POST {URL}: {{
  "Network": {{}},
  "Request Headers": {{
    "x-amz-date": "20261130T052518Z",
    "authorization": "{AUTHORIZATION}"
  }},
  "Request Body": "a",
  "Response Headers": {{"x-amzn-errortype": "{ERROR_TYPE}"}},
  "Response Body": "{BODY.replace('"', chr(92) + '"')}"
}}
"""

# curl 8 shows what it signs, over many lines.
CURL_8 = f"""\
* Server auth using AWS_SIGV4 with user '{ACCESS_KEY}'
* aws_sigv4: Canonical request (enclosed in []) - [POST
/a
b=c
host:127.0.0.1:8765

host;x-amz-date
{"2" * 64}]
* aws_sigv4: String to sign (enclosed in []) - [AWS4-HMAC-SHA256
{"3" * 64}]
* aws_sigv4: Signature - {"1" * 64}
> POST /a?b=c HTTP/1.1
> Host: 127.0.0.1:8765
> Authorization: {AUTHORIZATION}
> X-Amz-Date: 20261130T052518Z
>
}} [7 bytes data]
< HTTP/1.1 403 Forbidden
< x-amzn-ErrorType: {ERROR_TYPE}
< Content-Type: application/json
<
{{ [42 bytes data]
{BODY}* Connection #0 to host 127.0.0.1 left intact
"""

HTTPIE = f"""\
POST /a?b=c HTTP/1.1
Authorization: {AUTHORIZATION}
Host: 127.0.0.1:8765
X-Amz-Date: 20261130T052518Z

{{"a": 1}}


HTTP/1.1 403 Forbidden
{RESPONSE}

"""

TEXTS = {
    "awscurl": AWSCURL,
    "curl 8": CURL_8,
    "HTTPie": HTTPIE,
    "Postman's raw log": POSTMAN_RAW,
    "Postman's copied entry": POSTMAN_COPIED,
}


def assert_understood(text, *, is_status_known=True):
    response, (method, url, headers) = split_transcript(text)
    sent = {name.lower(): value for name, value in headers}
    assert (method, url.partition("://")[2]) == ("POST", "127.0.0.1:8765/a?b=c")
    assert sent["authorization"].startswith(CREDENTIAL.partition("/")[0])
    assert (sent["host"], "x-amz-date" in sent) == ("127.0.0.1:8765", True)
    head, _, body = response.rpartition("\n\n")
    assert body.strip() == BODY or head.endswith(BODY)
    if is_status_known:
        assert head.startswith("HTTP/1.1 403")
        assert f"x-amzn-ErrorType: {ERROR_TYPE}" in head


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("name", TEXTS)
def test_exchange_is_read(name, line_break):
    text = TEXTS[name].replace("\n", line_break)
    assert_understood(text, is_status_known=name != "Postman's copied entry")


@pytest.mark.parametrize("name", TEXTS)
def test_last_exchange_counts(name):
    before = TEXTS[name].replace("b=c", "b=first").replace("Missing", "First")
    before = before.replace("POST", "GET")
    assert_understood(before + "\n" + TEXTS[name], is_status_known=name != "Postman's copied entry")


@pytest.mark.parametrize("name", TEXTS)
def test_explanation_uses_both_and_shows_no_secret(name, tmp_path):
    file = tmp_path / "transcript"
    file.write_text(TEXTS[name])
    with file.open("rb") as stdin:
        completed = run("explain", stdin=stdin, env={})
    shown = completed.stdout.decode()
    assert (completed.returncode, completed.stderr) == (0, b"")
    assert "the request was sent with a signature" in shown
    assert "hunter2" not in shown
    assert "1" * 64 not in shown


@pytest.mark.parametrize(
    "options",
    [
        ["-v"],
        ["-sS", "-v"],
        ["--trace-ascii", "-"],
        ["--trace-ascii", "-", "--trace-time"],
        ["-sS", "-o", "body", "--trace-ascii", "-"],
    ],
)
@pytest.mark.parametrize("signed", [True, False])
def test_output_of_curl_is_read(options, signed, tmp_path):
    def respond(handler):
        handler.rfile.read(int(handler.headers["Content-Length"]))
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(403)
        handler.send_header("x-amzn-ErrorType", ERROR_TYPE)
        handler.send_header("Content-Length", str(len(BODY)))
        handler.end_headers()
        handler.wfile.write(BODY.encode())

    auth = ["--aws-sigv4", "aws:amz:eu-west-1:es", "-u", f"{ACCESS_KEY}:{SECRET}"]
    header = ["-H", f"Authorization: {AUTHORIZATION}", "-H", "X-Amz-Date: 20261130T052518Z"]
    arguments = [*options, *(auth if signed else header), "-d", "x" * 300]
    with LoopbackServer(respond) as server:
        completed = subprocess.run(  # noqa: S603 - curl
            ["curl", *arguments, server.url("/a?b=c")],  # noqa: S607
            env=environment(NO_PROXY="*"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=True,
            cwd=tmp_path,
        )
        text = completed.stdout.decode().replace(server.host, "127.0.0.1:8765")
    assert_understood(text)


def test_body_of_a_trace_may_come_in_pieces():
    lines = [
        *("=> Send header, 9 bytes (0x9)", "0000: POST /a?b=c HTTP/1.1", "0016: Host: a"),
        *("<= Recv header, 9 bytes (0x9)", "0000: HTTP/1.1 403 Forbidden"),
        *("<= Recv data, 9 bytes (0x9)", '0000: {"mess', "<= Recv data, 3 bytes (0x3)"),
        *('0000: age":"', '0006: no"}'),
    ]
    response, _request = split_transcript("\n".join(lines))
    assert response == 'HTTP/1.1 403 Forbidden\n\n{"message":"no"}'


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        f"HTTP/1.1 403 Forbidden\n{RESPONSE}",
        f"HTTP/1.1 403 Forbidden\n\nGET / HTTP/1.1\n{BODY}",
        "POST https://example.com/: {\nnot JSON",
        "{'Authorization': 'a'}",
    ],
)
def test_other_texts_are_responses(text):
    assert split_transcript(text) == (text, None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["explain"], "paste the response"), (["presign-many"], "paste the URLs")],
)
def test_terminal_is_told_how_to_end(arguments, words):
    child = pexpect.spawn(
        RSIGV4, arguments, env=environment(**KEY), encoding="utf-8", timeout=60, echo=False
    )
    child.expect(f"rsigv4: {words}, then press Enter and Ctrl-D\r\n")
    child.sendline(BODY if arguments == ["explain"] else "https://b.s3.us-east-1.amazonaws.com/a")
    child.sendeof()
    child.expect("Change: " if arguments == ["explain"] else "X-Amz-Signature")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_pipe_is_not_told_how_to_end():
    assert run("explain", stdin=BODY.encode(), env={}).stderr == b""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('POST https://a.example/: {\n"Request Headers": "abc",\n"Response Body": "', '"}'),
        ("GET /x HTTP/1.1\nfoo\n\nHTTP/1.1 403 Forbidden\n\n", ""),
    ],
    ids=["Postman", "raw"],
)
def test_response_is_read_without_a_valid_request(before, after):
    words = "The security token included in the request is invalid."
    completed = run("explain", stdin=f"{before}{words}{after}".encode())
    assert completed.returncode in {0, 1}, completed.stderr
    assert completed.stderr == b""
