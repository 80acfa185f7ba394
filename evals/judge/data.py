"""Pairs (claim, evidence, label) from the texts in this folder, the bank and the notes; seeded, so always the same.

Every text is evidence for several claims with different labels, so that the evidence alone does not give the label away: a
right text supports its key point, supports half of it, contradicts the wrong version, states a part of two joined claims and is
unrelated to another.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import PurePosixPath

from core.content import KNOWLEDGE_DIR, KeyPoint, Question, load_questions, slugify
from core.judge import Support
from evals.judge.edits import edit_alike, plant_fault
from evals.judge.noise import filler, stuff_keywords
from evals.judge.texts import Claim, Exam, LearnerAnswer, Texts, load_answers, load_claims, load_exams, load_texts

UNSEEN_TOPICS = frozenset({3, 14})  # left out of the first stage of training, to see how far the judge carries
WRONG_CLAIMS = 0.7  # of the points that a learner's answer states are also claimed in the wrong version, the others halved or reworded
FAR_CLAIMS, OWN_CLAIMS = 0.4, 0.6  # shares of stated and of contradicted points with claims that balance the labels
REWORDED_SHARE = 0.6  # of the key points are claimed in one of their paraphrases
NEAR_OVERLAP = 0.3  # of the longer words of two key points, from which they may be on the same
OTHER_WORDS = 0.4  # of an exam's key points are claimed in other words
FILLED_SHARE = 0.3  # of the whole answers hold a sentence that says nothing


Known = Mapping[int, tuple[tuple[str, Support], tuple[str, Support]]]  # of a key point: a false version of it, what follows from it


@dataclass(frozen=True)
class Pair:
    """A claim, a text, and what the text says of the claim.

    `form` names how the pair was made; pairs of one `group` differ in a few words.
    """

    claim: str
    evidence: str
    label: Support
    topic: int
    question: str
    form: str
    group: str = ""


def build_pairs(seed: int = 0) -> list[Pair]:
    """All pairs, in a fixed order for a seed."""
    random_ = random.Random(seed)  # noqa: S311 - not for security
    bank = {question.id: question for question in load_questions()}
    by_question: dict[str, list[Texts]] = {}
    for texts in load_texts():
        by_question.setdefault(texts.question, []).append(texts)
    passages = _passages()
    pairs: list[Pair] = []
    for id_, group in by_question.items():
        question = bank[id_]
        for texts in group:
            others = [t for t in group if t is not texts]
            pairs += _short(question, _reword(question, texts, random_), others, random_)
            pairs += _answers(question, _reword(question, texts, random_), others, random_)
            pairs += _notes(question, _reword(question, texts, random_), passages, random_)
            pairs += _noise(question, texts, random_)
            pairs += _alike(question, texts, random_)
    for answer in load_answers():
        question = bank[answer.question]
        known: Known = {
            texts.index: ((texts.wrong, "contradicted"), (texts.half, "supported")) for texts in by_question.get(answer.question, ())
        }
        far = random_.choice([q for q in bank.values() if q.topic == question.topic and not set(q.notes) & set(question.notes)])
        points, far_points = ([_wording(point, random_) for point in q.key_points] for q in (question, far))
        pairs += _learner(answer, question.topic, points, far_points, known, random_)
    exams = load_exams()
    for exam in exams:
        pairs += _exam(exam, exams, random_)
    claims = load_claims()
    for claim in claims:
        pairs += _claims(claim, claims, random_)
    return [*pairs, *_faults(passages, random_)]


def _wording(point: KeyPoint, random_: random.Random) -> str:
    """A key point in its own words or in a paraphrase: else the judge knows it by its words."""
    return random_.choice(point.paraphrases) if point.paraphrases and random_.random() < REWORDED_SHARE else point.text


def _reword(question: Question, texts: Texts, random_: random.Random) -> Texts:
    """The texts with another wording of their key point."""
    return replace(texts, point=_wording(question.key_points[texts.index], random_))


def _claims(claim: Claim, claims: Sequence[Claim], random_: random.Random) -> Iterator[Pair]:
    """Both versions of a claim against texts that state one of them, alone and among texts on other claims; each seed draws other texts."""
    def pair(said: str, evidence: str, label: Support, form: str = "claim") -> Pair:
        return Pair(said, evidence, label, claim.topic, claim.question, form, f"{claim.question} {claim.right[0]} {form}")

    versions = (claim.right, claim.false)
    for version, other in (versions, versions[::-1]):
        text, again = random_.sample(version[1:], 2)
        yield pair(version[0], text, "supported")
        yield pair(other[0], text, "contradicted")
        yield pair(again, version[0], "supported") if random_.random() < 0.5 else pair(again, other[0], "contradicted")
    yield pair(random_.choice(versions)[0], claim.near, "unrelated")
    yield pair(claim.right[0], claim.half, "partly")
    yield pair(claim.half, random_.choice(claim.right), "supported")
    stated, other = random_.sample(versions, 2)
    rest = [random_.choice((*c.right, *c.false)) for c in random_.sample(claims, random_.randint(1, 2)) if c is not claim]
    beside = [claim.near, *rest]
    said = [random_.choice(stated[1:]), *random_.sample(beside, random_.randint(1, len(beside)))]
    random_.shuffle(said)
    evidence = random_.choice(("\n", " ", " ")).join(said)
    yield pair(stated[0], evidence, "supported", "claim among others")
    yield pair(other[0], evidence, "contradicted", "claim among others")
    if random_.random() < 0.5:
        yield pair(stated[0], " ".join(beside), "unrelated", "claim among others")


def _alike(question: Question, texts: Texts, random_: random.Random) -> Iterator[Pair]:
    """A key point and a text that states it, one number or word of both exchanged in neither, either or both."""
    for text in (*texts.right, texts.partial):
        claim = texts.half if text == texts.partial else texts.point
        if edited := edit_alike(claim, text, random_):
            for said, evidence in itertools.product((claim, edited[0]), (text, edited[1])):
                label: Support = "supported" if (said is claim) == (evidence is text) else "contradicted"
                yield Pair(said, evidence, label, question.topic, question.id, "edit", f"{question.id} {texts.index} edit")


def _short(question: Question, texts: Texts, others: Sequence[Texts], random_: random.Random) -> Iterator[Pair]:
    """One text a pair, as a learner says it."""
    def pair(claim: str, evidence: str, label: Support) -> Pair:
        return Pair(claim, evidence, label, question.topic, question.id, "short", f"{question.id} {texts.index}")

    other = random_.choice(others) if others else None
    for text in texts.right:
        yield pair(texts.point, text, "supported")
        yield pair(texts.wrong, text, "contradicted")
    yield pair(texts.half, texts.right[0], "supported")
    for text in texts.false:
        yield pair(texts.point, text, "contradicted")
        yield pair(texts.wrong, text, "supported")
    yield pair(texts.half, texts.false[1], "contradicted")
    yield pair(texts.point, texts.partial, "partly")
    yield pair(texts.half, texts.partial, "supported")
    yield pair(texts.wrong, texts.partial, "contradicted")
    if other:
        yield pair(f"{texts.point} {other.point}", texts.right[1], "partly")
        yield pair(f"{other.half} {texts.half}", texts.partial, "partly")
        yield pair(f"{texts.wrong} {other.point}", texts.false[0], "partly")
        for text in (texts.right[0], texts.partial, texts.false[1]):
            yield pair(random_.choice((other.point, other.half, other.wrong)), text, "unrelated")


def _answers(question: Question, texts: Texts, others: Sequence[Texts], random_: random.Random) -> Iterator[Pair]:
    """A whole answer a pair: texts on several key points of the question, in any order."""
    for kind in ("right", "false", "partial", "none", "none"):
        own = {"right": random_.choice(texts.right), "false": random_.choice(texts.false), "partial": texts.partial, "none": ""}[kind]
        rest = [random_.choice((*t.right, t.partial, *t.false)) for t in random_.sample(list(others), random_.randint(0, len(others)))]
        said = [text for text in (own, *rest) if text]
        if not said:
            continue
        if random_.random() < FILLED_SHARE:
            said.append(filler(random_))
        random_.shuffle(said)
        evidence = random_.choice(("\n", " ", " ")).join(said)
        labels: dict[str, tuple[tuple[str, Support], ...]] = {
            "right": ((texts.point, "supported"), (texts.wrong, "contradicted")),
            "false": ((texts.point, "contradicted"), (texts.wrong, "supported")),
            "partial": ((texts.point, "partly"), (texts.half, "supported")),
            "none": ((random_.choice((texts.point, texts.half, texts.wrong)), "unrelated"),),
        }
        for claim, label in labels[kind]:
            yield Pair(claim, evidence, label, question.topic, question.id, "answer", f"{question.id} {texts.index} long")


def _learner(  # noqa: PLR0917 - two callers
    answer: LearnerAnswer, topic: int, points: Sequence[str], far_points: Sequence[str], known: Known, random_: random.Random
) -> Iterator[Pair]:
    """A learner's answer against every key point; where it states the point, also against a claim that is `known` to be denied or implied.

    Good answers are also set against points of another question, wrong ones against their own sentences: else the evidence would tell.
    """
    def pair(claim: str, label: Support, index: int) -> Pair:
        return Pair(claim, answer.text, label, topic, answer.question, "learner", f"{answer.question} {index} learner")

    for index, (point, label) in enumerate(zip(points, answer.labels, strict=True)):
        yield pair(point, label, index)
        if label == "supported" and index in known:
            denied, implied = known[index]
            yield pair(*(denied if random_.random() < WRONG_CLAIMS else implied), index)
        if label == "supported" and far_points and random_.random() < FAR_CLAIMS:
            other = random_.choice(far_points)
            yield pair(other, "unrelated", index)
            yield pair(" ".join(random_.sample((point, other), 2)), "partly", index)
        if label == "contradicted" and (said := sentences_of(answer.text)) and random_.random() < OWN_CLAIMS:
            yield pair(random_.choice(said), "supported", index)


def _exam(exam: Exam, exams: Sequence[Exam], random_: random.Random) -> Iterator[Pair]:
    """The answers of an exam, points of an exam on something else, and text that says nothing."""
    far = random_.choice(exams).points
    far = () if any(_overlap(one, other) > NEAR_OVERLAP for one in far for other in exam.points) else far
    known: Known = {index: ((twin.wrong, "contradicted"), (twin.other, "supported")) for index, twin in enumerate(exam.twins)}
    for answer in exam.answers:
        points = [twin.other if random_.random() < OTHER_WORDS else point for point, twin in zip(exam.points, exam.twins, strict=True)]
        yield from _learner(answer, exam.topic, points, far, known, random_)
        yield from _planted(answer, exam, random_)
    for index in range(len(exam.points)):
        yield from _twins(exam, index, far, random_)
    for point in random_.sample(exam.points, 2):
        for evidence in (stuff_keywords(" ".join(exam.points), random_), f"{exam.question} {filler(random_)}"):
            yield Pair(point, evidence, "unrelated", exam.topic, exam.name, "noise")


def _planted(answer: LearnerAnswer, exam: Exam, random_: random.Random) -> Iterator[Pair]:
    """An answer which does not speak of a key point, with a sentence slipped in that states or denies it."""
    def pair(claim: str, evidence: str, label: Support) -> Pair:
        return Pair(claim, evidence, label, exam.topic, exam.name, "learner", f"{exam.name} {index} planted")

    unspoken = [index for index, label in enumerate(answer.labels) if label == "unrelated"]
    if not unspoken:
        return
    index = random_.choice(unspoken)
    point, twin = exam.points[index], exam.twins[index]
    sentences = re.split(r"(?<=[.;!?\n])\s+", answer.text)
    place = random_.randint(0, len(sentences))
    gap = "\n" if "\n" in answer.text else " "
    stated, denied = (gap.join([*sentences[:place], said, *sentences[place:]]) for said in (twin.other, twin.says))
    yield pair(point, stated, "supported")
    yield pair(twin.wrong, stated, "contradicted")
    yield pair(point, denied, "contradicted")
    yield pair(twin.wrong, denied, "supported")


def _twins(exam: Exam, index: int, far: Sequence[str], random_: random.Random) -> Iterator[Pair]:
    """A key point, its false version and a text that states either, each against the others."""
    def pair(claim: str, evidence: str, label: Support) -> Pair:
        return Pair(claim, evidence, label, exam.topic, exam.name, "twin", f"{exam.name} {index} twin")

    point, twin = exam.points[index], exam.twins[index]
    yield pair(point, twin.other, "supported")
    yield pair(twin.wrong, twin.other, "contradicted")
    yield pair(random_.choice((point, twin.other)), twin.says, "contradicted")
    yield pair(twin.wrong, twin.says, "supported")
    yield pair(twin.other, point, "supported") if random_.random() < 0.5 else pair(twin.other, twin.wrong, "contradicted")
    if far:
        other = random_.choice(far)
        said, text = random_.choice(((point, twin.other), (twin.wrong, twin.says)))
        yield pair(" ".join(random_.sample((said, other), 2)), text, "partly")
        yield pair(other, text, "unrelated")


def _noise(question: Question, texts: Texts, random_: random.Random) -> Iterator[Pair]:
    """Text that says nothing: the question itself, bags of the right words, filling, instructions to the grader."""
    claim = random_.choice((texts.point, texts.point, texts.half, texts.wrong))
    bag = stuff_keywords(random_.choice((texts.point, *texts.right)), random_)
    fill = filler(random_)
    nothing = random_.choice((question.question, fill, f"{fill} {filler(random_)}", f"{question.question} {fill}"))
    for evidence in (bag, nothing):
        yield Pair(claim, evidence, "unrelated", question.topic, question.id, "noise")


def _notes(question: Question, texts: Texts, passages: dict[str, list[str]], random_: random.Random) -> Iterator[Pair]:
    """Claims as someone says them against written text: the key point, the reference answer, the passages of the cited section."""
    def pair(claim: str, evidence: str, label: Support) -> Pair:
        return Pair(claim, evidence, label, question.topic, question.id, "notes", f"{question.id} {texts.index} long")

    which = random_.randrange(2)
    yield pair(texts.right[which], texts.point, "supported")
    yield pair(texts.false[which], texts.point, "contradicted")
    yield pair(texts.right[1 - which], texts.half, "partly")
    yield pair(texts.partial, texts.point, "supported")
    yield pair(texts.false[1 - which], texts.wrong, "supported")
    cited = [p for anchor in question.notes for p in passages.get(anchor, ())]
    words = question.key_points[texts.index].text  # a paraphrase shares few with the passage
    passage = max(cited, key=lambda p: _overlap(words, p), default="")
    if _overlap(words, passage) >= 0.6:
        yield pair(random_.choice((texts.point, texts.half, texts.right[which])), passage, "supported")
        yield pair(random_.choice((texts.wrong, texts.false[which])), passage, "contradicted")
    apart = random_.choice(list(passages.values()))
    if apart and not set(apart) & set(cited):
        yield pair(random_.choice((texts.point, texts.wrong, texts.partial)), random_.choice(apart), "unrelated")


def _faults(passages: dict[str, list[str]], random_: random.Random) -> Iterator[Pair]:
    """Sentences of the notes against their own passage, as they are and with one planted fault; and against a neighbour's."""
    for anchor, texts in passages.items():
        topic = int(anchor[:2]) if anchor[:2].isdigit() else 0
        for place, passage in enumerate(texts):
            for sentence in sentences_of(passage):
                fault = plant_fault(sentence, passage, random_)
                if fault is None:
                    continue
                yield Pair(sentence, passage, "supported", topic, anchor, "fault", anchor)
                yield Pair(fault, passage, "contradicted", topic, anchor, "fault", anchor)
                if len(texts) > 1:
                    yield Pair(random_.choice((sentence, fault)), texts[place - 1], "unrelated", topic, anchor, "fault")


@cache
def _passages() -> dict[str, list[str]]:
    """Anchor of a section or part -> its prose paragraphs of 15 to 160 words."""
    found: dict[str, list[str]] = {}
    for path in sorted((KNOWLEDGE_DIR / "notes").glob("*.md")):
        stem, section, anchor = PurePosixPath(path.name).stem, "", ""
        for block in path.read_text(encoding="utf-8").split("\n\n"):
            text = " ".join(block.split())
            if text.startswith("## "):
                section = anchor = f"{stem}#{slugify(text[3:])}"
            elif text.startswith("### "):
                anchor = f"{section}--{slugify(text[4:])}"
            elif anchor and text[:1].isalnum() and "|" not in text and 15 <= len(text.split()) <= 160 and not anchor.endswith("--sources"):
                found.setdefault(anchor, []).append(text)
    return found


def sentences_of(text: str) -> list[str]:
    """Prose sentences without formulas, citations and code, of 8 to 45 words."""
    from chat.passages import split_units

    units = [text[u.start : u.end].strip() for u in split_units(text)]
    return [u for u in units if 8 <= len(u.split()) <= 45 and not any(mark in u for mark in "$`[]|")]


def _overlap(claim: str, text: str) -> float:
    words = {w for w in claim.lower().split() if len(w) > 3}
    return len(words & set(text.lower().split())) / len(words) if words else 0.0
