# AWS's error messages, as reported or as AWS's documentation prints them.

from __future__ import annotations

import pytest

from rsigv4 import explain
from support.refusals import api_gateway
from support.responses import DENIED, RESPONSES


@pytest.mark.parametrize(("response", "found"), RESPONSES.values(), ids=RESPONSES)
def test_response_without_a_request(response, found):
    code, named = found

    explanation = explain(response)

    assert explanation.cause.code == code
    assert named in f"{explanation.cause.summary} {explanation.cause.advice}"
    assert explanation.canonical_request_diff == []


def test_advice_mentions_the_masked_account():
    explanation = explain(api_gateway(DENIED, "AccessDeniedException"))

    assert "account's id for the asterisks" in explanation.cause.advice
