"""`python -m bench.readme`: the figures of the last `make bench` into README.md, between its two marks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
NAMES = {
    "open loop": "mixed desk work, 80 requests a second",
    "create": "register a ticket",
    "list 50 JSON": "list of 50, API",
    "list 50 HTML": "dispatcher's queue, page",
    "detail JSON": "one ticket, API",
    "detail HTML": "one ticket, page",
    "search": "search",
    "status query": "SMS: how does it stand?",
}


def table(figures: dict[str, Any]) -> str:
    lines = [
        f"{figures['tickets']:,} tickets; {figures['machine']}; web, worker, database and the load on the same machine. "
        f"{figures['clients']} clients that wait for their answers, but for the first row. *Floor*: what PostgreSQL alone "
        "does in the same run: `pgbench` with as many clients, the statements of one such request as they went to the "
        "server, prepared, in their order, each its own transaction, as we send them. *Processor*: milliseconds a request "
        "costs web, worker, PostgreSQL and load together; it hardly depends on who else uses the machine.",
        "",
        "| | a second | floor | p50 ms | p95 ms | p99 ms | processor ms |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for key, name in NAMES.items():
        if key in figures:
            f = figures[key]
            floor = f"{f['floor']:,.0f}" if f["floor"] else ""
            cpu = f"{sum(f['cpu'].values()):.1f}" if f.get("cpu") else ""
            lines.append(
                f"| {name} | {f['per_second']:,.0f} | {floor} | {f['p50']:.0f} | {f['p95']:.0f} | {f['p99']:.0f} | {cpu} |"
            )
    memory = figures["memory"]
    return "\n".join(
        [*lines, "", f"Memory under that load: {memory['all_mb']:.0f} MB in all ({memory['parts']})."]
    )


def main() -> None:
    figures = json.loads((ROOT / "var" / "bench" / "figures.json").read_text())
    readme = ROOT / "README.md"
    block = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    written = block.sub(lambda _: f"{BEGIN}\n{table(figures)}\n{END}", readme.read_text())
    readme.write_text(written)


if __name__ == "__main__":
    main()
