"""Sentences of templates with places for values (带空位的句子)."""

from markupsafe import Markup, escape


def filled(sentence: str, **values: object) -> Markup:
    """A sentence with values in its named places: as a whole, since in English they stand in another order."""
    return Markup(escape(sentence)).format(**values)  # noqa: S704 it is escaped, and what is filled in gets escaped
