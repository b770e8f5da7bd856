"""The rules as this site has set them: what `crm.kpi.rates` and `facts` are told."""

from __future__ import annotations

from fractions import Fraction

from core.settings import settings
from crm.kpi.rates import Rules


def rules() -> Rules:
    found = settings()
    return Rules(
        target=Fraction(str(found.rate_target)),
        least=found.rate_least,
        short_abandon=found.short_abandon_seconds,
    )
