"""Region and service, read from host names."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter

import pytest
from botocore.endpoint_provider import EndpointRule, RuleSetStandardLibrary
from botocore.session import Session

from rsigv4 import InvalidRequestError, Signer
from rsigv4._core import region_and_suffix
from support.signing import CREDENTIALS

SIGV4A = "AWS4-ECDSA-P256-SHA256"
HOSTS = {
    # API Gateway, and its interface endpoints.
    "a1b2c3.execute-api.eu-central-1.amazonaws.com": ("eu-central-1", "execute-api"),
    "a1b2c3.execute-api.cn-north-1.amazonaws.com.cn": ("cn-north-1", "execute-api"),
    "a1b2c3.execute-api.us-gov-west-1.amazonaws.com": ("us-gov-west-1", "execute-api"),
    "a1b2c3-vpce-0f.execute-api.us-east-1.amazonaws.com": ("us-east-1", "execute-api"),
    "vpce-0f-1a.execute-api.us-east-1.vpce.amazonaws.com": ("us-east-1", "execute-api"),
    "vpce-0f-1a-us-east-1a.execute-api.us-east-1.vpce.amazonaws.com": ("us-east-1", "execute-api"),
    # S3: virtual-hosted and path style, legacy and current names.
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
    # OpenSearch and OpenSearch Serverless.
    "search-a-b.eu-west-1.es.amazonaws.com": ("eu-west-1", "es"),
    "vpc-a-b.us-gov-west-1.es.amazonaws.com": ("us-gov-west-1", "es"),
    "search-a-b.aos.eu-west-1.on.aws": ("eu-west-1", "es"),
    "es.eu-west-1.amazonaws.com": ("eu-west-1", "es"),
    "a1b2c3.eu-west-1.aoss.amazonaws.com": ("eu-west-1", "aoss"),
    "aoss.eu-west-1.amazonaws.com": ("eu-west-1", "aoss"),
    # Services that are often called without an SDK.
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
    "123456789012.streams-ddb.eu-west-1.api.aws": ("eu-west-1", "dynamodb"),
    "123456789012.search-ddb.eu-west-1.amazonaws.com": ("eu-west-1", "dynamodb"),
    "arc-region-switch-control-plane.eu-west-1.api.aws": ("eu-west-1", "arc-region-switch"),
    "wellarchitected-agent.eu-west-1.amazonaws.com": ("eu-west-1", "wellarchitected"),
    "acm-acme.eu-west-1.api.aws": ("eu-west-1", "acm"),
    "mturk-requester-sandbox.us-east-1.amazonaws.com": ("us-east-1", "mturk-requester"),
    "greengrass-ats.iot.us-gov-west-1.amazonaws.com": ("us-gov-west-1", "greengrass"),
    "api.sustainability.eu-west-1.api.aws": ("us-east-1", "sustainability"),
    # Databases that use tokens, and the API of RDS.
    "db.a1b2c3.eu-west-1.rds.amazonaws.com": ("eu-west-1", "rds-db"),
    "db.a1b2c3.eu-west-1.rds.amazonaws.com:3306": ("eu-west-1", "rds-db"),
    "db.cluster-a1b2c3.eu-west-1.rds.amazonaws.com": ("eu-west-1", "rds-db"),
    "db.cluster-ro-a1b2c3.eu-west-1.rds.amazonaws.com": ("eu-west-1", "rds-db"),
    "proxy.proxy-a1b2c3.eu-west-1.rds.amazonaws.com": ("eu-west-1", "rds-db"),
    "point.endpoint.proxy-a1b2c3.eu-west-1.rds.amazonaws.com": ("eu-west-1", "rds-db"),
    "db.a1b2c3.rds.cn-north-1.amazonaws.com.cn": ("cn-north-1", "rds-db"),
    "rds.eu-west-1.amazonaws.com": ("eu-west-1", "rds"),
    "rds-fips.us-east-1.amazonaws.com": ("us-east-1", "rds"),
    "rds.cn-north-1.amazonaws.com.cn": ("cn-north-1", "rds"),
    "vpce-0f-1a.rds.us-east-1.vpce.amazonaws.com": ("us-east-1", "rds"),
    # Prefixes before the service, with a hyphen or a dot.
    "sync-states.us-east-1.amazonaws.com": ("us-east-1", "states"),
    "states.us-east-1.amazonaws.com": ("us-east-1", "states"),
    "stream-logs.us-east-1.amazonaws.com": ("us-east-1", "logs"),
    "123456789012.data-kinesis.us-east-1.amazonaws.com": ("us-east-1", "kinesis"),
    "123456789012.data-kinesis-queues.us-east-1.amazonaws.com": ("us-east-1", "kinesis"),
    "kinesis-queues-fips.us-east-1.api.aws": ("us-east-1", "kinesis"),
    "control-storage-omics-fips.us-east-1.amazonaws.com": ("us-east-1", "omics"),
    "vpce-0f-1a.storage-omics.us-east-1.vpce.amazonaws.com": ("us-east-1", "omics"),
    "mylogs.us-east-1.amazonaws.com": ("us-east-1", "mylogs"),
    "maps.geo.us-east-1.amazonaws.com": ("us-east-1", "geo-maps"),
    "cp.maps.geo.us-east-1.amazonaws.com": ("us-east-1", "geo"),
    "tracking.geo.us-east-1.amazonaws.com": ("us-east-1", "geo"),
    # Global services of each partition.
    "sts.amazonaws.com": ("us-east-1", "sts"),
    "sts.eu-west-1.amazonaws.com": ("eu-west-1", "sts"),
    "sts.cn-north-1.amazonaws.com.cn": ("cn-north-1", "sts"),
    "sts.us-gov-west-1.amazonaws.com": ("us-gov-west-1", "sts"),
    "iam.amazonaws.com": ("us-east-1", "iam"),
    "iam.global.api.aws": ("us-east-1", "iam"),
    "iam.us-gov.amazonaws.com": ("us-gov-west-1", "iam"),
    "iam.global.api.amazonwebservices.com.cn": ("cn-north-1", "iam"),
    "iam-fips.amazonaws.com.cn": ("cn-north-1", "iam"),
    "route53.amazonaws.com.cn": ("cn-northwest-1", "route53"),
    "route53.amazonaws.com": ("us-east-1", "route53"),
    "cloudfront.amazonaws.com": ("us-east-1", "cloudfront"),
    "globalaccelerator.amazonaws.com": ("us-west-2", "globalaccelerator"),
    "kms.us-iso-east-1.c2s.ic.gov": ("us-iso-east-1", "kms"),
    "kms.us-isob-east-1.sc2s.sgov.gov": ("us-isob-east-1", "kms"),
    "kms.eusc-de-east-1.amazonaws.eu": ("eusc-de-east-1", "kms"),
}


def region_and_service(url):
    signer = Signer(CREDENTIALS)
    _date, region, service, _ = signer.string_to_sign("GET", url, time=0).split("\n")[2].split("/")
    return region, service


def sigv4a_scope(url):
    sent = Signer(CREDENTIALS, algorithm=SIGV4A).sign("GET", url, time=0)
    return sent["X-Amz-Region-Set"], sent["Authorization"].split("/")[2]


@pytest.mark.parametrize(("host", "expected"), HOSTS.items(), ids=HOSTS)
def test_region_and_service_are_read_from_the_host(host, expected):
    assert region_and_service(f"https://{host}/") == expected
    assert region_and_service(f"https://{host.upper()}/") == expected
    # A dot at the end makes a name complete.
    name, colon, port = host.partition(":")
    assert region_and_service(f"https://{name}.{colon}{port}/") == expected


@pytest.mark.parametrize(
    "host", ["a1b2c3-ats.iot.eu-west-1.amazonaws.com", "iot.eu-west-1.api.aws"]
)
def test_websocket_of_iot_has_its_own_service(host):
    for scheme in ("ws", "wss", "WSS"):
        url = f"{scheme}://{host}/mqtt"
        assert region_and_service(url) == ("eu-west-1", "iotdevicegateway")


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("a1b2c3.mrap.accesspoint.s3-global.amazonaws.com", "s3"),
        ("123456789012.cloudfront-kvs.global.api.aws", "cloudfront-keyvaluestore"),
        ("a1b2c3.xyz.endpoints.email.global.api.aws", "ses"),
        ("a1b2c3.xyz.endpoints.email.amazonaws.com", "ses"),
        ("a1b2c3.xyz.endpoints.email.us-gov.amazonaws.com", "ses"),
        ("a1b2c3.xyz.endpoint.events.amazonaws.com", "events"),
        ("a1b2c3.xyz.endpoint.events.amazonaws.com.cn", "events"),
    ],
)
def test_host_of_several_regions_needs_sigv4a(host, service):
    url = f"https://{host}/key"
    assert sigv4a_scope(url) == ("*", service)
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
        # Transfer Acceleration serves buckets of every region.
        ("bucket.s3-accelerate.amazonaws.com", "region"),
        ("bucket.s3-accelerate.dualstack.amazonaws.com", "region"),
        ("eu-west-1.amazonaws.com", "service"),
    ],
)
def test_unknown_host_is_an_error_that_says_what_to_pass(host, missing):
    with pytest.raises(InvalidRequestError, match=f'^{missing} is missing, .*pass {missing}="'):
        Signer(CREDENTIALS).sign("GET", f"https://{host}/", time=0)

    given = {"region": "eu-west-1", "service": "s3"}
    assert Signer(CREDENTIALS, **given).sign("GET", f"https://{host}/", time=0)


def test_partitions_are_those_of_botocore():
    partitions = Session().get_component("data_loader").load_data("partitions")["partitions"]
    for partition in partitions:
        outputs, arn = partition["outputs"], f"arn:{partition['id']}:iam::1:role/a"
        suffix, home = f".{outputs['dnsSuffix']}", outputs["implicitGlobalRegion"]
        for region in (name for name in partition["regions"] if "global" not in name):
            assert region_and_suffix(region, None) == (region, suffix)
            assert region_and_suffix(region, arn) == (region, suffix)
        assert region_and_suffix(None, arn) == (home, suffix)
        # An account doesn't exist in the regions of another partition.
        for other in partitions:
            region = other["outputs"]["implicitGlobalRegion"]
            assert region_and_suffix(region, arn)[0] == (region if other is partition else home)
    assert region_and_suffix(None, None) == ("us-east-1", ".amazonaws.com")
    for arn in ("", "role", "arn:missing:iam::1:role/a"):
        assert region_and_suffix("eu-west-1", arn) == ("eu-west-1", ".amazonaws.com")


def test_argument_takes_precedence_over_the_host():
    url = "https://bucket.s3.us-east-1.amazonaws.com/"
    signer = Signer(CREDENTIALS, "eu-west-1", "execute-api")
    assert "/eu-west-1/execute-api/" in signer.string_to_sign("GET", url, time=0)


# Hosts that can't be distinguished by their name: service, host prefix of operations, reason.
ACCELERATION = "hosts of buckets of all regions"
GOVCLOUD = "GovCloud's host is the host of the other regions too"
LOCATION = "the host of the newer API too, which signs as another service"
KNOWN_DIFFERENCES = {
    ("budgets", ""): GOVCLOUD,
    ("cloudfront", ""): GOVCLOUD,
    ("codecatalyst", ""): "one host for all regions, and a bearer token in place of a signature",
    ("importexport", ""): "its hosts of a region have two signing names, and none is in use",
    ("location", "maps."): LOCATION,
    ("location", "places."): LOCATION,
    ("location", "routes."): LOCATION,
    ("partnercentral-channel", ""): GOVCLOUD,
    ("partnercentral-revenue-measurement", ""): GOVCLOUD,
    ("route53", ""): GOVCLOUD,
    ("s3", ""): ACCELERATION,
    ("s3", "{RequestRoute}."): ACCELERATION,
    ("signin", ""): "hosts of the console, outside the domains of AWS's services",
    ("sustainability", ""): GOVCLOUD,
}


class RequestValue(str):
    """A value that depends on a request, such as a bucket or an ARN, with its parts."""

    __slots__ = ("parts",)

    def __new__(cls, parts):
        value = super().__new__(cls, "a1b2c3")
        value.parts = parts
        return value

    def __getitem__(self, name):
        return self.parts.get(name, self)


class Scope(dict):
    """The variables of a rule set, with a made-up value for those that depend on a request."""

    def __missing__(self, name):
        return RequestValue(self["parts"])


def first_scope(library, region):
    parts = {"accountId": "123456789012", "region": region, **library.aws_partition(region)}
    # Custom endpoints are not AWS's.
    return {"Endpoint": None, "Region": region, "parts": parts}


def names_in(argument):
    """Yield the names of variables in a condition."""
    if isinstance(argument, str):
        yield from re.findall(r"{(\w+)", argument)
    elif isinstance(argument, dict):
        yield from [argument["ref"]] if "ref" in argument else []
        for inner in argument.get("argv", ()):
            yield from names_in(inner)


def endpoints_of(rule, scope, library):
    """Yield each endpoint of a rule for this scope and any request."""
    scope = Scope(scope)
    for condition in rule["conditions"]:
        if scope.keys() >= set(names_in(condition)):
            met = library.call_function(condition, scope)
            if met is None or met is False:
                return
    if rule["type"] == "endpoint":
        yield EndpointRule(rule["endpoint"], conditions=[]).evaluate(scope, library)
    for inner in rule.get("rules", ()):
        yield from endpoints_of(inner, scope, library)


def scope_of(endpoint, region, signing_name):
    """Return the region, or the region set for SigV4a, and the service that botocore signs for."""
    schemes = {scheme["name"]: scheme for scheme in endpoint.properties.get("authSchemes", ())}
    scheme = schemes.get("sigv4") or schemes.get("sigv4-s3express") or schemes.get("sigv4a", {})
    region = ",".join(scheme.get("signingRegionSet", [scheme.get("signingRegion", region)]))
    return region, scheme.get("signingName", signing_name)


def endpoints_of_botocore():
    """Yield service, host prefix, URL, signing region and signing service of all endpoints."""
    session = Session()
    loader = session.get_component("data_loader")
    partitions = loader.load_data("partitions")
    library = RuleSetStandardLibrary(partitions)
    regions = [
        [region for region in partition["regions"] if not region.endswith("-global")]
        for partition in partitions["partitions"]
    ]
    for name in session.get_available_services():
        service = loader.load_service_model(name, "service-2")
        metadata = service["metadata"]
        signing_name = metadata.get("signingName", metadata["endpointPrefix"])
        operations = service["operations"].values()
        prefixes = {"", *(each.get("endpoint", {}).get("hostPrefix", "") for each in operations)}
        rules = loader.load_service_model(name, "endpoint-rule-set-1")["rules"]
        text = json.dumps(rules)
        found = {
            (endpoint.url, scope_of(endpoint, region, signing_name))
            for known in regions
            # Two regions of each partition, and those with special rules.
            for region in {*known[:2], *(region for region in known if f'"{region}"' in text)}
            for rule in rules
            for endpoint in endpoints_of(rule, first_scope(library, region), library)
        }
        for url, expected in found:
            for prefix in prefixes:
                filled = re.sub(r"{\w+}", "a1b2c3", prefix)
                yield name, prefix, url.replace("://", f"://{filled}", 1), expected


@pytest.mark.skipif(sys.version_info < (3, 10), reason="its botocore has others")
def test_endpoints_of_botocore_are_signed_like_botocore():
    seen, different = Counter(), {}
    for name, prefix, url, expected in endpoints_of_botocore():
        seen[name, prefix] += 1
        try:
            found = sigv4a_scope(url) if expected[0] == "*" else region_and_service(url)
        except InvalidRequestError as error:
            found = str(error)
        if found != expected:
            different.setdefault((name, prefix), []).append((url, expected, found))
    assert sum(seen.values()) > 20_000
    assert seen.keys() >= {("stepfunctions", "sync-"), ("omics", "control-storage-")}
    unknown = {
        case: found[:3] for case, found in different.items() if case not in KNOWN_DIFFERENCES
    }
    assert unknown == {}
    # The list must not contain hosts that no longer differ.
    assert different.keys() == KNOWN_DIFFERENCES.keys()
