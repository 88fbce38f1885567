# What AWS's sentences say, and what is not taken from sentences around or inside them.

from __future__ import annotations

import json

import pytest

from rsigv4 import explain

USER = "User: arn:aws:iam::1:user/u is not authorized to perform: "
ON = f"{USER}kms:Decrypt on resource: arn:aws:kms:us-east-1:1:key/k"
SKEW = (
    "Signature expired: 20150830T123600Z is now earlier than 20150830T124500Z (20150830T130000Z - "
)
MALFORMED = "The authorization header is malformed; "
SCOPE_DATE = (
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
)
SERVICE = "Credential should be scoped to correct service: "


def cause_of(message, code="X"):
    return explain(json.dumps({"__type": code, "message": message})).cause


def text_of(cause):
    return f"{cause.summary}\n{cause.advice}"


# A message, its cause, and what the cause says.
READ = {
    "a principal with a space": (
        f"{USER.replace('user/u', 'user/Ann Lee')}s3:GetObject on resource: arn:aws:s3:::b",
        "no_policy_allows",
        "allow arn:aws:iam::1:user/Ann Lee to s3:GetObject",
    ),
    "a resource with a space": (
        f"{USER}a:B on resource: arn:aws:s3:::b/a b because no identity-based policy allows",
        "no_policy_allows",
        "on arn:aws:s3:::b/a b in",
    ),
    "a resource in quotes": (
        f'{USER}s3:GetObject on resource: "arn:aws:s3:::b/a" with an explicit deny',
        "explicit_deny",
        "denies s3:GetObject explicitly: one that applies here",
    ),
    "several actions": (
        f"{USER}sts:TagSession, sts:AssumeRole on resource: arn:aws:iam::1:role/r",
        "no_policy_allows",
        "to sts:TagSession, sts:AssumeRole\n",
    ),
    "no resource": (
        f"{USER}es:ESHttpGet because no resource-based policy allows the es:ESHttpGet action",
        "resource_policy",
        "allow es:ESHttpGet for arn:aws:iam::1:user/u in the policy of the resource;",
    ),
    "another sentence": (
        f"{ON}. Contact your administrator (request id 77)",
        "no_policy_allows",
        "kms:Decrypt on arn:aws:kms:us-east-1:1:key/k in a policy",
    ),
    "Java": (
        f"{ON} (Service: AmazonECS; Status Code: 400; Error Code: X; Request ID: 7; Proxy: null)",
        "no_policy_allows",
        "kms:Decrypt on arn:aws:kms:us-east-1:1:key/k in a policy",
    ),
    "Java, a policy": (
        f"{ON} with an explicit deny in a service control policy (Service: S3, Status Code: 403)",
        "explicit_deny",
        "the Deny statement in a service control policy, or",
    ),
    "another user": (
        f"{ON} (for User: bob )",
        "no_policy_allows",
        "kms:Decrypt on arn:aws:kms:us-east-1:1:key/k in a policy of arn:aws:iam::1:user/u",
    ),
    "an encoded message": (
        (
            f"{ON} with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/P. "
            "Encoded authorization failure message: AAAABBBB"
        ),
        "explicit_deny",
        "the Deny statement in an identity-based policy: arn:aws:iam::1:policy/P, or",
    ),
    "a boundary": (
        f"{ON} with an explicit deny in a permissions boundary",
        "explicit_deny",
        "explicitly: a permissions boundary\n",
    ),
    "a reason that is not known": (
        f"{ON} because public policies are prevented",
        "access_denied",
        "because public policies are prevented",
    ),
    "a region": (
        f"{MALFORMED}the region 'us-east-1' is wrong; expecting 'eu-west-1'",
        "wrong_region",
        "signed for the region us-east-1, and it has to be eu-west-1",
    ),
    "a region of a server like S3": (
        f"{MALFORMED}the region is wrong; expecting 'garage'.",
        "wrong_region",
        "has to be garage",
    ),
    "a service of a presigned URL": (
        (
            'Error parsing the X-Amz-Credential parameter; incorrect service "s3". This endpoint '
            'belongs to "s3express".'
        ),
        "wrong_service",
        "signed for the service s3, and it has to be s3express",
    ),
    "two wrong parts of a scope": (
        f"Credential should be scoped to a valid region, not 'x-1'. {SERVICE}'sts'. ",
        "wrong_region",
        "signed for the region x-1",
    ),
    "days": (
        f"{SCOPE_DATE}'20150829' != '20150830', from '20150830T123600Z'.",
        "scope_date",
        "scope, 20150829, is not that of the request, 20150830",
    ),
    "times": (f"{SKEW}15 min.)", "clock_behind", "by 24 minutes"),
    "OpenSearch": (
        (
            "no permissions for [indices:a, indices:b] and User [name=arn:aws:iam::1:role/r, "
            "backend_roles=[], requestedTenant=null]"
        ),
        "opensearch_role",
        "does not allow indices:a, indices:b to arn:aws:iam::1:role/r",
    ),
    "Google": (
        "Access denied. Anonymous caller does not have storage.objects.get access.",
        "unsigned",
        "without a signature",
    ),
    "other letters": (
        "missing required header for this request: X-Amz-Content-SHA256",
        "content_sha256_missing",
        "",
    ),
}


@pytest.mark.parametrize(("message", "code", "says"), READ.values(), ids=READ)
def test_sentence_is_read(message, code, says):
    cause = cause_of(message)

    assert (cause.code, cause.certain) == (code, True)
    assert says in text_of(cause)


def test_second_sentence_about_the_scope_is_read():
    message = READ["two wrong parts of a scope"][0]
    causes = explain(json.dumps({"message": message})).causes

    assert [(cause.code, cause.certain) for cause in causes] == [
        ("wrong_region", True),
        ("wrong_service", True),
    ]
    assert "has to be sts" in causes[1].summary


# A message, its cause, which is certain, and what the cause may not say.
NO_FACTS = {
    "an action that is masked": (f"{USER}*** on resource: ***", "no_policy_allows", "to ***"),
    "an action of other words": (f"{USER}do this on resource: r", "no_policy_allows", "do this "),
    "a resource in quotes that another quote follows": (
        f"{USER}a:B on resource: arn:x' while 'b because no session policy allows",
        "session_policy",
        "while",
    ),
    "a resource that goes on": (f"{ON} and we can not say why", "no_policy_allows", "key/k"),
    "a resource before words that are not known": (
        f"{ON}. Somebody else wrote this",
        "no_policy_allows",
        "key/k",
    ),
    "a policy in other words": (
        f"{ON} with an explicit deny in the words of Ann",
        "explicit_deny",
        "Ann",
    ),
    "a policy and more": (
        f"{ON} with an explicit deny in a session policy of Ann",
        "explicit_deny",
        "Ann",
    ),
    "a region that was cut": (
        f"{MALFORMED}the region 'us-east-1' is wrong; expecting 'eu-cen",
        "wrong_region",
        "eu-cen",
    ),
    "a region that is masked": (
        f"{MALFORMED}the region 'us-east-1' is wrong; expecting 'xxxx'",
        "wrong_region",
        "xxxx",
    ),
    "a region in capitals": (f"{MALFORMED}the region 'REGION' is wrong", "wrong_region", "REGION"),
    "a region that is empty": (f"{MALFORMED}the region '' is wrong", "wrong_region", "region ,"),
    "a service in words": (f"{SERVICE}'not this'.", "wrong_service", "not this"),
    "a day that was cut": (f"{SCOPE_DATE}'20150829' != '2015", "scope_date", ", 2015\n"),
    "a day with a mark": (f"{SCOPE_DATE}'2015-082' != '20150830'", "scope_date", "2015-082"),
    "a time that is masked": (SKEW.replace("20150830T1", "***"), "clock_behind", "by "),
    "a condition that is not a list": (
        "Invalid according to Policy: Policy Condition failed: see Ann",
        "post_policy_condition",
        "Ann",
    ),
    "a profile": (
        "Error loading SSO Token: run aws sso login --profile --no-browser",
        "sso_session_expired",
        "--no-browser",
    ),
}


@pytest.mark.parametrize(("message", "code", "hidden"), NO_FACTS.values(), ids=NO_FACTS)
def test_value_of_another_type_is_not_a_fact(message, code, hidden):
    cause = cause_of(message)

    assert (cause.code, cause.certain) == (code, True)
    assert hidden not in text_of(cause)


# Messages in which a sentence of AWS is quoted, or goes on otherwise.
QUOTED = {
    "a denial in quotes": f"Creation failed. Nested error: '{ON}' while rolling back 'User: b'",
    "a denial after words": f"upload failed: {ON}",
    "another principal": "x.amazonaws.com is not authorized to perform: a:B on resource: r",
    "an explicit deny": "See the docs: error 'with an explicit deny' means SCP",
    "an expired token": "the customer saw 'The security token included in the request is expired'",
    "a clock": f"the log says {SKEW}15 min.)",
    "a region": "Please see: the region is wrong",
    "a form": "It is Invalid according to Policy: Policy expired.",
    "two mechanisms": "He said: Only one auth mechanism allowed",
    "a condition of ours": "User 42 is not authorized to perform this action",
}


@pytest.mark.parametrize("message", QUOTED.values(), ids=QUOTED)
def test_sentence_that_is_quoted_is_not_proof(message):
    for body in ({"__type": "X", "message": message}, {"message": message}):
        for head in ("", "HTTP/1.1 403 \r\n\r\n"):
            causes = explain(head + json.dumps(body)).causes
            assert not any(cause.certain for cause in causes)
            assert not any(
                word in text_of(cause) for cause in causes for word in ("kms:", "back", "by 24")
            )


def test_long_message_is_read_in_little_time():
    for words in (
        "User: ",
        USER,
        f"{USER}a:B on resource: ",
        "'",
        "no permissions for [",
        "Access ",
    ):
        explain(json.dumps({"message": words * 20_000}))
        explain(json.dumps({"message": (words * 20_000)[:1400]}))


def test_sentence_behind_a_long_text_is_not_searched():
    assert cause_of(f"{'é' * 1400} {SKEW}").code == "clock_behind"
    assert cause_of(f"{'é' * 1600} {SKEW}").code == "unknown"
