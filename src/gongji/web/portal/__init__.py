"""Pages of an insured person (参保人门户)."""
