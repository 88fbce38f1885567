"""The old name of `_clients.prepared_request`, for native modules built before the move."""

from rsigv4._clients.prepared_request import SIGNED_CLASSES, drop_signature

__all__ = ["SIGNED_CLASSES", "drop_signature"]
