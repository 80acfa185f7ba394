"""python -m evals.judge train [--split questions|topics] [--output FILE] | score [--weights FILE] [--json]

`train` reproduces the shipped weights from a seed; `score` prints how they do on questions (or topics) that they have not seen.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from core.judge import WEIGHTS_FILE
from evals.judge.data import UNSEEN_TOPICS, Pair, build_pairs, split_of
from evals.judge.train import EPOCHS, LEARNING_RATE, train

EASY_SHARE = 0.5
SCORED_PAIRS = 6000


def select(which: str, seed: int = 0) -> tuple[list[Pair], list[Pair], list[Pair]]:
    """Training, development and test pairs of a seed. `topics`: the first stage, tested on topics it has not seen; `questions`: everything
    but the test questions, tested on these."""
    pairs = build_pairs(seed)
    development = [pair for pair in pairs if split_of(pair.question) == "development"]
    train = [pair for pair in pairs if split_of(pair.question) == "train"]
    if which == "topics":
        unseen = [pair for pair in pairs if pair.topic in UNSEEN_TOPICS]
        return [pair for pair in train if pair.topic not in UNSEEN_TOPICS], development, unseen
    return train, development, [pair for pair in pairs if split_of(pair.question) == "test"]


def thin(pairs: list[Pair], limit: int | None, seed: int = 0) -> list[Pair]:
    """At most `limit` pairs: learners' answers first, then whole groups, drawn at random; of pairs that are easy to tell (unrelated ones)
    only EASY_SHARE."""
    random_ = random.Random(seed)  # noqa: S311 - not for security
    kept = [pair for pair in pairs if pair.label != "unrelated" or pair.form == "learner" or random_.random() < EASY_SHARE]
    rank: dict[str, float] = {}
    ranked = [(pair.form != "learner", rank.setdefault(pair.group, random_.random()) if pair.group else random_.random()) for pair in kept]
    return [kept[place] for place in sorted(range(len(kept)), key=ranked.__getitem__)][:limit]


def sample_pairs(pairs: list[Pair], count: int) -> list[Pair]:
    """Some of the pairs, drawn at random, always the same."""
    shuffled = list(pairs)
    random.Random(0).shuffle(shuffled)  # noqa: S311 - not for security
    return shuffled[:count]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train or score. Returns the exit status."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m evals.judge", description=__doc__, formatter_class=raw)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("train", "score"):
        command = commands.add_parser(name)
        command.add_argument("--split", choices=("questions", "topics"), default="questions")
        command.add_argument("--weights", "--output", dest="weights", type=Path, default=WEIGHTS_FILE)
        command.add_argument("--start", type=Path, help="continue from these weights")
        command.add_argument("--rate", type=float, default=LEARNING_RATE)
        command.add_argument("--epochs", type=int, default=EPOCHS)
        command.add_argument("--seed", type=int, default=0, help="of the first epoch's pairs; the next ones count on")
        command.add_argument("--limit", type=int, help="use at most this many pairs (for a curve over data size)")
        command.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    _, development, test = select(options.split)
    if options.command == "train":
        seeds = range(options.seed, options.seed + options.epochs)  # every epoch draws other answers, filling and faults
        epochs = [thin(select(options.split, seed)[0], options.limit, seed) for seed in seeds]
        print(f"{sum(map(len, epochs))} pairs in {len(epochs)} epochs", file=sys.stderr)
        train(epochs, development, options.weights, options.start, options.rate)
    from core.judge import Judge
    from core.models import packaged_model_dir
    from evals.judge.score import judge_figures
    from evals.tables import format_figure

    figures = judge_figures(sample_pairs(test, options.limit or SCORED_PAIRS), Judge(packaged_model_dir(), options.weights))
    if options.json:
        print(json.dumps({name: figure.to_dict() for name, figure in figures.items()}))
    else:
        for name, figure in figures.items():
            print(f"{name:36}{format_figure(figure.to_dict())}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
