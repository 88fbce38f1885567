# What AWS's own words mean: each answer as it was reported or as AWS's pages print it. The test of
# a report has its name.

from __future__ import annotations

import pytest

from rsigv4 import explain
from support.answers import ANSWERS, DENIED
from support.refusals import api_gateway


@pytest.mark.parametrize(("answer", "found"), ANSWERS.values(), ids=ANSWERS)
def test_answer_alone(answer, found):
    code, named = found

    explanation = explain(answer)

    assert explanation.cause.code == code
    assert named in f"{explanation.cause.summary} {explanation.cause.advice}"
    assert explanation.canonical_request_diff == []


def test_account_of_a_policy_is_asked_for_where_aws_hides_it():
    explanation = explain(api_gateway(DENIED, "AccessDeniedException"))

    assert "account's id for the asterisks" in explanation.cause.advice
