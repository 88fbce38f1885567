"""Headers of signed httpx and httpx2 requests. Copies of them have no signature."""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from rsigv4._core import SIGNATURE_HEADERS, redact_header

if TYPE_CHECKING:
    from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
    from typing import Any

    class _LibraryHeaders(MutableMapping[str, str]):
        """The class of httpx or httpx2, which follows in the MRO."""

        def __init__(self, headers: Any) -> None: ...
        @property
        def encoding(self) -> str: ...
        @encoding.setter
        def encoding(self, value: str) -> None: ...
        @property
        def raw(self) -> list[tuple[bytes, bytes]]: ...
        def update(self, headers: Any = None) -> None: ...  # type: ignore[override]
        def __getitem__(self, key: str) -> str: ...
        def __setitem__(self, key: str, value: str) -> None: ...
        def __delitem__(self, key: str) -> None: ...

else:
    _LibraryHeaders = MutableMapping

__all__ = ["SignedHeaders", "SignedRequest"]


@lru_cache
def _names_with(added: tuple[str, ...]) -> frozenset[bytes]:
    """Return the names of all headers of signatures, and those added, in lowercase."""
    return frozenset(name.lower().encode() for name in (*SIGNATURE_HEADERS, *added))


class SignedRequest:
    """
    A request that keeps its signature when its headers are replaced.

    OpenTelemetry's transports replace the headers by a copy, which has no signature. The request
    that follows a redirect is a new request without a signature.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "headers":
            current = self.__dict__.get(name)
            if isinstance(current, SignedHeaders) and value is not current:
                value = current.moved_to(value)
        super().__setattr__(name, value)


class SignedHeaders(_LibraryHeaders):
    """
    Headers with a signature. A copy has no signature.

    httpx copies a request's headers for a redirect to any origin, without calling an auth. So the
    base class, which is copied, contains no `SIGNATURE_HEADERS` and no other header that signing
    sets. This class stores those separately, and reads and writes their names only there.

    Args:
        unsigned: The request's headers, of the library's class or pairs of bytes.
        signature: The headers that signing adds or replaces.
        pairs: The names and values of headers without a signature, if they are known already.

    """

    #: The library's own class.
    _Headers: Any

    def __init__(
        self,
        unsigned: Any,
        signature: Mapping[str, str],
        pairs: list[tuple[bytes, bytes]] | None = None,
    ) -> None:
        # The library copies its own headers without reading them.
        super().__init__(unsigned)
        if pairs is None:
            pairs = super().raw
        self._names = names = _names_with(tuple(signature))
        self._signature = [(name.encode(), value.encode()) for name, value in signature.items()]
        self._own = [pair for pair in pairs if pair[0].lower() in names]
        if self._own:
            super().__init__([pair for pair in pairs if not self._is_of_signature(pair)])
            replaced = {name.lower() for name, _ in self._signature}
            self._signature[:0] = [pair for pair in self._own if pair[0].lower() not in replaced]

    def _is_of_signature(self, pair: tuple[bytes, bytes]) -> bool:
        return pair[0].lower() in self._names

    def _is_name_of_signature(self, key: str) -> bool:
        return key.lower().encode() in self._names

    def _values(self, key: str) -> list[str]:
        """Return the values of a header that belongs to the signature."""
        lowercase, encoding = key.lower().encode(), self.encoding
        return [
            value.decode(encoding) for name, value in self._signature if name.lower() == lowercase
        ]

    def _change(self, change: Callable[[Any], None]) -> None:
        """Change the headers that belong to the signature."""
        headers = self._Headers(self._signature)
        change(headers)
        self._signature = headers.raw

    @property
    def unsigned(self) -> list[tuple[bytes, bytes]]:
        """The headers before signing."""
        return [*super().raw, *self._own]

    def moved_to(self, headers: Any) -> SignedHeaders:
        """Return other headers with this signature, which they may already contain."""
        others = [pair for pair in self._Headers(headers).raw if not self._is_of_signature(pair)]
        moved = type(self)(others, {})
        moved._names, moved._own = self._names, self._own  # noqa: SLF001
        moved._signature = self._signature  # noqa: SLF001
        return moved

    def _all(self) -> Any:
        return self._Headers(self.raw, self.encoding)

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        return [*super().raw, *self._signature]

    def multi_items(self) -> list[tuple[str, str]]:
        return cast("list[tuple[str, str]]", self._all().multi_items())

    def get_list(self, key: str, split_commas: bool = False) -> list[str]:  # noqa: FBT001, FBT002
        return cast("list[str]", self._all().get_list(key, split_commas))

    def keys(self) -> KeysView[str]:
        # httpx makes a dict for the cookies of each response, which reads the keys and each value.
        encoding = self.encoding
        return {name.lower().decode(encoding): "" for name, _ in self.raw}.keys()

    def values(self) -> ValuesView[str]:
        return cast("ValuesView[str]", self._all().values())

    def items(self) -> ItemsView[str, str]:
        return cast("ItemsView[str, str]", self._all().items())

    def update(self, headers: Any = None) -> None:  # type: ignore[override]
        signature: list[tuple[bytes, bytes]] = []
        others: list[tuple[bytes, bytes]] = []
        for pair in self._Headers(headers).raw:
            (signature if self._is_of_signature(pair) else others).append(pair)
        super().update(others)
        self._change(lambda headers: headers.update(signature))

    def __getitem__(self, key: str) -> str:
        if self._is_name_of_signature(key):
            values = self._values(key)
            if not values:
                raise KeyError(key)
            return ", ".join(values)
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: str) -> None:
        if self._is_name_of_signature(key):
            self._change(lambda headers: headers.__setitem__(key, value))
        else:
            super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        if self._is_name_of_signature(key):
            self._change(lambda headers: headers.__delitem__(key))
        else:
            super().__delitem__(key)

    def __contains__(self, key: Any) -> bool:
        if self._is_name_of_signature(key):
            return bool(self._values(key))
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.raw)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SignedHeaders):
            other = other.raw
        return bool(self._Headers(self.raw) == other)

    def __repr__(self) -> str:
        # httpx itself does not hide session tokens.
        pairs = [(name, redact_header(name, value)) for name, value in self.multi_items()]
        unique = dict(pairs)
        shown = unique if len(unique) == len(pairs) else pairs
        return f"{self._Headers.__name__}({shown!r})"

    __hash__ = None  # type: ignore[assignment]
