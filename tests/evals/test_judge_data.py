from collections import Counter
from statistics import mean

import pytest

from core.content import load_questions
from core.judge import SUPPORTS
from evals.cases import load_rows
from evals.judge.data import UNSEEN_TOPICS, Pair, build_pairs
from evals.judge.edits import edit_alike, plant_fault
from evals.judge.selection import thin
from evals.judge.texts import load_answers, load_claims, load_exams, load_texts, split_of


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return build_pairs()


def test_there_are_enough_pairs_over_all_topics_and_labels(pairs: list[Pair]) -> None:
    assert len(pairs) >= 15_000
    labels, topics = Counter(pair.label for pair in pairs), Counter(pair.topic for pair in pairs)
    assert set(labels) == set(SUPPORTS)
    assert min(labels.values()) > 0.1 * len(pairs)
    assert set(range(1, 16)) <= set(topics)
    assert {pair.form for pair in pairs} == {"short", "answer", "notes", "fault", "noise", "learner", "claim", "claim among others", "edit", "twin"}


def test_the_same_seed_gives_the_same_pairs(pairs: list[Pair]) -> None:
    assert build_pairs(0)[:500] == pairs[:500]


def test_a_question_is_in_one_split_and_near_the_shares(pairs: list[Pair]) -> None:
    splits = Counter(split_of(question) for question in {texts.question for texts in load_texts()})
    total = sum(splits.values())
    assert 0.1 < splits["test"] / total < 0.2
    assert splits["train"] / total > 0.7
    assert {pair.topic for pair in pairs} > UNSEEN_TOPICS


def test_wrong_texts_are_minimal_edits_of_right_ones() -> None:
    kept = []
    for texts in load_texts():
        for right, wrong in zip(texts.right, texts.false, strict=True):
            assert right != wrong, texts
            kept.append(shared(right, wrong))
    assert sum(kept) / len(kept) > 0.7


@pytest.mark.parametrize("form", ["short", "learner", "claim", "claim among others", "edit", "twin"])
def test_the_evidence_alone_does_not_give_the_label_away(pairs: list[Pair], form: str) -> None:
    """Filling and bags of words are left out: they say nothing whatever the claim is."""
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.linear_model import SGDClassifier

    chosen = [pair for pair in pairs if pair.form == form]
    train = [pair for pair in chosen if split_of(pair.question) == "train"]
    test = [pair for pair in chosen if split_of(pair.question) == "test"]
    words = HashingVectorizer(ngram_range=(1, 2), n_features=2**16)
    model = SGDClassifier(loss="log_loss", max_iter=60, random_state=0)
    model.fit(words.transform([p.evidence for p in train]), [p.label for p in train])
    accuracy = model.score(words.transform([p.evidence for p in test]), [p.label for p in test])
    majority = max(Counter(p.label for p in test).values()) / len(test)
    assert accuracy < majority + 0.08


def test_claims_are_made_false_by_a_small_edit_and_share_the_split_of_a_key_point_like_them() -> None:
    claims = load_claims()
    assert len(claims) > 4000
    assert {claim.topic for claim in claims} == set(range(16))
    assert mean(shared(claim.right[0], claim.false[0]) for claim in claims) > 0.7
    assert len({text for c in claims for text in (*c.right, *c.false)}) > 5.9 * len(claims)
    bank = {question.id for question in load_questions()}
    named = [claim.question for claim in claims if claim.question in bank]
    assert len(named) > 1000
    assert all(claim.question in bank or " claim " in claim.question for claim in claims)


def test_both_texts_are_edited_alike() -> None:
    import random

    first, second = "HNSW needs 32 links and is faster", "with 32 links HNSW is the faster one"
    for seed in range(20):
        edited = edit_alike(first, second, random.Random(seed))
        assert edited is not None
        new = [set(a.split()) - set(b.split()) for a, b in zip(edited, (first, second), strict=True)]
        assert new[0] == new[1]
        assert len(new[0]) == 1
    assert edit_alike("nothing shared", "at all here", random.Random(0)) is None


def test_planted_faults_change_one_thing() -> None:
    import random

    sentence = "HNSW needs more memory than IVF, about 32 GB for 10 million vectors, and is not trained."
    seen = {plant_fault(sentence, sentence, random.Random(seed)) for seed in range(40)}
    assert None not in seen
    assert sentence not in seen
    assert len(seen) > 4
    for fault in seen:
        assert len(set(sentence.split()) ^ set(fault.split())) <= 4


def test_learners_answers_are_labelled_for_every_key_point_of_most_questions() -> None:
    answers = load_answers()
    bank = {question.id: question for question in load_questions()}
    assert len(answers) > 2000
    assert len({answer.question for answer in answers}) > 450
    assert all(len(answer.labels) == len(bank[answer.question].key_points) for answer in answers)
    shares = Counter(label for answer in answers for label in answer.labels)
    assert min(shares.values()) > 0.1 * sum(shares.values())


def test_the_judge_is_not_trained_on_the_questions_that_grading_is_measured_on() -> None:
    measured = {answer["question_id"] for name in ("graded", "adversarial") for answer in load_rows(name)}
    assert not measured & {answer.question for answer in load_answers()}


def test_exams_bring_questions_of_their_own_with_answers_of_every_quality() -> None:
    exams, bank = load_exams(), {question.id: question for question in load_questions()}
    assert len(exams) > 600
    assert {exam.topic for exam in exams} == set(range(16))
    assert len({exam.question for exam in exams}) == len(exams)
    assert not {question.question for question in bank.values()} & {exam.question for exam in exams}
    assert all(len(answer.labels) == len(exam.points) for exam in exams for answer in exam.answers)
    wrong = sum(all(label != "supported" for label in answer.labels) for exam in exams for answer in exam.answers)
    full = sum(set(answer.labels) == {"supported"} for exam in exams for answer in exam.answers)
    total = sum(len(exam.answers) for exam in exams)
    assert 0.15 < wrong / total < 0.45
    assert 0.15 < full / total < 0.5
    measured = {answer["question_id"] for name in ("graded", "adversarial") for answer in load_rows(name)}
    assert not measured & {exam.name for exam in exams}


def test_a_false_twin_keeps_the_words_of_its_point_and_what_states_it_does_not() -> None:
    exams = load_exams()
    twins = [(point, twin) for exam in exams for point, twin in zip(exam.points, exam.twins, strict=True)]
    assert all(len({point, twin.other, twin.wrong, twin.says}) == 4 for point, twin in twins)
    assert mean(shared(point, twin.wrong) for point, twin in twins) > 0.7
    assert mean(shared(point, twin.other) for point, twin in twins) < 0.5
    assert mean(shared(twin.wrong, twin.says) for _, twin in twins) < 0.5
    lengths = [[len(text) for text in (point, twin.other, twin.wrong)] for point, twin in twins]
    point, other, wrong = (mean(column) for column in zip(*lengths, strict=True))
    assert 0.9 < other / point < 1.3
    assert 0.9 < wrong / point < 1.15


def test_an_answer_with_a_sentence_slipped_in_states_and_denies_alike(pairs: list[Pair]) -> None:
    planted = [pair for pair in pairs if pair.group.endswith("planted")]
    assert len(planted) > 9_000
    labels = Counter(pair.label for pair in planted)
    assert labels["supported"] == labels["contradicted"] == len(planted) / 2


def shared(first: str, second: str) -> float:
    """Of the words of the first text, the share that the second has too."""
    words = {*first.lower().split()}
    return len(words & {*second.lower().split()}) / len(words)


def test_a_limited_epoch_holds_the_shares_that_are_asked_for(pairs: list[Pair]) -> None:
    chosen = thin(pairs, 4000, shares={"claim": 0.25, "learner": 0.5})
    forms = Counter("claim" if pair.form.startswith("claim") else pair.form for pair in chosen)
    assert len(chosen) == 4000
    assert forms["claim"] == 1000
    assert forms["learner"] == 2000
