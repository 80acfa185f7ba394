"""python -m evals.judge train [--split questions|topics] [--weights FILE] | average --start FILE --other FILE | score

`train` makes weights from a seed, `average` takes the mean of two files; `score` prints how they do on questions (or topics) that they
have not seen. Made weights go to the data folder unless --weights names another file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from core.judge import WEIGHTS_FILE, Judge
from core.models import packaged_model_dir
from core.settings import load_settings
from evals.judge.score import judge_figures
from evals.judge.selection import CLAIMS_SHARE, SCORED_PAIRS, sample_pairs, select, thin
from evals.judge.train import EPOCHS, LEARNING_RATE, average, train
from evals.quality.figures import print_figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Train or score. Returns the exit status."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m evals.judge", description=__doc__, formatter_class=raw)
    commands = parser.add_subparsers(dest="command", required=True)
    made = load_settings().data_dir / WEIGHTS_FILE.name  # never the shipped ones, whose hash is checked at load
    for name in ("train", "average", "score"):
        command = commands.add_parser(name)
        command.add_argument("--split", choices=("questions", "topics"), default="questions")
        command.add_argument("--weights", type=Path, default=WEIGHTS_FILE if name == "score" else made)
        command.add_argument("--start", type=Path, help="continue from these weights")
        command.add_argument("--other", type=Path, help="average the ones of --start with these weights")
        command.add_argument("--share", type=float, default=0.5, help="of --other in the average")
        command.add_argument("--rate", type=float, default=LEARNING_RATE)
        command.add_argument("--epochs", type=int, default=EPOCHS)
        command.add_argument("--seed", type=int, default=0, help="of the first epoch's pairs; the next ones count on")
        command.add_argument("--limit", type=int, help="use at most this many pairs of an epoch, or score this many")
        command.add_argument("--claims", type=float, default=CLAIMS_SHARE, help="share of `claims/` in a limited epoch")
        command.add_argument("--learners", type=float, help="share of learners' answers in a limited epoch; as they come by default")
        command.add_argument("--twins", type=float, help="share of key points and their false twins, likewise")
        command.add_argument("--noise", type=float, help="share of text that says nothing, likewise")
        command.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if options.command == "average":
        if not (options.start and options.other):
            parser.error("average needs two files: --start and --other")
        average(options.start, options.other, options.weights, options.share)
        return 0
    _, development, test = select(options.split)
    if options.command == "train":
        seeds = range(options.seed, options.seed + options.epochs)  # every epoch draws other answers, filling and faults
        wanted = {"claim": options.claims, "learner": options.learners, "twin": options.twins, "noise": options.noise}
        shares = {form: share for form, share in wanted.items() if share is not None}
        epochs = [thin(select(options.split, seed)[0], options.limit, seed, shares) for seed in seeds]
        print(f"{sum(map(len, epochs))} pairs in {len(epochs)} epochs", file=sys.stderr)
        train(epochs, development, options.weights, options.start, options.rate, options.seed)
        return 0
    judge = Judge(packaged_model_dir(), options.weights)
    print_figures(judge_figures(sample_pairs(test, options.limit or SCORED_PAIRS), judge), options.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
