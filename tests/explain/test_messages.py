# AWS's error messages, as reported or as AWS's documentation prints them.

from __future__ import annotations

import pytest

from rsigv4 import explain
from support.answers import ANSWERS, DENIED
from support.refusals import api_gateway


@pytest.mark.parametrize(("answer", "found"), ANSWERS.values(), ids=ANSWERS)
def test_response_without_a_request(answer, found):
    code, named = found

    explanation = explain(answer)

    assert explanation.cause.code == code
    assert named in f"{explanation.cause.summary} {explanation.cause.advice}"
    assert explanation.canonical_request_diff == []


def test_advice_mentions_the_masked_account():
    explanation = explain(api_gateway(DENIED, "AccessDeniedException"))

    assert "account's id for the asterisks" in explanation.cause.advice
