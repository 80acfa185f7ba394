"""Train the judge: a cross-encoder on the packaged MiniLM that reads claim and evidence in one pass."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.eight_bits import load_weights, save_weights
from core.judge import SUPPORTS, pair_tokenizer
from core.models import choose_precision, packaged_model_dir
from core.settings import load_settings
from evals.judge.data import Pair

EPOCHS, BATCH, LEARNING_RATE, WARMUP = 2, 32, 2e-4, 0.06
POOL = 256  # groups sorted by length at once
CHECKPOINT_STEPS = 500
Encoded = tuple[list[int], list[int], int]


def encode_pairs(pairs: Sequence[Pair]) -> list[Encoded]:
    """Token ids, segment numbers and label of each pair."""
    tokenizer = pair_tokenizer(packaged_model_dir())
    encodings = tokenizer.encode_batch([(pair.claim, pair.evidence) for pair in pairs])
    return [(e.ids, e.type_ids, SUPPORTS.index(pair.label)) for e, pair in zip(encodings, pairs, strict=True)]


def grouped_batches(pairs: Sequence[Pair], lengths: Sequence[int], random_: random.Random) -> list[list[int]]:
    """Indices in batches that keep a group together: pairs that differ in the few words which decide teach most side by side.

    Groups of like length share a batch, so that little is padded.
    """
    groups: dict[str, list[int]] = {}
    for place, pair in enumerate(pairs):
        groups.setdefault(pair.group or f"alone {place // 8}", []).append(place)
    order = list(groups.values())
    random_.shuffle(order)
    batches: list[list[int]] = [[]]
    for start in range(0, len(order), POOL):
        for group in sorted(order[start : start + POOL], key=lambda group: sum(lengths[place] for place in group) / len(group)):
            if batches[-1] and len(batches[-1]) + len(group) > BATCH:
                batches.append([])
            batches[-1] += group
    random_.shuffle(batches)
    return [batch[i : i + BATCH] for batch in batches for i in range(0, len(batch), BATCH)]


def build_model() -> Any:
    """The packaged encoder with a new head on its first and its mean hidden state; the word embeddings stay as they are."""
    import torch
    from transformers import BertModel

    class CrossEncoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = BertModel.from_pretrained(
                packaged_model_dir(), add_pooling_layer=False, hidden_act="gelu_pytorch_tanh",
                hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,  # two epochs hardly overfit
            )
            self.bert.embeddings.word_embeddings.weight.requires_grad_(False)
            self.head = torch.nn.Linear(2 * self.bert.config.hidden_size, len(SUPPORTS))

        def forward(self, ids: Any, types: Any, mask: Any) -> Any:
            hidden = self.bert(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
            mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
            return self.head(torch.cat([hidden[:, 0], mean], dim=1))

    return CrossEncoder()


def to_tensors(batch: Sequence[Encoded]) -> tuple[Any, Any, Any, Any]:
    """Padded ids, segments, mask and labels."""
    import torch

    longest = max(len(ids) for ids, _, _ in batch)
    ids, types, mask = (np.zeros((len(batch), longest), np.int64) for _ in range(3))
    for row, (tokens, segments, _) in enumerate(batch):
        ids[row, : len(tokens)], types[row, : len(tokens)], mask[row, : len(tokens)] = tokens, segments, 1
    return torch.from_numpy(ids), torch.from_numpy(types), torch.from_numpy(mask), torch.tensor([label for _, _, label in batch])


def train(  # noqa: PLR0917 - the knobs of one training
    epochs: Sequence[Sequence[Pair]], development: Sequence[Pair], target: Path, start: Path | None = None, rate: float = LEARNING_RATE,
    seed: int = 0,
) -> None:
    """Train on the pairs of each epoch, from the weights in `start` or from the packaged model, fit the temperature on `development`, and
    write the weights in 8 bits to `target`."""
    import torch

    torch.manual_seed(seed)
    random_ = random.Random(seed)  # noqa: S311 - not for security
    batches: list[list[Encoded]] = []
    for pairs in epochs:
        encoded = encode_pairs(pairs)
        grouped = grouped_batches(pairs, [len(ids) for ids, _, _ in encoded], random_)
        batches += [[encoded[place] for place in places] for places in grouped]
    model = build_model()
    if start:
        load_trained(model, load_weights(start))
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.01, fused=True)
    total = len(batches)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, step / (WARMUP * total)) * max(0.0, 1 - step / total)
    )
    loss_function = torch.nn.CrossEntropyLoss(label_smoothing=0.05)
    model.train()
    running, started = 0.0, time.perf_counter()
    for step, batch in enumerate(batches, start=1):
        ids, types, mask, labels = to_tensors(batch)
        with fast_precision():
            logits = model(ids, types, mask)
        loss = loss_function(logits.float(), labels)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        running += loss.item()
        if step % 100 == 0:
            seconds = time.perf_counter() - started
            print(f"step {step}/{total}, loss {running / 100:.3f}, {seconds:.0f} s", file=sys.stderr, flush=True)
            running = 0.0
        if step % CHECKPOINT_STEPS == 0:
            save_weights(target, trained_tensors(model) | {"temperature": np.ones(1)})
    save_weights(target, trained_tensors(model) | {"temperature": np.array([_temperature(model, development)])})


def average(first: Path, second: Path, target: Path, share: float = 0.5) -> None:
    """Write the mean of two trainings of which one went on from the other, `share` of it the second: what that learned, with most of
    what the first knew.

    Source: Wortsman et al., 2021, arXiv:2109.01903.
    """
    other = load_weights(second)
    mean = {name: (1 - share) * value + share * other[name] for name, value in load_weights(first).items()}
    save_weights(target, mean)


def fast_precision() -> Any:
    """bfloat16 where the CPU has it, else float32: without the hardware it is three times slower than that."""
    import torch

    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=choose_precision(load_settings()) == "bfloat16")


def trained_tensors(model: Any) -> dict[str, np.ndarray[Any, Any]]:
    """The trained tensors by the names of the packaged file; the word embeddings are left out."""
    named = {name.removeprefix("bert."): value.detach().numpy() for name, value in model.state_dict().items()}
    return {name: value for name, value in named.items() if "word_embeddings" not in name and "position_ids" not in name}


def load_trained(model: Any, weights: Mapping[str, Any]) -> None:
    """Put what `trained_tensors` names back into a model; the temperature is fitted anew."""
    import torch

    named = {name if name.startswith("head") else f"bert.{name}": value for name, value in weights.items() if name != "temperature"}
    model.load_state_dict({name: torch.from_numpy(value) for name, value in named.items()}, strict=False)


def _temperature(model: Any, development: Sequence[Pair]) -> float:
    """The temperature that minimises the log loss on the development pairs. Source: Guo et al., 2017, arXiv:1706.04599."""
    import torch

    model.eval()
    logits, labels = [], []
    with torch.no_grad():
        encoded = sorted(encode_pairs(development), key=lambda e: len(e[0]))
        for place in range(0, len(encoded), 64):
            ids, types, mask, label = to_tensors(encoded[place : place + 64])
            with fast_precision():
                logits.append(model(ids, types, mask).float())
            labels.append(label)
    scores, targets = torch.cat(logits), torch.cat(labels)
    grid = [0.5 + 0.05 * i for i in range(51)]
    return min(grid, key=lambda t: float(torch.nn.functional.cross_entropy(scores / t, targets)))


