# Hosts that were masked before they were pasted.

from __future__ import annotations

import pytest

from rsigv4 import Credentials, Signer, explain
from support.refusals import ES, HOST, mismatch_of_api_gateway
from support.signing import ACCESS_KEY, CREDENTIALS, MOMENT, SECRET


@pytest.mark.parametrize("place", ["request", "response", "response, another secret"])
def test_masked_host_is_not_mentioned_where_signing_again_shows_it(place):
    secret = "an entirely other secret" if "secret" in place else SECRET
    signer = Signer(Credentials(ACCESS_KEY, secret), "us-east-1", "es")
    sent = signer.sign("GET", f"{ES}/proxy/a", time=MOMENT)
    arrived = f"{ES}/proxy/a" if "secret" in place else f"{ES}/a"
    response = mismatch_of_api_gateway("GET", arrived, sent)
    url = f"{ES}/proxy/a"
    if place == "request":
        url = "https://<redacted>/proxy/a"
    else:
        response = response.replace(HOST, "***")

    codes = [
        cause.code for cause in explain(response, request=("GET", url, sent), signer=signer).causes
    ]

    assert codes == ["wrong_secret" if "secret" in place else "path_prefix"]


def test_masked_host_is_named_with_its_place():
    sent = Signer(CREDENTIALS, "us-east-1", "es").sign("GET", f"{ES}/a", time=MOMENT)
    response = mismatch_of_api_gateway("GET", f"{ES}/b", sent)
    for url, response_text, place in (
        ("https://xxxx.example.com/a", response.replace(HOST, "***"), "request"),
        (f"{ES}/a", response.replace(HOST, "***").replace("/b", "/c"), "response"),
    ):
        summaries = [
            cause.summary for cause in explain(response_text, request=("GET", url, sent)).causes
        ]
        assert any(f"the host is masked in the {place}" in summary for summary in summaries)
