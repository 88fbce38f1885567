"""
Call an API Gateway endpoint whose authorization is AWS_IAM, signed with an IAM access key.

    python request_api.py https://API_ID.execute-api.REGION.amazonaws.com/test --region REGION
"""

from __future__ import annotations

import argparse
from urllib.parse import urlsplit

import requests

from rsigv4 import Credentials
from rsigv4.aws_auth import AWSRequestsAuth
from rsigv4.exceptions import SigV4Error

_TIMEOUT_SECONDS = 30


def main() -> None:
    """Send the request that the command line describes, and print the response."""
    parser = _parser()
    arguments = parser.parse_args()
    try:
        auth = None if arguments.unsigned else signature(arguments)
        response = requests.get(arguments.url, auth=auth, timeout=_TIMEOUT_SECONDS)
    # ValueError: the URL can't be parsed, or the CSV file is not text.
    except (OSError, SigV4Error, ValueError) as error:
        parser.exit(2, f"{parser.prog}: error: {' '.join(str(error).split())}\n")
    print(f"response status: {response.status_code}")
    print(response.text)


def signature(arguments: argparse.Namespace) -> AWSRequestsAuth:
    """
    Return the auth that signs the request.

    Raises:
        OSError: The CSV file can't be read.
        SigV4Error: It doesn't contain an access key.

    """
    credentials = Credentials.from_csv(arguments.csv)
    return AWSRequestsAuth(
        aws_access_key=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_host=host(arguments.url),
        aws_region=arguments.region,
        aws_service=arguments.service,
    )


def host(url: str) -> str:
    """Return the Host header for a URL: with the port, unless it is the default of the scheme."""
    parts = urlsplit(url)
    default_port = ":443" if parts.scheme == "https" else ":80"
    return parts.netloc.rpartition("@")[2].lower().removesuffix(default_port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Call an IAM-protected API Gateway endpoint.")
    parser.add_argument("url", help="the stage's invoke URL, with the path of the resource if any")
    parser.add_argument(
        "--region", default="us-east-1", help="where the API is deployed (default: %(default)s)"
    )
    parser.add_argument(
        "--csv",
        metavar="FILE",
        default="accessKeys.csv",
        help="the access key, as the console's .csv file (default: %(default)s)",
    )
    parser.add_argument(
        "--service", default="execute-api", help="the signing name (default: %(default)s)"
    )
    parser.add_argument("--unsigned", action="store_true", help="send the request unsigned")
    return parser


if __name__ == "__main__":
    main()
