"""Credentials that expire, and are refreshed before they do."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

from rsigv4._core import Credentials, SigningKey
from rsigv4.exceptions import (
    ExpiredCredentialsError,
    InvalidCredentialsError,
    MissingCredentialsError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

__all__ = ["RefreshingCredentials", "freeze_async"]

#: Credentials are refreshed this many seconds before they expire, and used until then.
_REFRESH_SECONDS = 300
#: A failed refresh is retried after this many seconds, as long as the credentials are valid.
_RETRY_SECONDS = 30

_log = logging.getLogger("rsigv4")

# The calls of providers on the current stack. Each is a list with the RefreshingCredentials that
# made the call. It is emptied when the call returns, because tasks of a provider may outlive it.
_calls: ContextVar[tuple[list[RefreshingCredentials], ...]] = ContextVar("_calls", default=())


class RefreshingCredentials:
    """
    The credentials that a callable returns, cached until shortly before they expire.

    Only one thread or task calls it at a time. As long as the cached credentials are valid, the
    others don't wait for it, and an error is only logged. Credentials without an expiry time are
    not cached.

    Args:
        refresh: A function that returns ``Credentials`` or an object with
            ``get_frozen_credentials()``. Async clients also accept a coroutine function.

    """

    def __init__(self, refresh: Callable[[], Any]) -> None:
        self._refresh = refresh
        self._cached: Any = None
        self._retry_at = 0.0
        self._unlock()
        _instances.add(self)

    def get_frozen_credentials(self) -> Any:
        """
        Return credentials for one signature.

        Raises:
            ExpiredCredentialsError: The cached credentials have expired and can't be refreshed, or
                the callable returned expired ones.
            InvalidCredentialsError: The callable returns something else, or is a coroutine
                function, or asks for these credentials itself.
            MissingCredentialsError: The callable returns None.

        """
        if self._is_async:
            raise InvalidCredentialsError(
                f"credentials are provided by the coroutine function {self._name}: "
                "use it with an async client, or pass a plain function"
            )
        if self._is_fresh():
            return self._cached
        if not self._lock.acquire(blocking=self._must_wait()):
            return self._cached
        try:
            # Another thread may have refreshed them in the meantime.
            if self._is_fresh():
                return self._cached
            return self._cache(self._checked_credentials(self._call()))
        except Exception as error:  # noqa: BLE001 - raised again unless cached ones are valid
            return self._cached_or_raise(error)
        finally:
            self._lock.release()

    async def get_frozen_credentials_async(self) -> Any:
        """Return credentials for one signature, without blocking the event loop."""
        if self._is_fresh():
            return self._cached
        must_wait = self._must_wait()
        if not self._is_async:
            return await _in_thread(self.get_frozen_credentials)
        lock = self._lock_of_this_run()
        if lock.locked() and not must_wait:
            return self._cached
        async with lock:
            try:
                if self._is_fresh():
                    return self._cached
                return self._cache(self._checked_credentials(await self._call_async()))
            except Exception as error:  # noqa: BLE001 - as above
                return self._cached_or_raise(error)

    @property
    def _name(self) -> str:
        return getattr(self._refresh, "__qualname__", type(self._refresh).__qualname__)

    @property
    def _is_async(self) -> bool:
        call = getattr(self._refresh, "__call__", None)  # noqa: B004 - an object may define one
        return _is_coroutine_function(self._refresh) or _is_coroutine_function(call)

    def _seconds_left(self) -> float:
        if self._cached is None:
            return 0
        return float(self._cached.expires_at.timestamp() - time.time())

    def _must_wait(self) -> bool:
        """Return whether to wait for a running refresh; raise if that would be a deadlock."""
        if self._seconds_left() > 0:
            return False
        if any(self in call for call in _calls.get()):
            raise InvalidCredentialsError(
                f"{self._name} asks for credentials while providing them: "
                "don't use a signer in it that takes its credentials from it"
            )
        return True

    def _call(self) -> Any:
        with self._calling():
            return self._refresh()

    async def _call_async(self) -> Any:
        with self._calling():
            return await self._refresh()

    @contextmanager
    def _calling(self) -> Generator[None]:
        call: list[RefreshingCredentials] = [self]
        token = _calls.set((*_calls.get(), call))
        try:
            yield
        finally:
            call.clear()
            _calls.reset(token)

    def _unlock(self) -> None:
        self._lock = threading.Lock()
        self._locks: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    def _is_fresh(self) -> bool:
        left = self._seconds_left()
        return left > _REFRESH_SECONDS or (left > 0 and time.time() < self._retry_at)

    def _cache(self, credentials: Any) -> Any:
        self._cached = credentials if getattr(credentials, "expires_at", None) else None
        self._retry_at = 0.0
        return credentials

    def _cached_or_raise(self, error: Exception) -> Any:
        """Return the cached credentials after a failed refresh; raise if they have expired."""
        left = self._seconds_left()
        if left > 0:
            self._retry_at = time.time() + _RETRY_SECONDS
            _log.warning(
                "%s can't refresh the credentials (%s: %s); the cached ones expire in %d seconds",
                self._name,
                type(error).__name__,
                error,
                left,
            )
            return self._cached
        if self._cached is None:
            raise error
        raise ExpiredCredentialsError(
            f"the credentials of {self._name} have expired, and it can't refresh them: {error}"
        ) from error

    def _checked_credentials(self, returned: Any) -> Any:
        if returned is None:
            raise MissingCredentialsError(
                f"the credentials provider returned None: {self._name} found no credentials"
            )
        freeze = getattr(returned, "get_frozen_credentials", None)
        credentials = returned if freeze is None else freeze()
        if isinstance(credentials, SigningKey):
            return credentials
        if not isinstance(credentials, Credentials):
            if not hasattr(credentials, "secret_key"):
                what = type(returned).__name__
                # They may be the secret itself, and tracebacks may show local variables.
                del returned, credentials
                raise InvalidCredentialsError(
                    f"credentials are provided by {self._name}, which returned {what}: "
                    "it must return Credentials"
                )
            return credentials
        if credentials.expires_at and credentials.expires_at.timestamp() <= time.time():
            raise ExpiredCredentialsError(
                f"the credentials that {self._name} returned have expired: let it get new ones"
            )
        return credentials

    def _lock_of_this_run(self) -> Any:
        """Return the lock for the event loop that runs in this thread."""
        run, new_lock = _this_run()
        with self._lock:
            return self._locks.setdefault(run, new_lock())

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._refresh,)


_instances: WeakSet[RefreshingCredentials] = WeakSet()


def _unlock_all() -> None:
    for instance in _instances:
        instance._unlock()  # noqa: SLF001 - the same module


if hasattr(os, "register_at_fork"):
    # The threads that held a lock don't exist in a forked child process.
    os.register_at_fork(after_in_child=_unlock_all)


async def freeze_async(provider: Any) -> Any:
    """
    Return credentials for one signature from any provider, without blocking the event loop.

    Args:
        provider: Anything that constructors of signers accept.

    """
    if isinstance(provider, RefreshingCredentials):
        return await provider.get_frozen_credentials_async()
    freeze = getattr(provider, "get_frozen_credentials", None)
    if freeze is None:
        return provider
    if _is_coroutine_function(freeze):
        return await freeze()
    return await _in_thread(freeze) if _may_block(provider) else freeze()


def _may_block(provider: Any) -> bool:
    refresh_needed = getattr(provider, "refresh_needed", None)
    if refresh_needed is not None:
        # botocore uses the network only if this returns true.
        return bool(refresh_needed())
    botocore = sys.modules.get("botocore.credentials")
    return botocore is None or type(provider) is not botocore.Credentials


def _is_coroutine_function(function: Any) -> bool:
    # Its import takes longer than all of this package, and few clients need it.
    import inspect  # noqa: PLC0415

    return inspect.iscoroutinefunction(function)


def _this_run() -> tuple[Any, Callable[[], Any]]:
    import asyncio  # noqa: PLC0415 - slow, too

    try:
        return asyncio.get_running_loop(), asyncio.Lock
    except RuntimeError:
        # The only other library that runs coroutines is trio, which then has been imported.
        trio = sys.modules["trio"]
        return trio.lowlevel.current_trio_token(), trio.Lock


async def _in_thread(function: Callable[[], Any]) -> Any:
    run, _ = _this_run()
    if hasattr(run, "run_in_executor"):
        return await run.run_in_executor(None, function)
    return await sys.modules["trio"].to_thread.run_sync(function)
