"""Where the time of a small GET is spent: in requests, in Python, in SHA-256 or in the core."""

from __future__ import annotations

import time
import warnings
from operator import attrgetter

from aws_requests_auth.aws_auth import AWSRequestsAuth as OriginalAuth
from requests import PreparedRequest

from core import ADAPTERS_REQUEST, BLOCKS, DROP_INS_REQUEST, seconds_of_the_core
from keys import ACCESS_KEY, REGION, SECRET
from measure import seconds, seconds_of_a_block
from report import Topic
from requests_auth import (
    ADAPTER,
    DROP_IN,
    MORE_ROUNDS,
    REQUESTS,
    SERVICE,
    UnsignedAuth,
    drop_in_arguments,
    prepare,
    signing,
)
from rsigv4 import Credentials
from rsigv4.aws_auth import AWSRequestsAuth
from rsigv4.requests import SigV4Auth

__all__ = ["measure"]

ORIGINAL = "aws-requests-auth"
HEADERS = "three items of requests' headers set"
#: What the core signs for each.
SIGNED = {DROP_IN: DROP_INS_REQUEST, ADAPTER: ADAPTERS_REQUEST}
#: They may have changed since the last call.
ATTRIBUTES = (
    "aws_access_key",
    "aws_secret_access_key",
    "aws_token",
    "aws_region",
    "service",
    "aws_host",
    "also_sign",
    "get_aws_request_headers",
    "get_aws_request_headers_handler",
)
REQUEST_ATTRIBUTES = ("method", "url", "body", "headers", "hooks")
NOTE = """\
The first rows are parts of signing, each measured by itself: in Python, and the core in Rust. The
response hook and the class of the request keep redirects safe. *All else* is the call, reading and
checking Python's objects, and converting the headers to Python strings."""


def measure(effort):
    # utcnow() of the original, which Python 3.12 deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    drop_in = AWSRequestsAuth(**drop_in_arguments())
    read_attributes = attrgetter(*ATTRIBUTES)
    calls = {
        DROP_IN: drop_in,
        ADAPTER: SigV4Auth(Credentials(ACCESS_KEY, SECRET), REGION, SERVICE),
        "nothing": lambda _: None,
        "set": UnsignedAuth(),
        "names": read_names,
        "hook": lambda r: r.hooks["response"].append(None),
        "class": change_class,
        "clock": lambda _: time.time(),
        "attributes": lambda _: read_attributes(drop_in),
        "attributes of the request": attrgetter(*REQUEST_ATTRIBUTES),
    }
    prepared = prepare("GET", effort.count(REQUESTS))
    least = seconds(
        {
            **{name: signing(call, prepared) for name, call in calls.items()},
            ORIGINAL: signing(OriginalAuth(**drop_in_arguments()), prepared),
        },
        MORE_ROUNDS * effort.rounds,
    )
    block = seconds_of_a_block(effort)
    nothing = least["nothing"]
    both = {
        HEADERS: least["set"] - nothing,
        "five attributes of the request": least["attributes of the request"],
        "its response hook": least["hook"] - nothing,
        "its class": least["class"] - nothing,
        "the clock": least["clock"] - nothing,
    }
    attributes = {"nine attributes of the auth": least["attributes"] - nothing}
    names = {"the names of requests' headers": least["names"] - nothing}
    return [
        account(least, DROP_IN, {**both, **attributes}, block),
        account(least, ADAPTER, {**both, **names}, block),
    ]


def account(least, name, parts, block):
    """Return the parts that every signer has, and the rest of this one's time."""
    topic = Topic(f"Where the time of a small GET goes: {name}", NOTE)
    signed = SIGNED[name]
    hashing = BLOCKS[signed] * block
    parts[f"SHA-256, {BLOCKS[signed]} blocks"] = hashing
    parts["the rest of the core"] = seconds_of_the_core()[signed] - hashing
    needed = sum(parts.values())
    topic.times({**parts, "all else": least[name] - needed, "together": least[name]})
    floor = parts[HEADERS]
    topic.figures.append((f'all parts but "all else" / {HEADERS}', f"{needed / floor:.3g} times"))
    topic.figures.append(
        (f'{ORIGINAL} / all parts but "all else"', f"{least[ORIGINAL] / needed:.3g} times")
    )
    return topic


class _Signed(PreparedRequest):
    pass


def change_class(r):
    r.__class__ = _Signed


def read_names(r):
    for _ in r.headers:
        pass
