"""
A pytest plugin: credentials that open nothing, and a local server that holds clients to them.

Installed with ``rsigv4[testing]``, it is there without an import. Its fixtures are
`aws_credentials` and `sigv4_server`. Without pytest there is the server, in
``rsigv4.testing.server``.
"""

from __future__ import annotations

try:
    # pytest finds them here, and so do those who name the plugin themselves.
    from rsigv4.testing.plugin import aws_credentials, pytest_runtest_call, sigv4_server
except ModuleNotFoundError as error:
    if error.name != "pytest":
        raise

__all__ = ["aws_credentials", "pytest_runtest_call", "sigv4_server"]
