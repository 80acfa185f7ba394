"""Which pairs the judge is trained on, and which it is scored on."""

from __future__ import annotations

import random
from collections.abc import Mapping

from evals.judge.data import UNSEEN_TOPICS, Pair, build_pairs
from evals.judge.texts import split_of

EASY_SHARE = 0.5
CLAIMS_SHARE = 0.5  # of a limited epoch; with more of them the judge forgets the other forms
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


def thin(pairs: list[Pair], limit: int | None, seed: int = 0, shares: Mapping[str, float] | None = None) -> list[Pair]:
    """At most `limit` pairs, drawn at random in whole groups; EASY_SHARE of the unrelated ones that are no learners' answers.

    `shares`: how much of the limit the forms that begin so take, as far as there are so many; the other forms come as they are drawn.
    """
    random_ = random.Random(seed)  # noqa: S311 - not for security
    kept = [pair for pair in pairs if pair.label != "unrelated" or pair.form == "learner" or random_.random() < EASY_SHARE]
    rank: dict[str, float] = {}
    order = [rank.setdefault(pair.group, random_.random()) if pair.group else random_.random() for pair in kept]
    drawn = [kept[place] for place in sorted(range(len(kept)), key=order.__getitem__)]
    if limit is None:
        return drawn
    chosen: list[Pair] = []
    for form, share in (shares or {}).items():
        chosen += [pair for pair in drawn if pair.form.startswith(form)][: int(limit * share)]
        drawn = [pair for pair in drawn if not pair.form.startswith(form)]
    return chosen + drawn[: limit - len(chosen)]


def sample_pairs(pairs: list[Pair], count: int) -> list[Pair]:
    """Some of the pairs, drawn at random, always the same."""
    shuffled = list(pairs)
    random.Random(0).shuffle(shuffled)  # noqa: S311 - not for security
    return shuffled[:count]
