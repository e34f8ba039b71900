"""Answers that are computed by a written rule and not by a network: one row a rule.

A manifest names its rule as `[runner] rule = "<name>"`; such a package has no weights.
"""

from __future__ import annotations

from medimg.inference.rules import ct_lungs
from medimg.inference.rules.rule import Rule

#: By the name that a manifest uses.
RULES: dict[str, Rule] = {"ct-lungs": ct_lungs.rule}
