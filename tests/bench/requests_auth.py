"""Signing prepared requests of the requests library, in one thread and in two."""

from __future__ import annotations

import time
import warnings
from datetime import datetime, timedelta, timezone

import requests
from aws_requests_auth.aws_auth import AWSRequestsAuth as OriginalAuth
from awscrt import auth as crt
from awscrt import http as crt_http
from botocore.auth import SigV4Auth as BotocoreAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.credentials import RefreshableCredentials
from requests.auth import AuthBase
from requests.hooks import default_hooks
from requests_aws4auth import AWS4Auth

from keys import ACCESS_KEY, REGION, SECRET, TOKEN
from measure import Candidate, each, exists, in_threads, seconds
from report import Topic
from rsigv4 import Credentials
from rsigv4.aws_auth import AWSRequestsAuth

__all__ = [
    "ADAPTER",
    "DROP_IN",
    "HOST",
    "MORE_ROUNDS",
    "REQUESTS",
    "SERVICE",
    "UNSIGNED",
    "UnsignedAuth",
    "drop_in_arguments",
    "measure",
    "prepare",
    "signing",
]

HOST = f"abcdefghij.execute-api.{REGION}.amazonaws.com"
SERVICE = "execute-api"
DROP_IN = "drop-in, rsigv4.aws_auth"
ADAPTER = "rsigv4.requests"
FLOOR = "sets three headers, signs nothing"
#: A request that is signed again each time. Otherwise, each request is signed once.
REUSED = "one request, reused"
#: They stay in the processor's caches, like a request that is signed when it was just prepared.
REQUESTS = 100
#: How many times as many rounds as elsewhere: each is short.
MORE_ROUNDS = 10
#: Enough to make starting the threads count little.
THREADS_REQUESTS = 4_000
NOTE_OF_THREADS = """\
Such a short call keeps the GIL: a second thread doesn't make it faster. These are 4,000 requests;
those above are 100."""
#: How many times longer than setting the headers each may take.
LIMITS = {DROP_IN: 3.5, ADAPTER: 4.0}
#: Headers like those of a signature.
UNSIGNED = {
    "Authorization": "x" * 200,
    "X-Amz-Date": "20130524T000000Z",
    "X-Amz-Content-Sha256": "0" * 64,
}
#: How many times longer than ours each should take, and does take.
PEERS = [("aws-requests-auth", 12, 7.5), ("requests-aws4auth", 100, 13), ("awscrt", 15, 5)]


class UnsignedAuth(AuthBase):
    """Sets the same three headers without signing: a lower bound for signers."""

    def __call__(self, r):
        # `update` takes longer.
        headers = r.headers
        headers["Authorization"] = UNSIGNED["Authorization"]
        headers["X-Amz-Date"] = UNSIGNED["X-Amz-Date"]
        headers["X-Amz-Content-Sha256"] = UNSIGNED["X-Amz-Content-Sha256"]
        return r


def measure(effort):
    # utcnow() of the original, which Python 3.12 deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    return [_get(effort), _other_requests(effort), _threads(effort)]


def _get(effort):
    topic = Topic("A small GET with requests")
    prepared = prepare("GET", effort.count(REQUESTS))
    drop_in, floor = AWSRequestsAuth(**drop_in_arguments()), UnsignedAuth()
    candidates = {
        FLOOR: signing(floor, prepared),
        f"{FLOOR}: {REUSED}": _signing_again(floor, prepared),
        DROP_IN: signing(drop_in, prepared),
        f"{DROP_IN}: {REUSED}": _signing_again(drop_in, prepared),
        "aws-requests-auth": signing(OriginalAuth(**drop_in_arguments()), prepared),
        "requests-aws4auth": signing(AWS4Auth(ACCESS_KEY, SECRET, REGION, SERVICE), prepared),
        "awscrt": signing(_sign_by_awscrt, prepared),
        "botocore": signing(_sign_by_botocore, prepared),
    }
    if exists(ADAPTER):
        from rsigv4.requests import SigV4Auth

        static = SigV4Auth(Credentials(ACCESS_KEY, SECRET), REGION, SERVICE)
        candidates[ADAPTER] = signing(static, prepared)
        candidates[f"{ADAPTER}: {REUSED}"] = _signing_again(static, prepared)
        refreshed = SigV4Auth(_refreshable(), REGION, SERVICE)
        candidates[f"{ADAPTER}, botocore's refreshable credentials"] = signing(refreshed, prepared)
    else:
        topic.missing.append(ADAPTER)
    least = seconds(candidates, MORE_ROUNDS * effort.rounds)
    topic.times(least)
    for ours in (DROP_IN, ADAPTER):
        if ours not in least:
            continue
        topic.at_most(f"{ours} / {FLOOR}", least[ours] / least[FLOOR], LIMITS[ours])
        again = least[f"{ours}: {REUSED}"] / least[f"{FLOOR}: {REUSED}"]
        topic.at_most(f"{ours} / {FLOOR}: {REUSED}", again, LIMITS[ours])
        for peer, bound, reached in PEERS:
            ratio = least[peer] / least[ours]
            topic.at_least(f"{peer} / {ours}", ratio, bound, reached=reached)
    if ADAPTER in least:
        refreshed = least[f"{ADAPTER}, botocore's refreshable credentials"]
        topic.at_most("refreshable / static credentials", refreshed / least[ADAPTER], 1.5)
    return topic


def _other_requests(effort):
    topic = Topic("Other requests with requests")
    kinds = {
        "GET, three parameters": (
            "GET",
            {"params": {"limit": "10", "cursor": "a", "b": "c"}},
            None,
        ),
        "POST of JSON, session token": ("POST", {"json": {"name": "Rex", "kind": "dog"}}, TOKEN),
    }
    for kind, (method, arguments, token) in kinds.items():
        prepared = prepare(method, effort.count(REQUESTS), **arguments)
        least = seconds(
            {
                f"{kind}: nothing signed": signing(UnsignedAuth(), prepared),
                f"{kind}: drop-in": signing(AWSRequestsAuth(**drop_in_arguments(token)), prepared),
                f"{kind}: aws-requests-auth": signing(
                    OriginalAuth(**drop_in_arguments(token)), prepared
                ),
            },
            MORE_ROUNDS * effort.rounds,
        )
        topic.times(least)
    return topic


def _threads(effort):
    """Two threads share the work of one: contention on a lock would cost more."""
    topic = Topic("One auth object in two threads", NOTE_OF_THREADS)
    prepared = prepare("GET", effort.count(THREADS_REQUESTS))
    auths = {DROP_IN: AWSRequestsAuth(**drop_in_arguments())}
    if exists(ADAPTER):
        from rsigv4.requests import SigV4Auth

        auths[ADAPTER] = SigV4Auth(Credentials(ACCESS_KEY, SECRET), REGION, SERVICE)
    else:
        topic.missing.append(ADAPTER)
    for name, auth in auths.items():
        halves = [signing(auth, prepared[::2]), signing(auth, prepared[1::2])]
        one, two = f"{name}, one thread", f"{name}, two threads"
        both = Candidate(
            lambda halves=halves: in_threads([half.run for half in halves]),
            len(prepared),
            lambda halves=halves: [half.renew() for half in halves],
        )
        least = seconds({one: signing(auth, prepared), two: both}, effort.rounds, time.perf_counter)
        topic.times(least)
        topic.at_least(f"one thread / two threads, {name}", least[one] / least[two], 0.9)
    return topic


def signing(auth, prepared):
    """Return the candidate that signs new requests."""
    return each(auth, prepared, _new)


def _new(prepared):
    """Return a copy with hooks of its own, like every prepared request: `copy` shares them."""
    new = prepared.copy()
    new.hooks = default_hooks()
    return new


def _signing_again(auth, prepared):
    """Return the candidate that signs a single request as often."""
    return each(auth, [_new(prepared[0])] * len(prepared))


def prepare(method, count, **arguments):
    # Each has its own URL, as usual; the original's parser caches URLs.
    with requests.Session() as session:
        return [
            session.prepare_request(
                requests.Request(method, f"https://{HOST}/test/pets/{number}", **arguments)
            )
            for number in range(count)
        ]


def drop_in_arguments(token=None):
    return {
        "aws_access_key": ACCESS_KEY,
        "aws_secret_access_key": SECRET,
        "aws_host": HOST,
        "aws_region": REGION,
        "aws_service": SERVICE,
        "aws_token": token,
    }


def _refreshable():
    """Return credentials that botocore refreshes after a day."""
    end = datetime.now(timezone.utc) + timedelta(days=1)
    metadata = {
        "access_key": ACCESS_KEY,
        "secret_key": SECRET,
        "token": None,
        "expiry_time": end.isoformat(),
    }
    return RefreshableCredentials.create_from_metadata(metadata, lambda: metadata, "bench")


_CRT_CREDENTIALS = crt.AwsCredentialsProvider.new_static(ACCESS_KEY, SECRET)


def _sign_by_awscrt(request):
    headers = crt_http.HttpHeaders([("host", HOST)])
    signable = crt_http.HttpRequest(request.method, request.path_url, headers)
    config = crt.AwsSigningConfig(
        algorithm=crt.AwsSigningAlgorithm.V4,
        signature_type=crt.AwsSignatureType.HTTP_REQUEST_HEADERS,
        credentials_provider=_CRT_CREDENTIALS,
        region=REGION,
        service=SERVICE,
        date=datetime.now(timezone.utc),
    )
    crt.aws_sign_request(signable, config).result()
    _set_headers(request, headers)


_BOTOCORE = BotocoreAuth(BotocoreCredentials(ACCESS_KEY, SECRET), SERVICE, REGION)


def _sign_by_botocore(request):
    signed = AWSRequest(request.method, request.url)
    _BOTOCORE.add_auth(signed)
    _set_headers(request, signed.headers.items())


def _set_headers(request, pairs):
    """Set what was added, as `UnsignedAuth` does."""
    headers = request.headers
    for name, value in pairs:
        if name.lower() != "host":
            headers[name] = value
