"""The old name of `_clients.prepared_request`, for native modules built before the move."""

from rsigv4._clients.prepared_request import after_response

__all__ = ["after_response"]
