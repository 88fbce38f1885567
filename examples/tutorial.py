"""
Play the tutorial: from a REST API and an IAM user to a signed request that API Gateway accepts.

A local server replaces AWS, boto3 replaces the clicks in the console, and Postman's runner replaces
Postman. Your AWS account, its configuration and your files are not touched.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

import boto3

from local_aws import HOST, LocalAws, LocalAwsError, local_aws
from tutorial_output import (
    UnexpectedResponseError,
    console,
    print_call,
    print_script,
    run,
    say,
    shown,
    step,
)

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

_EXAMPLES = Path(__file__).parent
_REQUEST_API = _EXAMPLES / "request_api.py"
_COLLECTION = _EXAMPLES / "postman_collection.json"

_BY_HAND = """
Try it by hand, in another terminal, in the folder {folder}

The script; change its SECRET_KEY, and API Gateway refuses the request:
    $ {python} {script}

curl, without a signature and with one:
    $ curl -i {url}
    $ curl -i {url} --aws-sigv4 aws:amz:{region}:execute-api --user "$(tail -n 1 {csv} | tr , :)"

The command of rsigv4, which explains each refusal:
    $ {rsigv4} request {url} --unsigned
    $ {rsigv4} request {url} --csv {csv} --region {region} --service execute-api

Postman: import these two files, select the environment "tutorial", and send both requests:
    {collection}
    {environment}

To stop the server and delete these files, press Ctrl-C, or run: kill {process}
"""


def main() -> int:
    """Return the exit status: 0 if every request got the expected response."""
    parser = argparse.ArgumentParser(description="Play the API Gateway tutorial on a local AWS.")
    parser.add_argument("--ministack", metavar="PATH", required=True, help="MiniStack's program")
    parser.add_argument(
        "--newman", metavar="PATH", default="newman", help="Postman's runner (default: %(default)s)"
    )
    parser.add_argument("--keep", action="store_true", help="leave the server running at the end")
    arguments = parser.parse_args()
    end_cleanly_on_signals()
    forget_own_aws_account()
    try:
        with local_aws(arguments.ministack) as server:
            say(f"A local AWS is running on {server.endpoint}.")
            try:
                newman: str = arguments.newman
                play(server, shutil.which(newman), keep=arguments.keep)
            except UnexpectedResponseError as error:
                print(f"tutorial failed: {error}\n{server.log_tail()}", file=sys.stderr)
                return 1
    except LocalAwsError as error:
        print(f"tutorial failed: {error}", file=sys.stderr)
        return 1
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


def play(server: LocalAws, newman: str | None, *, keep: bool) -> None:
    """
    Play the steps of the tutorial.

    Args:
        server: The local AWS.
        newman: The path of Postman's runner; None if it is not installed.
        keep: Whether to wait at the end, so that you can use the API.

    Raises:
        UnexpectedResponseError: A request got another response than expected.

    """
    with tempfile.TemporaryDirectory(prefix="tutorial-") as name:
        folder = Path(name)

        step(1, "Create a REST API in API Gateway, with IAM authorization")
        console("Create API > REST API; Create method > GET, AWS IAM; Deploy API > stage test")
        with closing(client(server, "apigateway", printed=True)) as apigateway:
            api_id = create_api(apigateway, "tutorial")
            add_method(apigateway, api_id, root_id(apigateway, api_id), "GET")
            apigateway.create_deployment(restApiId=api_id, stageName=STAGE)
        url = invoke_url(server, api_id)
        say(f"    The invoke URL is {url}")

        with closing(client(server, "iam", printed=True)) as iam:
            step(2, "Create an IAM group that may call the API")
            console("User groups > Create group > AmazonAPIGatewayInvokeFullAccess")
            create_group(iam, "api-callers", INVOKE_FULL_ACCESS)

            step(3, "Create an IAM user in the group, and an access key")
            console("Users > Create user; Security credentials > Create access key > .csv file")
            access_key = create_user(iam, "api-caller", "api-callers")
        csv = save_access_key(folder / "accessKeys.csv", access_key)
        say(f"    The access key is in {csv}")
        environment = write_environment(folder / "postman_environment.json", url, access_key)

        step(4, "Call the API from Postman, without a signature: 403")
        if newman is None:
            say("    Postman's runner is not installed: the command of rsigv4 replaces it.")
            run(shown(rsigv4()), "request", url, "--unsigned", status=22)
        else:
            run_collection(newman, "Without a signature", environment)

        step(5, "Call the API from Postman, with the authorization AWS Signature: 200")
        if newman is None:
            scope = ("--region", REGION, "--service", "execute-api")
            run(shown(rsigv4()), "request", url, "--csv", str(csv), *scope)
        else:
            run_collection(newman, "With an AWS signature", environment)

        step(6, "Call the API from a script: 200")
        print_script(_REQUEST_API)
        script = write_script(folder / "request_api.py", url, access_key)
        say(f"    {script} is this script, with the URL and the access key of steps 1 and 3.")
        output = run(shown(sys.executable), str(script))
        if not output.startswith("200 "):
            raise UnexpectedResponseError(f"expected status 200 in the output of {script.name}")

        say("\nDone: only the requests with a right signature came through.")
        if keep:
            say(
                _BY_HAND.format(
                    folder=Path.cwd(),
                    python=shown(sys.executable),
                    script=script,
                    url=url,
                    region=REGION,
                    csv=csv,
                    rsigv4=shown(rsigv4()),
                    collection=shown(_COLLECTION),
                    environment=environment,
                    process=os.getpid(),
                )
            )
            # A signal is how to end it, not a failure.
            with suppress(SystemExit):
                while True:
                    time.sleep(3600)
            return
        say("To try it by hand, run: make demo KEEP=1")


def client(server: LocalAws, service: str, *, printed: bool = False) -> Any:
    """
    Return a boto3 client for a service, as the root user.

    Args:
        server: The local AWS.
        service: Such as ``"iam"``.
        printed: Whether to print its calls.

    """
    made = cast("Any", boto3).client(  # It has no types.
        service,
        region_name=REGION,
        endpoint_url=server.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - valid only for the local AWS
    )
    if printed:
        made.meta.events.register(f"provide-client-params.{service}", print_call)
    return made


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
    access_key: dict[str, Any] = iam.create_access_key(UserName=name)["AccessKey"]
    return access_key


def save_access_key(path: Path, access_key: Mapping[str, Any]) -> Path:
    """Write the file that the console offers for download, readable only by its owner."""
    row = f"{access_key['AccessKeyId']},{access_key['SecretAccessKey']}"
    # The console writes a byte order mark.
    return _write_secret(path, f"Access key ID,Secret access key\n{row}\n", "utf-8-sig")


def create_api(apigateway: Any, name: str) -> str:
    """Create a regional REST API without methods, and return its id."""
    api = apigateway.create_rest_api(name=name, endpointConfiguration={"types": ["REGIONAL"]})
    return str(api["id"])


def root_id(apigateway: Any, api_id: str) -> str:
    """Return the id of the resource ``/``."""
    resources = apigateway.get_resources(restApiId=api_id)["items"]
    return next(str(resource["id"]) for resource in resources if resource["path"] == "/")


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


def write_environment(path: Path, url: str, access_key: Mapping[str, Any]) -> Path:
    """Write an environment with the variables of the Postman collection."""
    variables = {
        "url": url,
        "region": REGION,
        "accessKey": access_key["AccessKeyId"],
        "secretKey": access_key["SecretAccessKey"],
        "sessionToken": "",
    }
    values = [{"key": key, "value": value, "enabled": True} for key, value in variables.items()]
    return _write_secret(path, json.dumps({"name": "tutorial", "values": values}, indent=2))


def write_script(path: Path, url: str, access_key: Mapping[str, Any]) -> Path:
    """Write a copy of request_api.py with other constants."""
    script = _REQUEST_API.read_text(encoding="utf-8")
    constants = {
        "URL": url,
        "REGION": REGION,
        "ACCESS_KEY": access_key["AccessKeyId"],
        "SECRET_KEY": access_key["SecretAccessKey"],
    }
    lines = [
        f"{name} = {json.dumps(constants[name])}\n" if name in constants else line
        for line in script.splitlines(keepends=True)
        for name in [line.partition(" = ")[0]]
    ]
    return _write_secret(path, "".join(lines))


def _write_secret(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding=encoding)
    return path


def run_collection(newman: str, request: str, environment: Path) -> None:
    """Run a request of the Postman collection, and its test of the response's status."""
    run(
        *(shown(newman), "run", shown(_COLLECTION), "--environment", str(environment)),
        *("--folder", request, "--reporter-cli-no-banner", "--reporter-cli-no-summary"),
    )


def rsigv4() -> str:
    """Return the path of the command, which is installed beside Python."""
    return str(Path(sys.executable).with_name("rsigv4"))


if __name__ == "__main__":
    sys.exit(main())
