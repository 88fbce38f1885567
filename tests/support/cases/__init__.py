"""Refusals as people paste them: own texts, in the shapes of public threads, by kind."""

from __future__ import annotations

from support.cases.edited import EDITED
from support.cases.others import OTHERS
from support.cases.pasted import PASTED
from support.cases.presigned import PRESIGNED
from support.cases.reasons import REASONS
from support.cases.refusal import Refusal
from support.cases.secrets import SECRETS
from support.cases.signers import SIGNERS
from support.cases.words import WORDS

__all__ = ["REFUSALS", "Refusal"]

REFUSALS = [*PRESIGNED, *SIGNERS, *WORDS, *OTHERS, *EDITED, *REASONS, *SECRETS, *PASTED]
