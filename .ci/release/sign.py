"""
Sign the tutorial's request with the rsigv4 that is installed, and expect botocore's signature.

Run it with an interpreter whose environment has rsigv4[requests], and without the sources:

    python -I -W error .ci/release/sign.py VERSION
"""

import sys
from importlib.metadata import version
from unittest import mock

import requests

import rsigv4
from rsigv4.aws_auth import AWSRequestsAuth

HOST = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
URL = f"https://{HOST}/test"
ACCESS_KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # noqa: S105 - gives access to nothing
SECONDS = 1767225600  # 2026-01-01, in UTC
# A test compares it with botocore's.
AUTHORIZATION = (
    f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20260101/eu-central-1/execute-api/aws4_request, "
    "SignedHeaders=host;x-amz-date, "
    "Signature=fb43f689f1e31605e3fd422e28086230c56e37d8493dcc0a01fa092724d43b0a"
)


def main() -> None:
    assert_equal("rsigv4.__version__", rsigv4.__version__, version("rsigv4"))
    if sys.argv[1:]:
        assert_equal("the version", rsigv4.__version__, sys.argv[1])
    auth = AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, "eu-central-1", "execute-api")
    with mock.patch("time.time", return_value=SECONDS):
        request = requests.Request("GET", URL, auth=auth).prepare()
    assert_equal("the signature", request.headers["Authorization"], AUTHORIZATION)
    print(f"signed by {rsigv4.__file__}")


def assert_equal(name: str, actual: str, expected: str) -> None:
    if actual != expected:
        sys.exit(f"{name} is {actual!r}, and should be {expected!r}")


if __name__ == "__main__":
    main()
