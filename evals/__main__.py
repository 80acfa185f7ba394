"""`python -m evals ir --data DIR [--json]`: the product's retrieval on a collection in BEIR format."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from core.errors import GroundworkError
from core.settings import load_settings
from evals.ir import evaluate_collection


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one evaluation. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    ir = commands.add_parser("ir", help="evaluate retrieval on a collection in BEIR format")
    ir.add_argument("--data", type=Path, required=True, help="folder with corpus.jsonl, queries.jsonl, qrels.tsv")
    ir.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    try:
        report = evaluate_collection(options.data, load_settings())
    except GroundworkError as error:
        print(error.explain(), file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(report))
    else:
        print(f"{'':10}{'nDCG@10':>10}{'recall@100':>12}{'MRR@10':>10}{'queries/s':>12}")
        for name, s in report["systems"].items():
            print(f"{name:10}{s['ndcg@10']:>10.4f}{s['recall@100']:>12.4f}{s['mrr@10']:>10.4f}{s['qps']:>12.1f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
