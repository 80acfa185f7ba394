"""Evaluations.

    python -m evals ir --data DIR [--json]     the product's retrieval on a collection in BEIR format
    python -m evals report [--json] [--quick]  the quality on the labelled cases; writes docs/quality-report.md
    python -m evals report --saved             writes the report again from the last measurement
    python -m evals report --search            measures what the search decides and keeps what the judge alone decides
    python -m evals report --write-floors      records the floors that `make test` watches
    python -m evals ablation [--json]          what each part of the ranking is worth; writes docs/measurements/ablation.json
    python -m evals bench [--json] [--quick] [--only NAME ...]  speed and memory; writes docs/measurements/bench.json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from core.errors import GroundworkError
from core.settings import Settings, load_settings
from evals.bench.run import MEASUREMENTS
from evals.ir import evaluate_collection


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one evaluation. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m evals", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    ir = commands.add_parser("ir", help="evaluate retrieval on a collection in BEIR format")
    ir.add_argument("--data", type=Path, required=True, help="folder with corpus.jsonl, queries.jsonl, qrels.tsv")
    ir.add_argument("--json", action="store_true")
    ir.set_defaults(run=run_ir)
    report = commands.add_parser("report", help="measure the quality on the labelled cases")
    report.add_argument("--json", action="store_true")
    kind = report.add_mutually_exclusive_group()
    kind.add_argument("--quick", action="store_true", help="only what the floors watch, on the development cases; writes nothing")
    kind.add_argument("--saved", action="store_true", help="measure nothing; write the report again from the last measurement")
    kind.add_argument("--search", action="store_true", help="measure what the search decides; keep what the judge alone decides")
    kind.add_argument("--write-floors", action="store_true", help="measure what the floors watch and record it")
    report.set_defaults(run=run_quality)
    ablation = commands.add_parser("ablation", help="search with parts of the ranking left out")
    ablation.add_argument("--json", action="store_true")
    ablation.set_defaults(run=run_ablation)
    bench = commands.add_parser("bench", help="measure speed and memory against what Groundwork is made of")
    bench.add_argument("--json", action="store_true")
    bench.add_argument("--quick", action="store_true", help="two topics and few rounds; writes nothing")
    names = ", ".join(MEASUREMENTS)
    bench.add_argument("--only", nargs="+", metavar="NAME", default=[], choices=MEASUREMENTS, help=f"some of: {names}")
    bench.set_defaults(run=run_speed)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options, load_settings()))
    except GroundworkError as error:
        print(error.explain(), file=sys.stderr)
        return 1


def run_ir(options: argparse.Namespace, settings: Settings) -> int:
    """Evaluate retrieval on a collection."""
    report = evaluate_collection(options.data, settings)
    if options.json:
        print(json.dumps(report))
    else:
        print(f"{'':10}{'nDCG@10':>10}{'recall@100':>12}{'MRR@10':>10}{'queries/s':>12}")
        for name, s in report["systems"].items():
            print(f"{name:10}{s['ndcg@10']:>10.4f}{s['recall@100']:>12.4f}{s['mrr@10']:>10.4f}{s['qps']:>12.1f}")
    return 0


def run_quality(options: argparse.Namespace, settings: Settings) -> int:
    """Measure the quality on the labelled cases."""
    from evals.report import format_terminal, run_report

    if options.write_floors:
        from evals.quality.floors import FLOORS_FILE, write_floors
        from evals.quality.measure import measure_floors, open_bench

        write_floors(measure_floors(open_bench(settings)))
        print(f"Recorded in {FLOORS_FILE.name}.", file=sys.stderr)
        return 0
    measured = run_report(settings, options.quick, options.saved, options.search)
    print(json.dumps(measured, ensure_ascii=False) if options.json else format_terminal(measured))
    return 0


def run_ablation(options: argparse.Namespace, settings: Settings) -> int:
    """Measure what each part of the ranking is worth."""
    from evals.ablation import measure_ablation
    from evals.quality.measure import index_shipped
    from evals.tables import describe_json

    result = measure_ablation(index_shipped(settings))
    print(json.dumps(result, ensure_ascii=False) if options.json else describe_json(result))
    return 0


def run_speed(options: argparse.Namespace, settings: Settings) -> int:
    """Measure speed and memory."""
    from evals.bench.run import format_goals, run_bench

    result = run_bench(settings, options.only, options.quick)
    print(json.dumps(result, ensure_ascii=False) if options.json else format_goals(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
