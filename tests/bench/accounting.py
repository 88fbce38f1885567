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
)
REQUEST_ATTRIBUTES = ("method", "url", "body", "headers", "hooks")
NOTE = """\
The first rows are parts of signing, each measured by itself: in Python, and the core in Rust. The
response hook and the class of the request keep redirects safe. *All else* is the call, reading and
checking Python's objects, converting the headers to Python strings, and what each part takes longer
than in a loop of its own. The comparisons say what would remain if all else took no time."""


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
    block, core = seconds_of_a_block(effort), seconds_of_the_core()
    nothing = least["nothing"]
    both = {
        HEADERS: least["set"] - nothing,
        "five attributes of the request": least["attributes of the request"],
        "its response hook": least["hook"] - nothing,
        "its class": least["class"] - nothing,
        "the clock": least["clock"] - nothing,
    }
    attributes = {"six attributes of the auth": least["attributes"] - nothing}
    names = {"the names of requests' headers": least["names"] - nothing}
    return [
        account(least, DROP_IN, {**both, **attributes}, core, block),
        account(least, ADAPTER, {**both, **names}, core, block),
    ]


def account(least, name, parts, core, block):
    """Return the time of each part of a signer, and the rest of its time."""
    topic = Topic(f"Where the time of a small GET goes: {name}", NOTE)
    signed = SIGNED[name]
    hashing = BLOCKS[signed] * block
    parts[f"SHA-256, {BLOCKS[signed]} blocks"] = hashing
    parts["the rest of the core"] = core[signed] - hashing
    needed = sum(parts.values())
    whole = {"all else": least[name] - needed, "together": least[name], ORIGINAL: least[ORIGINAL]}
    topic.times({**parts, **whole})
    topic.ratio(f'together without "all else" / {HEADERS}', needed / parts[HEADERS])
    topic.ratio(f'{ORIGINAL} / together without "all else"', least[ORIGINAL] / needed)
    return topic


class _Signed(PreparedRequest):
    pass


def change_class(r):
    r.__class__ = _Signed


def read_names(r):
    for _ in r.headers:
        pass
