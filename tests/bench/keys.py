"""The credentials that every candidate signs with. They are not valid anywhere."""

from __future__ import annotations

__all__ = ["ACCESS_KEY", "REGION", "SECRET", "TOKEN"]

ACCESS_KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "T" * 400
REGION = "us-east-1"
