"""
Play the tutorial: from an IAM group to a signed request that API Gateway accepts.

A local server replaces AWS, and boto3 replaces the clicks in the console. Your AWS account, its
configuration and your files are not touched.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from local_aws import HOST, LocalAws, LocalAwsError, local_aws

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

REGION = "us-east-1"
STAGE = "test"

#: The document of the managed policy AmazonAPIGatewayInvokeFullAccess, which MiniStack doesn't know
#: by its name.
INVOKE_FULL_ACCESS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["execute-api:Invoke", "execute-api:ManageConnections"],
            "Resource": "arn:aws:execute-api:*:*:*",
        }
    ],
}

_REQUEST_API = Path(__file__).with_name("request_api.py")
_REQUEST_SECONDS = 120


class UnexpectedResponseError(Exception):
    """The script got another response than the tutorial promises."""


def main() -> int:
    """Return the exit status: 0 if every request got the expected response."""
    parser = argparse.ArgumentParser(description="Play the API Gateway tutorial on a local AWS.")
    parser.add_argument("--ministack", metavar="PATH", required=True, help="MiniStack's program")
    arguments = parser.parse_args()
    end_cleanly_on_signals()
    forget_own_aws_account()
    try:
        with local_aws(arguments.ministack) as server:
            say(f"A local AWS is running on {server.endpoint}.")
            try:
                play(server)
            except UnexpectedResponseError as error:
                print(f"tutorial failed: {error}\n{server.log_tail()}", file=sys.stderr)
                return 1
    except LocalAwsError as error:
        print(f"tutorial failed: {error}", file=sys.stderr)
        return 1
    say("Done: only the request with a right signature came through.")
    return 0


def end_cleanly_on_signals() -> None:
    """Make signals unwind the stack, so that the server ends and temporary files are deleted."""
    # Windows has no SIGHUP.
    names = ("SIGHUP", "SIGINT", "SIGTERM")
    signals = [getattr(signal, name) for name in names if hasattr(signal, name)]

    def end(number: int, _frame: object) -> None:
        for each in signals:
            # A second Ctrl-C must not interrupt the cleanup.
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    for each in signals:
        signal.signal(each, end)


def forget_own_aws_account() -> None:
    """Hide the user's AWS settings and HTTP proxies from this process and its children."""
    for name in list(os.environ):
        if name.upper().startswith("AWS_"):
            del os.environ[name]
    os.environ.update(
        AWS_CONFIG_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        NO_PROXY=HOST,
        no_proxy=HOST,
    )


def play(server: LocalAws) -> None:
    """
    Play the steps of the tutorial.

    Raises:
        UnexpectedResponseError: A request got another response than expected.

    """
    with tempfile.TemporaryDirectory(prefix="tutorial-") as folder:
        with closing(client(server, "iam")) as iam:
            create_group(iam, "api-callers", INVOKE_FULL_ACCESS)
            say("IAM: the group api-callers may call every API.")
            access_key = create_user(iam, "api-caller", "api-callers")
            csv = save_access_key(Path(folder, "accessKeys.csv"), access_key)
            say(f"IAM: the user api-caller is in it, with an access key in {csv.name}.")

        with closing(client(server, "apigateway")) as apigateway:
            api_id = create_api(apigateway, "tutorial")
            add_method(apigateway, api_id, root_id(apigateway, api_id), "GET")
            apigateway.create_deployment(restApiId=api_id, stageName=STAGE)
        url = invoke_url(server, api_id)
        say(f"API Gateway: GET {url} is deployed. Its authorization is AWS_IAM.")

        say("Without a signature, the API refuses the request:")
        expect(403, url, "--unsigned")

        say("With a signature by a wrong secret, it refuses the request too:")
        other_key = {**access_key, "SecretAccessKey": "wrong"}
        expect(403, url, "--csv", save_access_key(Path(folder, "wrong.csv"), other_key))

        say("With a signature by the user's access key, it answers:")
        expect(200, url, "--csv", csv)


def client(server: LocalAws, service: str) -> Any:
    """Return a boto3 client for a service, as the root user."""
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=server.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - valid only for the local AWS
    )


def create_group(iam: Any, name: str, document: Mapping[str, Any]) -> None:
    """Create a group with its own policy."""
    iam.create_group(GroupName=name)
    policy = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))
    iam.attach_group_policy(GroupName=name, PolicyArn=policy["Policy"]["Arn"])


def create_user(iam: Any, name: str, group: str | None = None) -> dict[str, Any]:
    """Create a user, and return its access key: ``AccessKeyId``, ``SecretAccessKey`` and more."""
    iam.create_user(UserName=name)
    if group is not None:
        iam.add_user_to_group(GroupName=group, UserName=name)
    return iam.create_access_key(UserName=name)["AccessKey"]


def save_access_key(path: Path, access_key: Mapping[str, Any]) -> Path:
    """Write the file that the console offers for download, readable only by its owner."""
    path.touch(mode=0o600, exist_ok=False)
    row = f"{access_key['AccessKeyId']},{access_key['SecretAccessKey']}"
    # The console writes a byte order mark.
    path.write_text(f"Access key ID,Secret access key\n{row}\n", encoding="utf-8-sig")
    return path


def create_api(apigateway: Any, name: str) -> str:
    """Create a regional REST API without methods, and return its id."""
    api = apigateway.create_rest_api(name=name, endpointConfiguration={"types": ["REGIONAL"]})
    return api["id"]


def root_id(apigateway: Any, api_id: str) -> str:
    """Return the id of the resource ``/``."""
    resources = apigateway.get_resources(restApiId=api_id)["items"]
    return next(resource["id"] for resource in resources if resource["path"] == "/")


def add_method(apigateway: Any, api_id: str, resource_id: str, method: str) -> None:
    """Make the API respond with 200 to a method of a resource, if IAM allows the caller."""
    target = {"restApiId": api_id, "resourceId": resource_id, "httpMethod": method}
    apigateway.put_method(**target, authorizationType="AWS_IAM")
    apigateway.put_method_response(**target, statusCode="200")
    apigateway.put_integration(
        **target, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    apigateway.put_integration_response(
        **target,
        statusCode="200",
        responseTemplates={"application/json": '{"message": "hello from API Gateway"}'},
    )


def invoke_url(server: LocalAws, api_id: str) -> str:
    """Return the URL of the stage; on AWS it is ``https://API_ID.execute-api.REGION.amazonaws.com/STAGE``."""
    return f"{server.endpoint}/_aws/execute-api/{api_id}/{STAGE}"


def expect(status: int, url: str, *options: str | Path) -> None:
    """
    Run request_api.py, and print its output.

    Args:
        status: The expected status of the response.
        url: The URL of the request.
        options: More command-line arguments.

    Raises:
        UnexpectedResponseError: The response has another status, or there is none.

    """
    completed = subprocess.run(  # noqa: S603 - the script next to this one
        [sys.executable, _REQUEST_API, url, "--region", REGION, *options],
        capture_output=True,
        text=True,
        timeout=_REQUEST_SECONDS,
        check=False,
    )
    for line in (completed.stdout + completed.stderr).splitlines():
        say(f"    {line}")
    expected = f"response status: {status}"
    actual, _, _ = completed.stdout.partition("\n")
    if completed.returncode != 0 or actual != expected:
        raise UnexpectedResponseError(
            f"expected {expected!r}, got {actual!r} "
            f"and exit status {completed.returncode} from {_REQUEST_API.name}"
        )


def say(line: str) -> None:
    """Print a line without buffering, even to a pipe."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
