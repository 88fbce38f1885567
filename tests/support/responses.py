"""AWS's error responses, as reported or as AWS's documentation prints them, and what they mean."""

from __future__ import annotations

import json

from support.refusals import api_gateway, s3

HOST = "abc123.execute-api.eu-central-1.amazonaws.com"
URL = f"https://{HOST}/test/pets"
SCOPE = "20150830/eu-central-1/execute-api/aws4_request"
INVALID_TOKEN = "The security token included in the request is invalid."
ARN = "arn:aws:execute-api:eu-central-1:********1234:abc123/test/GET/pets"
USER = "arn:aws:iam::123456781234:user/demo"
DENIED = f"User: {USER} is not authorized to perform: execute-api:Invoke on resource: {ARN}"


def opensearch(reason):
    error = {"type": "security_exception", "reason": reason}
    return json.dumps({"error": {"root_cause": [error], **error}, "status": 403})


def query_protocol(code, message):
    return (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )


def aws_json(code, message):
    return json.dumps({"__type": f"com.amazon.coral.service#{code}", "message": message})


# Each is a response, the code of its cause, and what the summary or the advice names.
RESPONSES = {
    # Amazon API Gateway.
    "no Authorization": (
        api_gateway("Missing Authentication Token", "MissingAuthenticationTokenException"),
        ("unknown_path", "stage"),
    ),
    "API Gateway, a Bearer token": (
        api_gateway(
            "'Bearer' not a valid key=value pair (missing equal-sign) in Authorization header: "
            "'Bearer eyJhbGciOi'.",
            "IncompleteSignatureException",
        ),
        ("authorization_malformed", "Bearer"),
    ),
    "API Gateway, parts missing": (
        api_gateway(
            "Authorization header requires 'Credential' parameter. Authorization header requires "
            "'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. "
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
            "Authorization=AWS4-HMAC-SHA256",
            "IncompleteSignatureException",
        ),
        ("authorization_incomplete", "Credential, Signature, SignedHeaders, X-Amz-Date"),
    ),
    "API Gateway, unknown key": (
        api_gateway(INVALID_TOKEN, "UnrecognizedClientException"),
        ("unknown_key", "active"),
    ),
    "boto/boto3#1252": (
        api_gateway(
            "Signature expired: 20150830T123600Z is now earlier than 20150830T124812Z "
            "(20150830T125312Z - 5 min.)"
        ),
        ("clock_behind", "by 17 minutes 12 seconds"),
    ),
    "API Gateway, in the future": (
        api_gateway(
            "Signature not yet current: 20150830T133600Z is still later than 20150830T124105Z "
            "(20150830T123605Z + 5 min.)"
        ),
        ("clock_ahead", "by 59 minutes 55 seconds"),
    ),
    "API Gateway, region": (
        api_gateway("Credential should be scoped to a valid region, not 'us-east-2'. "),
        ("wrong_region", "us-east-2"),
    ),
    "API Gateway, service": (
        api_gateway("Credential should be scoped to correct service: 'execute-api'. "),
        ("wrong_service", "set service to execute-api"),
    ),
    "tedder/requests-aws4auth#10": (
        api_gateway(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            "HTTP: '20130608' != '20130609', from '20130609T095204Z'."
        ),
        ("scope_date", "20130608"),
    ),
    "API Gateway, Host not signed": (
        api_gateway("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
        ("host_not_signed", "sign host"),
    ),
    "DavidMuller/aws-requests-auth#27": (
        api_gateway(
            "The security token included in the request is expired", "ExpiredTokenException"
        ),
        ("session_token_expired", "refreshes"),
    ),
    "API Gateway, no policy": (
        api_gateway(DENIED, "AccessDeniedException"),
        ("no_policy_allows", f"allow execute-api:Invoke on {ARN} in a policy of {USER}"),
    ),
    "API Gateway, no identity-based policy": (
        api_gateway(
            f"{DENIED} because no identity-based policy allows the execute-api:Invoke action",
            "AccessDeniedException",
        ),
        ("no_policy_allows", ARN),
    ),
    "API Gateway, explicit deny": (
        api_gateway(f"{DENIED} with an explicit deny", "AccessDeniedException"),
        ("explicit_deny", "execute-api:Invoke"),
    ),
    "API Gateway, WAF": (
        api_gateway("Forbidden", "ForbiddenException"),
        ("forbidden", "WAF"),
    ),
    "API Gateway, malformed scope": (
        api_gateway(
            "Credential must have exactly 5 slash-delimited elements, e.g. "
            "keyid/date/region/service/term, got 'AKIDEXAMPLE'",
            "IncompleteSignatureException",
        ),
        ("scope_malformed", "aws4_request"),
    ),
    # IAM's other reasons.
    "no resource-based policy": (
        api_gateway(
            f"{DENIED} because no resource-based policy allows the execute-api:Invoke action",
            "AccessDeniedException",
        ),
        ("resource_policy", USER),
    ),
    "permissions boundary": (
        aws_json("AccessDeniedException", f"{DENIED} because no permissions boundary allows the x"),
        ("permissions_boundary", "execute-api:Invoke"),
    ),
    "service control policy": (
        aws_json(
            "AccessDeniedException",
            f"{DENIED} with an explicit deny in a service control policy",
        ),
        ("explicit_deny", "a service control policy"),
    ),
    "no service control policy": (
        query_protocol(
            "AccessDenied", f"{DENIED} because no service control policy allows the action"
        ),
        ("service_control_policy", "organization"),
    ),
    "session policy": (
        query_protocol("AccessDenied", f"{DENIED} because no session policy allows the action"),
        ("session_policy", "AssumeRole"),
    ),
    "VPC endpoint policy": (
        s3("AccessDenied", f"{DENIED} because no VPC endpoint policy allows the action"),
        ("vpc_endpoint_policy", ARN),
    ),
    # OpenSearch.
    "opensearch-project/opensearch-hadoop#350": (
        opensearch(
            "no permissions for [indices:data/read/search] and User [name=arn:aws:iam::1:role/app, "
            "backend_roles=[], requestedTenant=null]"
        ),
        ("opensearch_role", "indices:data/read/search"),
    ),
    "Amazon OpenSearch, anonymous": (
        (
            '{"Message":"User: anonymous is not authorized to perform: es:ESHttpGet because no '
            'resource-based policy allows the es:ESHttpGet action"}'
        ),
        ("unsigned", "Authorization"),
    ),
    # S3.
    "S3, wrong region": (
        s3(
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the region 'us-east-1' is wrong; expecting "
            "'eu-west-1'",
            400,
            Region="eu-west-1",
        ),
        ("wrong_region", "set region to eu-west-1"),
    ),
    "S3, wrong service": (
        s3(
            "AuthorizationHeaderMalformed",
            'The authorization header is malformed; incorrect service "execute-api". This endpoint '
            'belongs to "s3".',
            400,
        ),
        ("wrong_service", "set service to s3"),
    ),
    "S3, unknown key": (
        s3(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            AWSAccessKeyId="AKIDEXAMPLE",
        ),
        ("unknown_key", "AKIDEXAMPLE"),
    ),
    "S3, clock": (
        s3(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            RequestTime="20150830T143600Z",
            ServerTime="2015-08-30T12:36:00Z",
            MaxAllowedSkewMilliseconds="900000",
        ),
        ("clock_ahead", "by 2 hours"),
    ),
    "S3, presigned URL": (
        s3(
            "AccessDenied",
            "Request has expired",
            Expires="2015-08-30T12:36:00Z",
            ServerTime="2015-08-31T13:36:00Z",
        ),
        ("presigned_url_expired", "1 day 1 hour"),
    ),
    "S3, lifetime": (
        s3(
            "AuthorizationQueryParametersError",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
            "must be less than 604800 seconds",
            400,
        ),
        ("presigned_lifetime", "604,800"),
    ),
    "ArchGPT/insomnium#167": (
        s3(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            HeadersNotSigned="x-amz-acl",
        ),
        ("headers_not_signed", "x-amz-acl"),
    ),
    "awslabs/aws-sdk-rust#291": (
        s3("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", 400),
        ("content_sha256_missing", "x-amz-content-sha256"),
    ),
    "lucacasonato/deno_s3#47": (
        s3("AccessDenied", "x-amz-content-sha256 must be included in signature"),
        ("content_sha256_not_signed", "SignedHeaders"),
    ),
    "S3, no hash": (
        s3(
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.",
            400,
        ),
        ("content_sha256_invalid", "hexadecimal"),
    ),
    "S3, body": (
        s3(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            400,
        ),
        ("body_changed", "bytes"),
    ),
    "S3, short body": (
        s3("IncompleteBody", "The request body terminated unexpectedly", 400),
        ("body_incomplete", "Content-Length"),
    ),
    "S3, token": (
        s3("InvalidToken", "The provided token is malformed or otherwise invalid.", 400),
        ("session_token_invalid", "one refresh"),
    ),
    "S3, expired token": (
        s3("ExpiredToken", "The provided token has expired.", 400),
        ("session_token_expired", "new temporary credentials"),
    ),
    "S3, version 2": (
        s3(
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use "
            "AWS4-HMAC-SHA256.",
            400,
        ),
        ("signature_version", "Version 4"),
    ),
    "boto/boto3#4627": (
        s3(
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use "
            "AWS4-ECDSA-P256-SHA256.",
            400,
        ),
        ("region_set", "AWS4-ECDSA-P256-SHA256"),
    ),
    "S3, both": (
        s3(
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
            "query string parameter or the Authorization header should be specified",
            400,
        ),
        ("two_authorizations", "presigned"),
    ),
    "S3, another region's bucket": (
        s3(
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified "
            "endpoint. Please send all future requests to this endpoint.",
            301,
            Endpoint="bucket.s3.eu-west-1.amazonaws.com",
        ),
        ("wrong_endpoint", "bucket.s3.eu-west-1.amazonaws.com"),
    ),
    "S3, says nothing": (s3("AccessDenied", "Access Denied"), ("access_denied", "missing key")),
    # The query protocol, AWS JSON, Lambda URLs and Bedrock.
    "STS, unknown key": (
        query_protocol("InvalidClientTokenId", INVALID_TOKEN),
        ("unknown_key", ""),
    ),
    "EC2": (
        query_protocol(
            "AuthFailure", "AWS was not able to validate the provided access credentials"
        ),
        ("key_not_validated", "get-caller-identity"),
    ),
    "opted out": (
        query_protocol(
            "OptInRequired", "You are not subscribed to this service. Please go to aws.amazon.com"
        ),
        ("not_subscribed", "opt-in"),
    ),
    "DynamoDB, unknown key": (
        aws_json("UnrecognizedClientException", INVALID_TOKEN),
        ("unknown_key", "active"),
    ),
    "Lambda URL": (
        (
            "HTTP/1.1 403 Forbidden\r\nx-amzn-ErrorType: AccessDeniedException\r\n\r\n"
            '{"Message":"Forbidden"}'
        ),
        ("forbidden", "lambda:InvokeFunctionUrl"),
    ),
    "Bedrock": (
        (
            "HTTP/1.1 403 Forbidden\r\nx-amzn-ErrorType: AccessDeniedException:"
            "http://internal.amazon.com/coral/com.amazon.bedrock/\r\n\r\n"
            f'{{"message":"{DENIED.replace("execute-api:Invoke", "bedrock:InvokeModel")}"}}'
        ),
        ("no_policy_allows", "bedrock:InvokeModel"),
    ),
    "botocore's text": (
        (
            "botocore.exceptions.ClientError: An error occurred (InvalidAccessKeyId) when calling "
            "the ListBuckets operation: The AWS Access Key Id you provided does not exist in our "
            "records."
        ),
        ("unknown_key", "active"),
    ),
    "AppSync": (
        (
            '{"errors":[{"errorType":"UnauthorizedException",'
            '"message":"Valid authorization header not provided."}]}'
        ),
        ("unsigned", "Authorization"),
    ),
    # Proxies and gateways in between.
    "a proxy's page": (
        (
            "HTTP/1.1 403 Forbidden\r\nServer: squid/5.7\r\nContent-Type: text/html\r\n\r\n"
            "<!DOCTYPE html><html><body>ERR_ACCESS_DENIED</body></html>"
        ),
        ("not_from_aws", "squid/5.7"),
    ),
    "no body, as of HEAD": ("HTTP/1.1 403 Forbidden\r\n\r\n", ("access_denied", "missing key")),
}
