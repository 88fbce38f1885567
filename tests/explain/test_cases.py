# What is said of each refusal of the corpus, by how much is known of it; and the score.

from __future__ import annotations

import pytest

from rsigv4 import explain
from support.cases import REFUSALS

LEVELS = ("alone", "beside_request", "with_signer")
PAIRS = [
    pytest.param(refusal, level, id=f"{refusal.name}, {level}")
    for refusal in REFUSALS
    for level in LEVELS
]


def explained(refusal, level):
    return explain(
        refusal.response,
        request=None if level == "alone" else refusal.request,
        signer=refusal.signer if level == "with_signer" else None,
    )


def marked(cause):
    return f"{cause.code}!" if cause.certain else cause.code


@pytest.mark.parametrize(("refusal", "level"), PAIRS)
def test_first_cause(refusal, level):
    explanation = explained(refusal, level)

    assert marked(explanation.cause) == getattr(refusal, level), str(explanation)


@pytest.mark.parametrize(("refusal", "level"), PAIRS)
def test_certain_causes_are_true(refusal, level):
    certain = {cause.code for cause in explained(refusal, level).causes if cause.certain}

    assert certain <= refusal.true_codes


def test_names_are_unique():
    assert len({refusal.name for refusal in REFUSALS}) == len(REFUSALS) >= 40


def test_score(capsys):
    """Certain causes that are true show that saying nothing is not the way to be never wrong."""
    rows = []
    for level in LEVELS:
        first = right = wrong = 0
        for refusal in REFUSALS:
            causes = explained(refusal, level).causes
            first += causes[0].code in refusal.true_codes
            certain = [cause.code for cause in causes if cause.certain]
            right += any(code in refusal.true_codes for code in certain)
            wrong += any(code not in refusal.true_codes for code in certain)
        rows.append((level, first, right, wrong))
    with capsys.disabled():
        print(f"\n{len(REFUSALS)} refusals: true first, certain and right, certain and wrong")  # noqa: T201
        for row in rows:
            print("  {:<15}{:>4}{:>4}{:>4}".format(*row))  # noqa: T201
    _, first, right, _ = rows[-1]
    assert first * 40 >= 36 * len(REFUSALS)
    assert right * 40 >= 25 * len(REFUSALS)
    assert [wrong for *_, wrong in rows] == [0, 0, 0]
