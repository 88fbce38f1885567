"""Drop-in for the signers in ``opensearchpy.helpers``."""
