"""SigV4a compared with AWS's C runtime, the only peer that supports it."""

from __future__ import annotations

from datetime import datetime, timezone

from awscrt import auth as crt
from awscrt import http as crt_http

from keys import ACCESS_KEY, SECRET
from measure import each, seconds
from report import Topic
from rsigv4 import Credentials, Signer

__all__ = ["measure"]

HOST = "bucket.accesspoint.s3-global.amazonaws.com"
REQUESTS = 200


def measure(effort):
    topic = Topic("SigV4a")
    algorithm = "AWS4-ECDSA-P256-SHA256"
    signer = Signer(Credentials(ACCESS_KEY, SECRET), "*", "execute-api", algorithm=algorithm)
    provider = crt.AwsCredentialsProvider.new_static(ACCESS_KEY, SECRET)

    def by_awscrt(path):
        request = crt_http.HttpRequest("GET", path, crt_http.HttpHeaders([("host", HOST)]))
        config = crt.AwsSigningConfig(
            algorithm=crt.AwsSigningAlgorithm.V4_ASYMMETRIC,
            signature_type=crt.AwsSignatureType.HTTP_REQUEST_HEADERS,
            credentials_provider=provider,
            region="*",
            service="execute-api",
            date=datetime.now(timezone.utc),
        )
        crt.aws_sign_request(request, config).result()

    paths = [f"/key/{number}" for number in range(effort.count(REQUESTS))]
    least = seconds(
        {
            "Signer.sign": each(lambda path: signer.sign("GET", f"https://{HOST}{path}"), paths),
            "awscrt": each(by_awscrt, paths),
        },
        effort.rounds,
    )
    topic.times(least)
    topic.at_least("awscrt / Signer.sign", least["awscrt"] / least["Signer.sign"], 1)
    return [topic]
