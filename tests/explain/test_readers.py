# Whoever reads an explanation, a caller of Python or of the command; and what proves a cause.

from __future__ import annotations

from rsigv4 import Signer, explain, known_causes
from rsigv4._explain import explain_for_command
from support.refusals import ES, MISMATCH, api_gateway, canonical, s3, signed_as
from support.signing import CREDENTIALS

REQUEST = ("GET", f"{ES}/a%20b", signed_as(canonical("/a%20b")), b"")


def test_advice_is_in_the_words_of_the_reader():
    response = s3(
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting "
        "'eu-west-1'",
        400,
    )

    assert "set region to eu-west-1" in explain(response).cause.advice
    assert "set --region to eu-west-1" in explain_for_command(response).cause.advice


def test_advice_for_the_command_names_no_arguments():
    for cause in known_causes():
        assert "command:" not in cause.advice
        assert "python:" not in cause.advice


def test_proofs_are_those_of_the_table():
    causes = {cause.code: cause for cause in known_causes()}

    assert {cause.proof for cause in causes.values()} == {
        "words",
        "signature",
        "words or signature",
        "nothing",
    }
    assert causes["wrong_secret"].proof == "signature"
    assert causes["no_policy_allows"].proof == "words"
    assert not any(cause.certain for cause in causes.values())


def test_without_the_signer_no_difference_is_certain():
    """What we would have signed need not be what was signed."""
    message = f"{MISMATCH}\n\nThe Canonical String for this request should have been\n'{{}}'"
    response = api_gateway(message.format(canonical("/b")))

    explanation = explain(response, request=REQUEST)

    assert explanation.cause.code == "path_changed"
    assert not any(cause.certain for cause in explanation.causes)


def test_signature_that_was_made_for_the_explanation_proves_nothing():
    message = f"{MISMATCH}\n\nThe Canonical String for this request should have been\n'{{}}'"
    response = api_gateway(message.format(canonical("/b")))
    signer = Signer(CREDENTIALS, "us-east-1", "es", content_sha256_header=False)

    explanation = explain(response, signer=signer, request=("GET", f"{ES}/a"))

    assert explanation.cause.code == "path_changed"
    assert not any(cause.certain for cause in explanation.causes)
