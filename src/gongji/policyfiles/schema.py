"""A JSON Schema of the policy files for editors, made by watching what the readers ask for (编辑器用的模式)."""

from collections.abc import Callable
from datetime import date, time
from typing import Any, TypeVar

from gongji.core.citation import Citation
from gongji.core.codes import Confidence, Scheme, Term
from gongji.core.money import BasisPoints, Fen
from gongji.policyfiles.facts import FACTS
from gongji.policyfiles.fault import Sheet
from gongji.policyfiles.fund_rules import DEDUCTIBLE_BASES
from gongji.policyfiles.load import UNCITED
from gongji.policyfiles.rules import FACT_RULES, READERS, SUBJECTS
from gongji.policyfiles.table import Table

T = TypeVar("T", bound=Term)

_AMOUNT = {"type": "string", "pattern": r"^\d{1,14}(\.\d{1,2})?$"}
_PERCENT = {"type": "string", "pattern": r"^\d{1,3}(\.\d{1,2})?%$"}
_DAY = {"type": "string", "format": "date"}
_HOUR = {"type": "string", "format": "time"}


class _Probe(Table):
    """A table that notes what a reader asks of it and answers with something harmless."""

    def __init__(self, given: dict[str, Any], properties: dict[str, Any]) -> None:
        super().__init__(Sheet("", ""), "", {})
        self.given = given
        self.properties = properties
        self.required: set[str] = set()

    def fault(self, key: str, text: str) -> None:
        """What is harmless need not be sound."""

    def done(self) -> None:
        """Nothing is left over."""

    def _note(self, key: str, schema: dict[str, Any], *, required: bool = False) -> None:
        if schema or key not in self.properties:
            self.properties[key] = schema
        if required:
            self.required.add(key)

    def value(self, key: str, *, required: bool = False) -> object | None:
        self._note(key, {}, required=required)
        found: object = self.given.get(key)
        return found

    def text(self, key: str, *, required: bool = True) -> str | None:
        self._note(key, {"type": "string", "minLength": 1}, required=required)
        return "x"

    def day(self, key: str, *, required: bool = False) -> date | None:
        self._note(key, _DAY, required=required)
        return date(2000, 1, 1)

    def hour(self, key: str) -> time | None:
        self._note(key, _HOUR, required=True)
        return time.min

    def flag(self, key: str) -> bool | None:
        self._note(key, {"type": "boolean"})
        return True

    def count(self, key: str, *, low: int = 0, high: int = 999, required: bool = False) -> int | None:
        self._note(key, {"type": "integer", "minimum": low, "maximum": high}, required=required)
        return low

    def amount(self, key: str, *, required: bool = True) -> Fen | None:
        self._note(key, _AMOUNT, required=required)
        return 0

    def amount_or(self, key: str, word: str) -> Fen | str | None:
        self._note(key, {"anyOf": [{"const": word}, _AMOUNT]}, required=True)
        return 0

    def amounts(self, key: str) -> tuple[Fen, ...] | None:
        self._note(key, {"type": "array", "minItems": 1, "items": _AMOUNT}, required=True)
        return (0,)

    def percent(self, key: str, *, required: bool = True) -> BasisPoints | None:
        self._note(key, _PERCENT, required=required)
        return 0

    def points(self, key: str) -> BasisPoints | None:
        self._note(key, {"type": "string", "pattern": r"^-?\d{1,3}(\.\d{1,2})?$"}, required=True)
        return 0

    def word(self, key: str, words: tuple[str, ...], *, required: bool = False) -> str | None:
        self._note(key, {"enum": list(words)}, required=required)
        found: str | None = self.given.get(key)
        return found

    def choice(self, key: str, kind: type[T], *, required: bool = False) -> T | None:
        self._note(key, {"enum": [member.value for member in kind]}, required=required)
        return next(iter(kind))

    def choices(self, key: str, kind: type[T], *, required: bool = True) -> tuple[T, ...] | None:
        items = {"enum": [member.value for member in kind]}
        self._note(key, {"type": "array", "uniqueItems": True, "items": items}, required=required)
        return tuple(kind)

    def names(self, key: str) -> tuple[str, ...]:
        self._note(key, {"type": "array", "items": {"type": "string"}})
        return ()

    def rows(self, key: str = "rows") -> tuple[Table, ...]:
        inner = self.properties.get(key, {}).get("items", {}).get("properties", {})
        schema = {"type": "object", "properties": inner, "additionalProperties": False}
        self._note(key, {"type": "array", "minItems": 1, "items": schema}, required=key == "rows")
        # A row may be written with one share or with bands: both are tried.
        return _Probe({}, inner), _Probe({"bands": [], "share": "x"}, inner)


def schema() -> dict[str, Any]:
    """One definition for each kind of file; ``oneOf`` is left to the editor, which knows the file's name."""
    definitions = {subject: _file({rule: f"{subject}.{rule}" for rule in SUBJECTS[subject]}) for subject in SUBJECTS}
    definitions |= {FACTS: _file(FACT_RULES), "region": _region()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "regions/<区划代码>/<主题>.toml",
        "$defs": definitions,
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in definitions],
    }


def _file(rules: dict[str, str]) -> dict[str, Any]:
    blocks = {name: {"type": "array", "items": _block(rule)} for name, rule in rules.items()}
    return {"type": "object", "properties": blocks, "additionalProperties": False}


def _block(name: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "from": _DAY,
        "to": _DAY,
        "scheme": {"enum": [scheme.value for scheme in Scheme]},
        "source": {"type": "string", "minLength": 1},
        "confidence": {"enum": [confidence.value for confidence in Confidence]},
        "verified_on": _DAY,
        "review_by": _DAY,
    }
    required = ["from", "source", "confidence", "verified_on", "review_by"]
    asked = [_watched(READERS[name], given, properties) for given in _ways(name)]
    return {
        "type": "object",
        "properties": properties,
        "required": [*required, *sorted(set.intersection(*asked))],
        "additionalProperties": False,
    }


def _ways(name: str) -> list[dict[str, Any]]:
    """The ways a block may be written, as far as they ask for different keys."""
    if name.endswith(".deductible"):
        return [{"basis": basis} for basis in DEDUCTIBLE_BASES] + [{"same_as": "outpatient"}]
    if name.endswith((".ratio", ".cap")) and not name.startswith("away."):
        return [{}, {"same_as": "outpatient"}]
    return [{}]


def _watched(
    reader: Callable[[Table, Citation], object], given: dict[str, Any], properties: dict[str, Any]
) -> set[str]:
    probe = _Probe({"reductions": [], "points": [], **given}, properties)
    reader(probe, UNCITED)
    return probe.required


def _region() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1}
    properties = {
        "code": {"type": "string", "pattern": r"^\d{6}$"},
        "name": text,
        "aliases": {"type": "array", "items": text},
        "pooling": {"type": "boolean"},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": ["code", "name"],
        "additionalProperties": False,
    }
