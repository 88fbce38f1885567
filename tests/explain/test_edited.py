# Pasted responses that were cut, wrapped or edited prove less than whole ones.

from __future__ import annotations

import html
import random
import re

import pytest

from rsigv4 import Signer, explain
from support.cases import REFUSALS
from support.cases.edited import EDITED
from support.refusals import S3
from support.signing import CREDENTIALS

TRIES = 400
# What holds of any part of a response: a code without its message, or a message without its reason.
GENERAL = {
    "access_denied",
    "authorization_malformed",
    "not_from_aws",
    "no_policy_allows",
    "not_refused",
    "session_token_expired",
    "wrong_secret_or_rewritten",
}


def edited(rng, text):
    """Return a text as people, terminals and chats change it."""
    start = rng.randrange(len(text) + 1)
    end = min(len(text), start + rng.randrange(1, 200))
    width = rng.choice([60, 72, 80, 100])
    lines = text.split("\n")
    folded = [line[at : at + width] for line in lines for at in range(0, len(line) or 1, width)]
    left_out = rng.randrange(len(lines))
    return rng.choice(
        [
            text[:start],
            text[:start] + "...",
            text[start:],
            text[:start] + text[end:],
            "\n".join(folded),
            "\n".join(f"> {line}" for line in lines),
            "\n".join(line for number, line in enumerate(lines) if number != left_out),
            html.escape(text),
            re.sub(r"\s+", " ", text),
        ]
    )


@pytest.mark.parametrize("refusal", EDITED, ids=lambda refusal: refusal.name)
def test_true_cause_is_among_those_of_a_readable_paste(refusal):
    codes = {
        cause.code
        for cause in explain(
            refusal.response, request=refusal.request, signer=refusal.signer
        ).causes
    }

    assert codes == {"unknown"} or codes & refusal.true_codes


@pytest.mark.parametrize(("region", "certain"), [("eu-west-1", True), ("eu-we", False)])
def test_region_that_was_cut_is_not_certain(region, certain):
    response = f"HTTP/1.1 400 Bad Request\r\nServer: AmazonS3\r\nx-amz-bucket-region: {region}"
    sent = Signer(CREDENTIALS, "us-east-1", "s3").sign("HEAD", S3)

    cause = explain(response, request=("HEAD", S3, sent)).cause

    assert (cause.code, cause.certain) == ("wrong_region", certain)


def test_no_certain_cause_is_wrong():
    seed = random.randrange(2**32)  # noqa: S311 - picks, protects nothing
    rng = random.Random(seed)  # noqa: S311 - picks, protects nothing
    # If it is cut, nothing shows that a response belongs to another request.
    pasted = [
        refusal
        for refusal in REFUSALS
        if isinstance(refusal.response, str) and "another request" not in refusal.name
    ]
    for _ in range(TRIES):
        refusal = rng.choice(pasted)
        text = edited(rng, refusal.response)
        request, signer = rng.choice(
            [(None, None), (refusal.request, None), (refusal.request, refusal.signer)]
        )

        causes = explain(text, request=request, signer=signer).causes

        certain = {cause.code for cause in causes if cause.certain}
        assert certain <= refusal.true_codes | GENERAL, f"seed {seed}: {refusal.name}\n{text}"
