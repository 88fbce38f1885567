"""The old name of `_clients.refreshing`, for native modules that were built before the move."""

from rsigv4._clients.refreshing import RefreshingCredentials

__all__ = ["RefreshingCredentials"]
