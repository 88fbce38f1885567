"""
A pytest plugin with fake credentials, and a local server that verifies requests.

``pip install 'rsigv4[testing]'`` registers it. Its fixtures are `aws_credentials` and
`sigv4_server`. Without pytest, use the server in ``rsigv4.testing.server``.
"""

from __future__ import annotations

try:
    # pytest finds them here, also if a test suite names the plugin itself.
    from rsigv4.testing.plugin import aws_credentials, pytest_runtest_call, sigv4_server
except ModuleNotFoundError as _error:
    if _error.name != "pytest":
        raise

__all__ = ["aws_credentials", "pytest_runtest_call", "sigv4_server"]
