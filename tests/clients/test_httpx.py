"""Hooks and transports of httpx and httpx2 that change headers."""

from __future__ import annotations

import pickle

import pytest

from support.clients.httpx_kinds import every_kind, every_library
from support.signing import CREDENTIALS, SIGNATURE, TEMPORARY, TOKEN

TOKEN_NAME = "X-Amz-Security-Token"


def copy_and_assign(request):
    # Like OpenTelemetry's transports.
    headers = type(request.headers.copy())(request.headers)
    headers["traceparent"] = "00-1-2-03"
    request.headers = headers


def assign_dict(request):
    request.headers = type(request.headers.copy())(dict(request.headers))


def assign_items(request):
    request.headers = type(request.headers.copy())(request.headers.multi_items())


def assign_raw(request):
    request.headers = type(request.headers.copy())(request.headers.raw)


def update_with_all(request):
    request.headers.update(dict(request.headers))


def set_token(request):
    if TOKEN_NAME in request.headers:
        request.headers[TOKEN_NAME] = request.headers[TOKEN_NAME]


def remove_and_set_token(request):
    if TOKEN_NAME in request.headers:
        request.headers[TOKEN_NAME] = request.headers.pop(TOKEN_NAME)


def remove_and_update_token(request):
    if TOKEN_NAME in request.headers:
        request.headers.update({TOKEN_NAME: request.headers.pop(TOKEN_NAME)})


def remove_and_assign_token(request):
    if TOKEN_NAME in request.headers:
        headers = dict(request.headers)
        del request.headers[TOKEN_NAME]
        copy_and_assign(request)
        request.headers.update(headers)


CHANGES = [
    copy_and_assign,
    assign_dict,
    assign_items,
    assign_raw,
    update_with_all,
    set_token,
    remove_and_set_token,
    remove_and_update_token,
    remove_and_assign_token,
]
every_change = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
every_place = pytest.mark.parametrize("place", ["hook", "before"])


@every_kind
@every_place
@every_change
def test_signature_stays_only_on_its_request(kind, place, change, server, other):
    server.redirects["/first"] = 302, other.url("/second")

    kind.send(server.url("/first"), **{place: change})

    assert [arrived.error for arrived in server.arrived] == [""]
    assert server.arrived[0].authorization is not None
    (second,) = other.arrived
    assert second.names().isdisjoint(SIGNATURE)
    assert TOKEN not in str(second.head)


@every_kind
@every_place
@every_change
def test_redirect_to_the_same_origin_is_signed_again(kind, place, change, server):
    server.redirects["/first"] = 302, "/second"

    response = kind.send(server.url("/first"), headers=[("X-Own", "1")], **{place: change})

    assert response.status_code == 200
    last = server.arrived[-1]
    assert (last.target, last.error, last.head.value("x-own")) == ("/second", "", "1")


@every_kind
def test_header_that_a_transport_adds_to_a_copy_arrives(kind, server):
    kind.send(server.url(), before=copy_and_assign)

    assert server.arrived[0].head.value("traceparent") == "00-1-2-03"


@every_kind
def test_replaced_header_is_not_sent_to_another_origin(kind, server, other):
    server.redirects["/first"] = 302, other.url("/second")
    own = [("X-Amz-Date", "20000101T000000Z")]

    kind.send(server.url("/first"), before=copy_and_assign, headers=own)
    kind.send(server.url("/first"), headers=own)

    assert [arrived.error for arrived in server.arrived] == [""] * 2
    assert [arrived.head.value("x-amz-date") for arrived in other.arrived] == [None] * 2


@every_kind
@pytest.mark.parametrize("raw", [True, False])
def test_new_request_of_a_transport_is_signed_only_with_raw_headers(kind, raw, server):
    def build(library, request):
        return library.Request(
            request.method,
            request.url,
            headers=request.headers.raw if raw else request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )

    kind.send(server.url(), build=build)

    assert server.arrived[0].status == (200 if raw else 403)


@every_kind
@pytest.mark.parametrize("name", ["X-Trace", "User-Agent"])
def test_update_in_a_hook_arrives(kind, name, server):
    kind.send(server.url(), hook=lambda request: request.headers.update({name: "mine"}))

    assert server.arrived[0].error == ""
    assert server.arrived[0].head.values(name.lower()) == [b"mine"]


def plain(request, library):
    return library.Headers(request.headers.raw)


MUTATIONS = {
    "set": lambda headers: headers.__setitem__("X-New", "1"),
    "set own": lambda headers: headers.__setitem__("accept", "1"),
    "set repeated": lambda headers: headers.__setitem__("X-Many", "1"),
    "set date": lambda headers: headers.__setitem__("x-amz-date", "1"),
    "delete": lambda headers: headers.__delitem__("Accept"),
    "delete token": lambda headers: headers.__delitem__("x-amz-security-token"),
    "pop": lambda headers: headers.pop("x-many"),
    "pop date": lambda headers: headers.pop("X-Amz-Date"),
    "pop none": lambda headers: headers.pop("X-None", "default"),
    "setdefault": lambda headers: headers.setdefault("X-New", "1"),
    "setdefault own": lambda headers: headers.setdefault("Accept", "1"),
    "setdefault date": lambda headers: headers.setdefault("X-Amz-Date", "1"),
    "update": lambda headers: headers.update({"X-New": "1", "ACCEPT": "2", "X-Amz-Date": "3"}),
    "update pairs": lambda headers: headers.update([("X-New", "1"), ("x-new", "2")]),
    "update bytes": lambda headers: headers.update([(b"X-Amz-Date", b"1"), (b"x-many", b"2")]),
    "update pairs of date": lambda headers: headers.update(
        [("X-Amz-Date", "1"), ("x-amz-date", "2")]
    ),
    "update none": lambda headers: headers.update(),
    "clear": lambda headers: headers.clear(),
    "put back": lambda headers: headers.__setitem__("x-amz-date", headers.pop("x-amz-date")),
    "encoding": lambda headers: setattr(headers, "encoding", "iso-8859-1"),
    "set not ascii": lambda headers: headers.__setitem__("X-New", "é"),
}


@every_library
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_signed_headers_behave_like_unsigned_ones(kind, mutation):
    many = [("X-Many", "a, b"), ("x-many", "c"), ("X-Amz-Date", "20000101T000000Z")]
    request = kind.signed([("Accept", "text/plain"), *many])
    expected = plain(request, kind.library)
    headers = request.headers
    assert headers == expected

    assert MUTATIONS[mutation](headers) == MUTATIONS[mutation](expected)

    assert sorted(headers.raw) == sorted(expected.raw)
    assert sorted(headers.multi_items()) == sorted(expected.multi_items())
    assert (headers.encoding, len(headers), bool(headers)) == (
        expected.encoding,
        len(expected),
        bool(expected),
    )
    assert list(headers) == list(headers.keys())
    assert sorted(headers) == sorted(expected)
    assert sorted(headers.values()) == sorted(expected.values())
    assert dict(headers) == dict(headers.items()) == dict(expected)
    for name in ("X-Many", "x-new", "ACCEPT", "X-Amz-Date", TOKEN_NAME, "X-None"):
        assert (name in headers) == (name in expected)
        assert headers.get(name) == expected.get(name)
        for split in (False, True):
            assert headers.get_list(name, split) == expected.get_list(name, split)
    assert headers == expected
    assert expected == headers
    assert headers == headers  # noqa: PLR0124
    assert headers == request.headers.raw
    assert (headers != expected) is False
    expected["X-Other"] = "1"
    assert headers != expected
    assert TOKEN not in repr(headers)


@every_library
@pytest.mark.parametrize("own", [[("X-Own", "1")], [("X-Own", "1"), ("X-Own", "2")]], ids=len)
def test_repr_is_that_of_the_library_with_redacted_values(kind, own):
    headers = kind.signed(own).headers
    expected = repr(kind.library.Headers([*own, (TOKEN_NAME, "***")]))

    for name in set(headers) - {"x-own", TOKEN_NAME.lower()}:
        del headers[name]
    assert repr(headers) == expected


@every_library
def test_copy_has_no_signature(kind):
    headers = kind.signed({"X-Own": "1"}).headers

    for copied in (headers.copy(), kind.library.Headers(headers)):
        assert copied["X-Own"] == "1"
        assert SIGNATURE.isdisjoint(copied)


@every_library
@pytest.mark.parametrize("delete", ["pop", "__delitem__"])
def test_deleted_header_is_missing_in_copies(kind, delete):
    """The request may have had its own header, which the signature replaced."""
    request = kind.signed([("X-Amz-Date", "20000101T000000Z"), ("X-Own", "1")])
    getattr(request.headers, delete)("x-amz-date")

    for copied in (request.headers.copy(), kind.library.Headers(request.headers)):
        assert "X-Amz-Date" not in copied
    request.headers = request.headers.copy()
    assert "X-Amz-Date" not in request.headers
    assert {"X-Own", "Authorization"} <= {name.title() for name in request.headers}


@every_library
def test_missing_header_is_an_error(kind):
    headers = kind.signed().headers
    del headers[TOKEN_NAME]

    for name in (TOKEN_NAME, "X-None"):
        with pytest.raises(KeyError, match=name):
            headers[name]
        with pytest.raises(KeyError, match=name):
            del headers[name]


@every_library
def test_headers_of_another_signed_request_lose_their_signature(kind):
    request, another = kind.signed(), kind.signed({"X-Own": "1"})
    another.headers["Authorization"] = "another"
    authorization = request.headers["Authorization"]

    request.headers = another.headers

    assert request.headers["X-Own"] == "1"
    assert request.headers.get_list("Authorization") == [authorization]


@every_library
def test_any_form_of_headers_can_be_assigned_to_a_signed_request(kind):
    for headers in ({"X-Own": "1"}, [("X-Own", "1")], [(b"X-Own", b"1")]):
        request = kind.signed()
        expected = request.headers["Authorization"]

        request.headers = headers

        assert (request.headers["X-Own"], request.headers["Authorization"]) == ("1", expected)


@every_library
def test_own_headers_can_be_assigned_again(kind):
    request = kind.signed()
    del request.headers[TOKEN_NAME]
    headers = request.headers

    request.headers = headers

    assert request.headers is headers
    assert TOKEN_NAME not in headers


@every_library
def test_changes_of_assigned_headers_do_not_reach_the_source(kind):
    request = kind.signed()
    former = request.headers
    before = former.raw
    copy_and_assign(request)

    del request.headers[TOKEN_NAME]
    request.headers["X-Amz-Date"] = "1"

    assert former.raw == before


@every_library
def test_signed_request_can_be_pickled(kind):
    request = kind.signed({"X-Own": "1"})

    copied = pickle.loads(pickle.dumps(request))  # noqa: S301
    copy_and_assign(copied)

    assert isinstance(copied, kind.library.Request)
    for name in ("X-Own", "Authorization", TOKEN_NAME):
        assert copied.headers[name] == request.headers[name]


@every_library
def test_request_signed_twice_has_the_second_signature(kind):
    request = kind.signed()
    copy_and_assign(request)
    auth = kind.auth(TEMPORARY, "eu-west-1", "execute-api")

    next(auth.sync_auth_flow(request))

    assert request.headers["traceparent"]
    (authorization,) = request.headers.get_list("Authorization")
    assert "/eu-west-1/" in authorization


@every_library
def test_request_signed_twice_keeps_the_hash_of_the_caller(kind):
    name = "X-Amz-Content-Sha256"
    request = kind.signed({name: "UNSIGNED-PAYLOAD"})
    copy_and_assign(request)

    next(kind.auth(TEMPORARY, "us-east-1", "execute-api").sync_auth_flow(request))

    assert request.headers.get_list(name) == ["UNSIGNED-PAYLOAD"]


@every_library
def test_request_signed_twice_has_no_token_of_the_first_signature(kind):
    request = kind.signed()

    next(kind.auth(CREDENTIALS, "us-east-1", "execute-api").sync_auth_flow(request))

    assert TOKEN_NAME not in request.headers


@every_library
def test_headers_that_two_requests_share_have_the_signature_of_each(kind):
    auth = kind.auth(TEMPORARY, "us-east-1", "execute-api")
    shared = kind.library.Headers({"Host": "example.com"})
    requests = [kind.library.Request("GET", f"https://example.com/{name}") for name in "ab"]
    for request in requests:
        request.headers = shared
        next(auth.sync_auth_flow(request))

    first, second = (request.headers.get_list("Authorization") for request in requests)
    assert len(first) == len(second) == 1
    assert first != second


@every_library
def test_headers_that_requests_share_have_no_signature(kind):
    shared = kind.library.Headers({"Host": "example.com", TOKEN_NAME: "own"})
    request = kind.library.Request("GET", "https://example.com/")
    request.headers = shared
    next(kind.auth(TEMPORARY, "us-east-1", "execute-api").sync_auth_flow(request))

    assert "Authorization" in request.headers
    assert type(shared) is kind.library.Headers
    assert shared.multi_items() == [("host", "example.com"), (TOKEN_NAME.lower(), "own")]


@every_library
def test_own_token_is_sent_and_not_copied(kind):
    request = kind.library.Request("GET", "https://example.com/", headers={TOKEN_NAME: "own"})
    next(kind.auth(CREDENTIALS, "us-east-1", "execute-api").sync_auth_flow(request))

    assert request.headers.get_list(TOKEN_NAME) == ["own"]
    assert TOKEN_NAME not in request.headers.copy()


@every_library
def test_subclass_of_a_request_stays_one(kind):
    class Own(kind.library.Request):
        pass

    request = Own("GET", "https://example.com/")
    next(kind.auth(TEMPORARY, "us-east-1", "execute-api").sync_auth_flow(request))

    assert type(request) is Own
    assert "Authorization" in request.headers
