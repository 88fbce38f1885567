# Each script of docs/recipes/ is run as it is, against a server that verifies what arrives.

from __future__ import annotations

import json
import re

import pytest

from rsigv4 import explain
from support.pages import REPOSITORY, scripts
from support.servers.stand_in import stand_in
from support.signing import ACCESS_KEY, SECRET, TOKEN

FOLDER = REPOSITORY / "docs" / "recipes"
#: For each script of a page: its hosts, and the service that AWS expects.
SERVICES = {
    "bedrock": [("bedrock-runtime.eu-central-1.amazonaws.com", "bedrock")] * 2,
    "custom-domain": [("api.example.com", "execute-api")],
    "lambda-urls": [("abcdefghijklmnopqrstuvwxyz12.lambda-url.eu-central-1.on.aws", "lambda")] * 2,
    "opensearch": [
        ("search-logs-a1b2c3d4.eu-central-1.es.amazonaws.com", "es"),
        ("a1b2c3d4e5f6g7h8i9j0.eu-central-1.aoss.amazonaws.com", "aoss"),
        ("search-logs-a1b2c3d4.eu-central-1.es.amazonaws.com", "es"),
    ],
    "vpc-lattice": [
        (
            "orders-0a1b2c3d4e5f.7d67968.vpc-lattice-svcs.eu-central-1.on.aws",
            "vpc-lattice-svcs",
        ),
        ("orders.example.com", "vpc-lattice-svcs"),
    ],
}
RECIPES = [
    pytest.param(script, *expected, id=f"{name}-{number}")
    for name, services in SERVICES.items()
    for number, (script, expected) in enumerate(
        zip(scripts(FOLDER / f"{name}.md"), services), start=1
    )
]


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)


@pytest.mark.parametrize(("script", "host", "service"), RECIPES)
def test_recipe_signs_what_aws_expects(script, host, service, authority, capsys):
    with stand_in(authority, host) as server:
        server.accept(ACCESS_KEY, SECRET, TOKEN)
        exec(compile(script, host, "exec"), {"__name__": "__main__"})  # noqa: S102 - our recipe
    (arrived,) = server.arrived
    assert arrived.error == ""
    assert arrived.head.value("host").removesuffix(":443") == host
    scope = arrived.authorization.scope
    assert (scope.region, scope.service) == ("eu-central-1", service)
    assert "x-amz-content-sha256" in arrived.authorization.signed_headers
    is_unsigned = arrived.head.value("x-amz-content-sha256") == "UNSIGNED-PAYLOAD"
    assert is_unsigned == (service == "vpc-lattice-svcs")
    assert capsys.readouterr().out


def test_every_script_is_run():
    assert {path.stem for path in FOLDER.glob("*.md")} == set(SERVICES)
    for name, services in SERVICES.items():
        assert len(scripts(FOLDER / f"{name}.md")) == len(services)


@pytest.mark.parametrize("name", SERVICES)
def test_explain_knows_each_refusal(name):
    section = (
        (FOLDER / f"{name}.md").read_text(encoding="utf-8").partition("## What a 403 means")[2]
    )
    messages = re.findall(r"^> `(.+)`$", section, re.MULTILINE)
    assert messages
    for message in messages:
        if message.startswith("{"):
            json.loads(message)
        assert explain(message).causes, message
