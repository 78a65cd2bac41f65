"""Latencies as a table of Markdown, and as a picture."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

ROW, LABEL, WIDTH, RIGHT = 30, 190, 420, 90
BARS = (("p50", "#4169a8", 1.0), ("p95", "#4169a8", 0.5), ("p99", "#4169a8", 0.25))

Latencies = Mapping[str, Mapping[str, float]]


def table(latencies: Latencies, done: Mapping[str, int]) -> str:
    """Return a line for each thing that was done."""
    lines = ["| what | how often | p50 | p95 | p99 |", "|---|---|---|---|---|"]
    for name, each in latencies.items():
        cells = " | ".join(f"{each[f'took_{point}_ms']:.0f} ms" for point, _, _ in BARS)
        lines.append(f"| {name} | {done[name]} | {cells} |")
    return "\n".join(lines)


def svg(latencies: Latencies) -> str:
    """Return a picture with a bar for each thing that was done: dark to p50, lighter to p95, lightest to p99."""
    most = max(each["took_p99_ms"] for each in latencies.values()) or 1
    height = ROW * len(latencies) + ROW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LABEL + WIDTH + RIGHT} {height}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="13" fill="#777">',
        "<title>Latencies of a mixed day: p50, p95 and p99 in milliseconds</title>",
    ]
    for row, (name, each) in enumerate(latencies.items()):
        top = row * ROW + 8
        parts.append(f'<text x="{LABEL - 10}" y="{top + 14}" text-anchor="end">{escape(name)}</text>')
        for point, colour, opacity in reversed(BARS):
            length = max(1, each[f"took_{point}_ms"] / most * WIDTH)
            parts.append(
                f'<rect x="{LABEL}" y="{top}" width="{length:.1f}" height="18" fill="{colour}" opacity="{opacity}"/>'
            )
        end = LABEL + each["took_p99_ms"] / most * WIDTH + 6
        parts.append(f'<text x="{end:.1f}" y="{top + 14}">{each["took_p99_ms"]:.0f} ms</text>')
    parts.append(f'<text x="{LABEL}" y="{height - 6}">dark: p50, lighter: p95, lightest: p99</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
