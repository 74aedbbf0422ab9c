"""The figures of a run as a picture (SVG), for readers who want to see rather than read (结果图)."""

from typing import Any, Final
from xml.sax.saxutils import escape

_WIDTH: Final = 760
_LEFT: Final = 300
_BAR: Final = 22
_GAP: Final = 14
_TOP: Final = 56
_LONGEST: Final = _WIDTH - _LEFT - 150
_OURS: Final = "#0b6e4f"
_OTHERS: Final = "#8a94a0"

_BARS: Final = (
    ("engine_settlements_per_s", "gongji, engine in process", _OURS),
    ("http_settlements_per_s", "gongji, 2207 over HTTP", _OURS),
    ("preview_per_s", "gongji, 2206 over HTTP", _OURS),
    ("hot_account_per_s", "gongji, one family's account", _OURS),
    ("pgbench_tps", "pgbench TPC-B, best", _OTHERS),
    ("hordak_transfers_per_s", "django-hordak, checked transfers", _OTHERS),
)


def draw(figures: dict[str, Any]) -> str:
    """An SVG of settlements (or transactions) a second, with the ratio to pgbench beside each bar."""
    shown = [(figures[key], label, colour) for key, label, colour in _BARS if figures.get(key)]
    scale = _LONGEST / max(value for value, _, _ in shown)
    height = _TOP + len(shown) * (_BAR + _GAP) + 34
    title = f"Settlements a second, durable commits, {figures['cpus']} cores, PostgreSQL {figures['postgres']}"
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
            f'font-family="sans-serif" font-size="14"><title>{escape(title)}</title>'
        ),
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="30" font-size="16" font-weight="bold" fill="#1c2733">{escape(title)}</text>',
    ]
    for number, (value, label, colour) in enumerate(shown):
        lines += _bar(_TOP + number * (_BAR + _GAP), value, value * scale, label, colour, figures["pgbench_tps"])
    note = f"median of {figures['runs']} run(s); beside each bar the ratio to pgbench in the same run"
    lines.append(f'<text x="16" y="{height - 14}" font-size="12" fill="#5b6875">{escape(note)}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _bar(top: int, value: float, length: float, label: str, colour: str, yardstick: float) -> list[str]:
    middle = top + _BAR - 6
    told = f"{value:,.0f} ({value / yardstick:.2f} ×)"
    return [
        f'<text x="{_LEFT - 10}" y="{middle}" text-anchor="end" fill="#1c2733">{escape(label)}</text>',
        f'<rect x="{_LEFT}" y="{top}" width="{max(length, 1):.0f}" height="{_BAR}" fill="{colour}"/>',
        f'<text x="{_LEFT + length + 8:.0f}" y="{middle}" fill="#1c2733">{told}</text>',
    ]
