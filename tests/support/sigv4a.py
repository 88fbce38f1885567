"""Derives SigV4a's key pair independently of the package, and verifies signatures with it."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["ALGORITHM", "is_signature", "public_key"]

ALGORITHM = "AWS4-ECDSA-P256-SHA256"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def public_key(access_key_id: str, secret_access_key: str) -> ec.EllipticCurvePublicKey:
    """Derive the key that verifies signatures of this access key."""
    for counter in range(1, 255):
        context = access_key_id.encode() + bytes([counter])
        message = b"\x00\x00\x00\x01" + ALGORITHM.encode() + b"\x00" + context + b"\x00\x00\x01\x00"
        digest = hmac.digest(b"AWS4A" + secret_access_key.encode(), message, hashlib.sha256)
        candidate = int.from_bytes(digest, "big")
        if candidate <= _ORDER - 2:
            return ec.derive_private_key(candidate + 1, ec.SECP256R1()).public_key()
    raise AssertionError("there is no key for this secret")


def is_signature(key: ec.EllipticCurvePublicKey, signature: str, string_to_sign: str) -> bool:
    """Return whether hexadecimal digits are a signature of the text."""
    try:
        key.verify(bytes.fromhex(signature), string_to_sign.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
