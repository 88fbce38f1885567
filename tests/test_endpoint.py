"""Region and service, read from the names of hosts."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError
from botocore.session import Session

from rsigv4 import InvalidRequestError, Signer
from signing import CREDENTIALS

SIGV4A = "AWS4-ECDSA-P256-SHA256"
HOSTS = {
    # API Gateway, and its interface endpoints.
    "a1b2c3.execute-api.eu-central-1.amazonaws.com": ("eu-central-1", "execute-api"),
    "a1b2c3.execute-api.cn-north-1.amazonaws.com.cn": ("cn-north-1", "execute-api"),
    "a1b2c3.execute-api.us-gov-west-1.amazonaws.com": ("us-gov-west-1", "execute-api"),
    "a1b2c3-vpce-0f.execute-api.us-east-1.amazonaws.com": ("us-east-1", "execute-api"),
    "vpce-0f-1a.execute-api.us-east-1.vpce.amazonaws.com": ("us-east-1", "execute-api"),
    "vpce-0f-1a-us-east-1a.execute-api.us-east-1.vpce.amazonaws.com": ("us-east-1", "execute-api"),
    # S3: buckets in the host and in the path, old names and new.
    "s3.amazonaws.com": ("us-east-1", "s3"),
    "bucket.s3.amazonaws.com": ("us-east-1", "s3"),
    "s3-external-1.amazonaws.com": ("us-east-1", "s3"),
    "s3.eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "bucket.s3.eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "dotted.bucket.s3.eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "s3.s3.eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "bucket.iam.eu-west-2.s3.eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "s3-eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "bucket.s3-eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "s3-fips-us-gov-west-1.amazonaws.com": ("us-gov-west-1", "s3"),
    "s3.dualstack.eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "bucket.s3.dualstack.eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "s3-fips.us-east-2.amazonaws.com": ("us-east-2", "s3"),
    "bucket.s3-fips.dualstack.us-east-2.amazonaws.com": ("us-east-2", "s3"),
    "bucket.s3.cn-northwest-1.amazonaws.com.cn": ("cn-northwest-1", "s3"),
    "bucket.s3.us-gov-east-1.amazonaws.com": ("us-gov-east-1", "s3"),
    "bucket.s3.eusc-de-east-1.amazonaws.eu": ("eusc-de-east-1", "s3"),
    "bucket.vpce-0f-1a.s3.us-east-1.vpce.amazonaws.com": ("us-east-1", "s3"),
    "point-123456789012.s3-accesspoint.eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "point-123456789012.s3-accesspoint.dualstack.eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "point-123456789012.s3-accesspoint-fips.us-east-1.amazonaws.com": ("us-east-1", "s3"),
    "123456789012.s3-control.eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "lambda-123456789012.s3-object-lambda.eu-west-1.amazonaws.com": (
        "eu-west-1",
        "s3-object-lambda",
    ),
    "point-123456789012.op-01.s3-outposts.eu-west-1.amazonaws.com": ("eu-west-1", "s3-outposts"),
    "bucket--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com": ("us-east-1", "s3express"),
    "s3express-control.us-east-1.amazonaws.com": ("us-east-1", "s3express"),
    # OpenSearch, in both its forms.
    "search-a-b.eu-west-1.es.amazonaws.com": ("eu-west-1", "es"),
    "vpc-a-b.us-gov-west-1.es.amazonaws.com": ("us-gov-west-1", "es"),
    "search-a-b.aos.eu-west-1.on.aws": ("eu-west-1", "es"),
    "es.eu-west-1.amazonaws.com": ("eu-west-1", "es"),
    "a1b2c3.eu-west-1.aoss.amazonaws.com": ("eu-west-1", "aoss"),
    "aoss.eu-west-1.amazonaws.com": ("eu-west-1", "aoss"),
    # What people call over HTTP without an SDK.
    "a1b2c3.lambda-url.eu-west-1.on.aws": ("eu-west-1", "lambda"),
    "lambda.eu-west-1.amazonaws.com": ("eu-west-1", "lambda"),
    "a1b2c3.appsync-api.eu-west-1.amazonaws.com": ("eu-west-1", "appsync"),
    "a1b2c3.appsync-realtime-api.eu-west-1.amazonaws.com": ("eu-west-1", "appsync"),
    "bedrock.us-west-2.amazonaws.com": ("us-west-2", "bedrock"),
    "bedrock-runtime.us-west-2.amazonaws.com": ("us-west-2", "bedrock"),
    "bedrock-runtime-fips.us-west-2.amazonaws.com": ("us-west-2", "bedrock"),
    "bedrock-agent-runtime.us-west-2.amazonaws.com": ("us-west-2", "bedrock"),
    "vpce-0f-1a.bedrock-runtime.us-west-2.vpce.amazonaws.com": ("us-west-2", "bedrock"),
    "runtime.sagemaker.us-west-2.amazonaws.com": ("us-west-2", "sagemaker"),
    "runtime-fips.sagemaker.us-west-2.amazonaws.com": ("us-west-2", "sagemaker"),
    "api.sagemaker.us-west-2.amazonaws.com": ("us-west-2", "sagemaker"),
    "a1b2c3-ats.iot.eu-west-1.amazonaws.com": ("eu-west-1", "iotdata"),
    "data-ats.iot.eu-west-1.amazonaws.com": ("eu-west-1", "iotdata"),
    "data.iot.cn-north-1.amazonaws.com.cn": ("cn-north-1", "iotdata"),
    "iot.eu-west-1.amazonaws.com": ("eu-west-1", "iot"),
    "svc-0a1b.7d67968.vpc-lattice-svcs.us-east-1.on.aws": ("us-east-1", "vpc-lattice-svcs"),
    "dynamodb.ap-southeast-2.amazonaws.com": ("ap-southeast-2", "dynamodb"),
    "dynamodb.ap-southeast-2.api.aws": ("ap-southeast-2", "dynamodb"),
    "123456789012.ddb.us-east-1.amazonaws.com": ("us-east-1", "dynamodb"),
    "streams.dynamodb.eu-west-1.amazonaws.com": ("eu-west-1", "dynamodb"),
    "transcribestreaming.us-east-1.amazonaws.com:8443": ("us-east-1", "transcribe"),
    "runtime-v2-lex.us-east-1.amazonaws.com": ("us-east-1", "lex"),
    "aps-workspaces.eu-west-1.amazonaws.com": ("eu-west-1", "aps"),
    "email.eu-west-1.amazonaws.com": ("eu-west-1", "ses"),
    "sqs.eu-west-1.amazonaws.com": ("eu-west-1", "sqs"),
    "eu-west-1.queue.amazonaws.com": ("eu-west-1", "sqs"),
    "api.ecr.eu-west-1.amazonaws.com": ("eu-west-1", "ecr"),
    "cluster.cluster-a1.eu-west-1.neptune.amazonaws.com": ("eu-west-1", "neptune-db"),
    # Parts before the service, with a hyphen or a dot.
    "sync-states.us-east-1.amazonaws.com": ("us-east-1", "states"),
    "states.us-east-1.amazonaws.com": ("us-east-1", "states"),
    "stream-logs.us-east-1.amazonaws.com": ("us-east-1", "logs"),
    "123456789012.data-kinesis.us-east-1.amazonaws.com": ("us-east-1", "kinesis"),
    "control-storage-omics-fips.us-east-1.amazonaws.com": ("us-east-1", "omics"),
    "vpce-0f-1a.storage-omics.us-east-1.vpce.amazonaws.com": ("us-east-1", "omics"),
    "mylogs.us-east-1.amazonaws.com": ("us-east-1", "mylogs"),
    "maps.geo.us-east-1.amazonaws.com": ("us-east-1", "geo-maps"),
    "cp.maps.geo.us-east-1.amazonaws.com": ("us-east-1", "geo"),
    "tracking.geo.us-east-1.amazonaws.com": ("us-east-1", "geo"),
    # Global services, and each partition's.
    "sts.amazonaws.com": ("us-east-1", "sts"),
    "sts.eu-west-1.amazonaws.com": ("eu-west-1", "sts"),
    "sts.cn-north-1.amazonaws.com.cn": ("cn-north-1", "sts"),
    "sts.us-gov-west-1.amazonaws.com": ("us-gov-west-1", "sts"),
    "iam.amazonaws.com": ("us-east-1", "iam"),
    "iam.global.api.aws": ("us-east-1", "iam"),
    "iam.us-gov.amazonaws.com": ("us-gov-west-1", "iam"),
    "route53.amazonaws.com": ("us-east-1", "route53"),
    "cloudfront.amazonaws.com": ("us-east-1", "cloudfront"),
    "globalaccelerator.amazonaws.com": ("us-west-2", "globalaccelerator"),
    "kms.us-iso-east-1.c2s.ic.gov": ("us-iso-east-1", "kms"),
    "kms.us-isob-east-1.sc2s.sgov.gov": ("us-isob-east-1", "kms"),
    "kms.eusc-de-east-1.amazonaws.eu": ("eusc-de-east-1", "kms"),
}


def region_and_service(url, algorithm="AWS4-HMAC-SHA256"):
    signer = Signer(CREDENTIALS, algorithm=algorithm)
    _date, region, service, _ = signer.string_to_sign("GET", url, time=0).split("\n")[2].split("/")
    return region, service


@pytest.mark.parametrize(("host", "expected"), HOSTS.items(), ids=HOSTS)
def test_host_tells_region_and_service(host, expected):
    assert region_and_service(f"https://{host}/") == expected
    assert region_and_service(f"https://{host.upper()}/") == expected


@pytest.mark.parametrize(
    "host", ["a1b2c3-ats.iot.eu-west-1.amazonaws.com", "iot.eu-west-1.api.aws"]
)
def test_websocket_of_iot_has_a_service_of_its_own(host):
    for scheme in ("ws", "wss", "WSS"):
        url = f"{scheme}://{host}/mqtt"
        assert region_and_service(url) == ("eu-west-1", "iotdevicegateway")


def test_access_point_of_several_regions_needs_sigv4a():
    url = "https://a1b2c3.mrap.accesspoint.s3-global.amazonaws.com/key"

    sent = Signer(CREDENTIALS, algorithm=SIGV4A).sign("GET", url, time=0)
    assert sent["X-Amz-Region-Set"] == "*"
    assert "/19700101/s3/aws4_request," in sent["Authorization"]

    with pytest.raises(InvalidRequestError, match=r"^region is a set of regions: .*algorithm="):
        Signer(CREDENTIALS).sign("GET", url, time=0)


@pytest.mark.parametrize(
    ("host", "missing"),
    [
        ("example.com", "region"),
        ("localhost:4566", "region"),
        ("127.0.0.1", "region"),
        ("amazonaws.com", "region"),
        ("example.amazonaws.com", "region"),
        ("execute-api.eu-west-1.amazonaws.com.example.com", "region"),
        ("bucket.s3-website-eu-west-1.amazonaws.com", "region"),
        # Acceleration takes buckets of every region.
        ("bucket.s3-accelerate.amazonaws.com", "region"),
        ("bucket.s3-accelerate.dualstack.amazonaws.com", "region"),
        ("eu-west-1.amazonaws.com", "service"),
    ],
)
def test_host_that_says_nothing_is_an_error_that_says_what_to_pass(host, missing):
    with pytest.raises(InvalidRequestError, match=f'^{missing} is missing, .*pass {missing}="'):
        Signer(CREDENTIALS).sign("GET", f"https://{host}/", time=0)

    given = {"region": "eu-west-1", "service": "s3"}
    assert Signer(CREDENTIALS, **given).sign("GET", f"https://{host}/", time=0)


def test_argument_wins_over_the_host():
    url = "https://bucket.s3.us-east-1.amazonaws.com/"
    signer = Signer(CREDENTIALS, "eu-west-1", "execute-api")
    assert "/eu-west-1/execute-api/" in signer.string_to_sign("GET", url, time=0)


# What no name of a host can tell, or what botocore alone knows: the service, its operations' host
# prefix, and why.
OF_LOCATION = "the host of its newer API too, which signs as another service"
KNOWN_DIFFERENCES = {
    ("budgets", ""): "GovCloud's host is that of all other regions",
    ("cloudfront", ""): "GovCloud's host is that of all other regions",
    ("codecatalyst", ""): "one host for every region, and a bearer token in place of a signature",
    ("iam", ""): "China's global host is signed for Beijing, those of other services for Ningxia",
    ("importexport", ""): "signed for us-east-1 whatever its host says",
    ("location", "maps."): OF_LOCATION,
    ("location", "places."): OF_LOCATION,
    ("location", "routes."): OF_LOCATION,
    ("signin", ""): "hosts of the console, outside the domains of AWS's services",
    ("sustainability", ""): "signed for us-east-1 whatever its host says",
}


def host_prefixes(service):
    """Return what a service's operations put before its host, and nothing, as most of them do."""
    operations = service["operations"].values()
    return {"", *(operation.get("endpoint", {}).get("hostPrefix", "") for operation in operations)}


def endpoints_of_botocore():
    """Yield service, prefix, URL, and the region and service to sign for, of all it knows."""
    session = Session()
    loader = session.get_component("data_loader")
    partitions = loader.load_data("partitions")
    regions = [
        region
        for found in loader.load_data("endpoints")["partitions"]
        for region in found["regions"]
    ]
    for name in session.get_available_services():
        service = loader.load_service_model(name, "service-2")
        metadata = service["metadata"]
        signing_name = metadata.get("signingName", metadata["endpointPrefix"])
        rules = loader.load_service_model(name, "endpoint-rule-set-1")
        provider = EndpointProvider(rules, partitions)
        options = [
            {option: True for option in chosen if option in rules["parameters"]}
            for chosen in ((), ("UseFIPS",), ("UseDualStack",), ("UseFIPS", "UseDualStack"))
        ]
        for region in regions:
            for chosen in options:
                try:
                    endpoint = provider.resolve_endpoint(Region=region, **chosen)
                except BotoCoreError:
                    # Most need a bucket or an account too, or have no such endpoint.
                    continue
                schemes = (endpoint.properties or {}).get("authSchemes", [])
                scheme = next((found for found in schemes if found["name"] == "sigv4"), {})
                expected = (
                    scheme.get("signingRegion", region),
                    scheme.get("signingName", signing_name),
                )
                for prefix in host_prefixes(service):
                    filled = re.sub(r"\{\w+\}", "a1b2c3", prefix)
                    url = urlsplit(endpoint.url)
                    url = url._replace(netloc=filled + url.netloc)
                    yield name, prefix, url.geturl(), expected


def test_endpoints_of_botocore_are_signed_as_botocore_signs_them():
    seen, different = 0, {}
    prefixes = set()
    for name, prefix, url, expected in endpoints_of_botocore():
        seen += 1
        prefixes.add((name, prefix))
        try:
            found = region_and_service(url)
        except InvalidRequestError as error:
            found = str(error)
        if found != expected:
            different.setdefault((name, prefix), []).append((url, expected, found))
    assert seen > 50_000
    assert {("stepfunctions", "sync-"), ("omics", "control-storage-")} <= prefixes
    unknown = {
        case: found[:3] for case, found in different.items() if case not in KNOWN_DIFFERENCES
    }
    assert unknown == {}
    # Those that are no longer different have no place in the list.
    assert different.keys() == KNOWN_DIFFERENCES.keys()
