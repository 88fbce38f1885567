# The Postman collection, run by Postman's own runner.

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from unittest import mock
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

import tutorial
from rsigv4 import Credentials
from rsigv4.wsgi import SigV4Middleware
from support.servers.ministack import EXAMPLES, unique

COLLECTION = EXAMPLES / "postman_collection.json"
REGION = "eu-central-1"
UNSIGNED, SIGNED = "Without a signature", "With an AWS signature"


@pytest.fixture(scope="module")
def api_gateway(ministack):
    """Return the URL and the access key of the tutorial's API."""
    name = unique("postman")
    with mock.patch.dict(os.environ):
        tutorial.forget_own_aws_account()
        with contextlib.closing(tutorial.client(ministack, "iam")) as iam:
            tutorial.create_group(iam, name, tutorial.INVOKE_FULL_ACCESS)
            access_key = tutorial.create_user(iam, name, name)
        with contextlib.closing(tutorial.client(ministack, "apigateway")) as client:
            api_id = tutorial.create_api(client, name)
            tutorial.add_method(client, api_id, tutorial.root_id(client, api_id), "GET")
            client.create_deployment(restApiId=api_id, stageName=tutorial.STAGE)
    credentials = Credentials(access_key["AccessKeyId"], access_key["SecretAccessKey"])
    return tutorial.invoke_url(ministack, api_id), credentials


class SilentHandler(WSGIRequestHandler):
    def log_message(self, *_arguments):
        pass


@pytest.fixture(scope="module", params=[None, "to/ken+="], ids=["permanent", "temporary"])
def middleware(request):
    """Return the URL of our middleware, and the only access key that it accepts."""
    credentials = Credentials("AKIDEXAMPLE", "se/cr+et", request.param)

    def application(_environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"hello"]

    protected = SigV4Middleware(
        application,
        lambda key: credentials if key == credentials.access_key_id else None,
        region=REGION,
        service="execute-api",
    )
    with make_server("127.0.0.1", 0, protected, handler_class=SilentHandler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/test?b=2&a=1%202", credentials
        server.shutdown()
        thread.join()


@pytest.fixture
def run(newman, tmp_path):
    def run(url, credentials, **changed):
        """Return the names and statuses of the responses, and the names of failed tests."""
        variables = {
            "url": url,
            "region": REGION,
            "accessKey": credentials.access_key_id,
            "secretKey": credentials.secret_access_key,
            "sessionToken": credentials.session_token or "",
            **changed,
        }
        # In a file, because the list of processes shows arguments.
        values = [{"key": key, "value": value} for key, value in variables.items()]
        environment = tmp_path / "environment.json"
        environment.write_text(json.dumps({"name": "tests", "values": values}))
        report = tmp_path / "report.json"
        completed = subprocess.run(  # noqa: S603 - Postman's runner
            [
                *(newman, "run", COLLECTION, "--environment", environment),
                *("--reporters", "json", "--reporter-json-export", report),
            ],
            env={"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert report.exists(), completed.stdout + completed.stderr
        executions = json.loads(report.read_text())["run"]["executions"]
        statuses = {each["item"]["name"]: each["response"]["code"] for each in executions}
        failed = [
            assertion["assertion"]
            for each in executions
            for assertion in each["assertions"]
            if "error" in assertion
        ]
        assert sum(len(each["assertions"]) for each in executions) == len(executions)
        assert (completed.returncode == 0) == (not failed)
        return statuses, failed

    return run


def test_api_gateway_accepts_only_the_signed_request(run, api_gateway):
    assert run(*api_gateway) == ({UNSIGNED: 403, SIGNED: 200}, [])


def test_middleware_accepts_only_the_signed_request(run, middleware):
    assert run(*middleware) == ({UNSIGNED: 403, SIGNED: 200}, [])


@pytest.mark.parametrize(
    "changed", [{"region": "us-east-1"}, {"secretKey": "wrong"}, {"sessionToken": "wrong"}]
)
def test_wrong_variables_are_refused(run, middleware, changed):
    statuses, failed = run(*middleware, **changed)
    assert statuses == {UNSIGNED: 403, SIGNED: 403}
    assert failed == ["API Gateway accepts the request: 200"]


def test_collection_has_no_values_of_anyone():
    collection = json.loads(COLLECTION.read_text())
    variables = {each["key"]: each["value"] for each in collection["variable"]}
    assert variables == {
        "url": "https://API_ID.execute-api.us-east-1.amazonaws.com/test",
        "region": "us-east-1",
        "accessKey": "",
        "secretKey": "",
        "sessionToken": "",
    }
