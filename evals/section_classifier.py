"""Train the section classifier: python -m evals.section_classifier [--epochs N] [--start FILE] [--to FILE]

The packaged MiniLM, fine-tuned on the stored questions; takes half an hour on two cores. `--start` goes on from weights that may know
fewer or other sections, for which half of the epochs do, or one where little changed. Every eighth wording and every third of those that
nothing answers are kept back, so that the confidence can be fitted on questions it has not seen (evals/calibration.py).
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.bert import load_tokenizer
from core.content import ASKED, UNANSWERED
from core.eight_bits import load_weights, pack_lines, save_weights, unpack_lines
from core.models import packaged_model_dir
from core.section_classifier import SCALE, WEIGHTS_FILE
from core.settings import load_settings
from core.types import Chunk
from evals.judge.train import fast_precision, load_trained, trained_tensors
from ingest.questions import question_chunks
from retrieval.section_model import sections_of

EPOCHS, BATCH, RATE, HEAD_RATE, WARMUP = 4, 64, 1.5e-4, 2e-3, 0.05
SMOOTHING = 0.05
LONGEST = 64  # tokens; hardly a wording has more
POOL = 50  # batches sorted by length at once
KEPT_BACK = {ASKED: 2, UNANSWERED: 5}  # sixteenths


def kept_back(question: Chunk) -> bool:
    """Whether the classifier is not trained on a stored question."""
    return int(question.id[0], 16) < KEPT_BACK.get(question.document, 0)


def train(questions: Sequence[Chunk], target: Path, epochs: int = EPOCHS, seed: int = 0, start: Path | None = None) -> None:
    """Train on the questions that are not kept back, from the packaged model or from the weights in `start`, and write the weights, in 8
    bits, after each epoch. A section that `start` does not know begins at zero."""
    import torch

    torch.manual_seed(seed)
    random_ = random.Random(seed)  # noqa: S311 - not for security
    questions = [question for question in questions if not kept_back(question)]
    sections = [sorted(sections_of(question)) for question in questions]
    held = Counter(anchor for anchors in sections for anchor in anchors)
    anchors = sorted(held)
    number = {anchor: place for place, anchor in enumerate(anchors)}
    tokenizer = load_tokenizer(packaged_model_dir(), LONGEST)
    ids = [encoding.ids for encoding in tokenizer.encode_batch([question.text for question in questions])]
    weights = np.array([sum(held[anchor] ** -0.5 for anchor in of_one) for of_one in sections], np.float32)
    weights /= weights.mean()

    model = _build(len(anchors))
    if start:
        before = load_weights(start)
        places = {anchor: place for place, anchor in enumerate(unpack_lines(before.pop("anchors")))}
        load_trained(model, before | {name: arranged(before[name], places, anchors) for name in ("head.weight", "head.bias")})
    head = list(model.head.parameters())
    encoder = [parameter for parameter in model.bert.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": encoder, "lr": RATE}, {"params": head, "lr": HEAD_RATE}], weight_decay=0.01, fused=True
    )
    total = epochs * len(_batches(ids, random_))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, step / (WARMUP * total)) * max(0.0, 1 - step / total)
    )
    started = time.perf_counter()
    for epoch in range(epochs):
        running = []
        for batch in _batches(ids, random_):
            wanted = np.full((len(batch), len(anchors)), SMOOTHING / len(anchors), np.float32)
            for row, place in enumerate(batch):
                for anchor in sections[place]:
                    wanted[row, number[anchor]] += (1 - SMOOTHING) / len(sections[place])
            with fast_precision():
                logits = model(*_padded([ids[place] for place in batch]))
            losses: Any = -(torch.from_numpy(wanted) * torch.log_softmax(logits.float(), 1)).sum(1)
            loss = (losses * torch.from_numpy(weights[batch])).mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_([*encoder, *head], 1.0)
            optimizer.step()
            schedule.step()
            running.append(loss.item())
        print(f"epoch {epoch + 1}: loss {np.mean(running):.3f}, {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        written = target.with_suffix(".part")
        save_weights(written, trained_tensors(model) | {"anchors": pack_lines(anchors)})
        written.replace(target)


def arranged(rows: Any, places: Mapping[str, int], anchors: Sequence[str]) -> Any:
    """The rows of a head in the order of other sections; zeros for a section that has no place in it."""
    arranged = np.zeros((len(anchors), *rows.shape[1:]), rows.dtype)
    for row, anchor in enumerate(anchors):
        if anchor in places:
            arranged[row] = rows[places[anchor]]
    return arranged


def _build(sections: int) -> Any:
    """The packaged encoder with a linear head on its mean hidden state; the word embeddings stay as they are."""
    import torch
    from transformers import BertModel

    class Classifier(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = BertModel.from_pretrained(packaged_model_dir(), add_pooling_layer=False, hidden_act="gelu_pytorch_tanh")
            self.bert.embeddings.word_embeddings.weight.requires_grad_(False)
            self.head = torch.nn.Linear(self.bert.config.hidden_size, sections)
            torch.nn.init.zeros_(self.head.weight)

        def forward(self, ids: Any, mask: Any) -> Any:
            hidden = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
            mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
            return self.head(SCALE * torch.nn.functional.normalize(mean, dim=1))

    model = Classifier()
    model.train()
    return model


def _batches(ids: Sequence[Sequence[int]], random_: random.Random) -> list[list[int]]:
    """Places in batches of like length, so that little is padded."""
    order = list(range(len(ids)))
    random_.shuffle(order)
    pools = [sorted(order[start : start + POOL * BATCH], key=lambda place: len(ids[place])) for start in range(0, len(order), POOL * BATCH)]
    batches = [pool[start : start + BATCH] for pool in pools for start in range(0, len(pool), BATCH)]
    random_.shuffle(batches)
    return batches


def _padded(sequences: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    """Token ids and mask."""
    import torch

    ids, mask = (np.zeros((len(sequences), max(map(len, sequences))), np.int64) for _ in range(2))
    for row, tokens in enumerate(sequences):
        ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--to", type=Path, help="the file to write; the shipped one by default")
    options = parser.parse_args(arguments)
    folder = load_settings().knowledge_dir
    train(question_chunks(folder), options.to or folder / WEIGHTS_FILE, options.epochs, start=options.start)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
