import random

import pytest

from core.content import load_questions, load_roadmap
from practice.follow_ups import Bank, Hunt, find_focus, find_gap, follow_up_text, plan_step
from practice.leaks import find_leaks
from practice.types import from_bank
from retrieval.follow_ups import LEVELS, Aim, QuestionMap, climb_levels, is_repeat, topics_before
from tests.practice.questions import BANK, BY_ID, HNSW, a_grade

SMALL = Bank(BANK)
HNSW_QUESTION = BY_ID["hnsw"]


@pytest.fixture(scope="module")
def shipped() -> Bank:
    return Bank([from_bank(question) for question in load_questions()])


# the map of questions


def test_the_nearest_question_is_on_the_section_and_says_the_most_alike() -> None:
    aim = Aim("Greedy hops follow links", (HNSW,), 5, "Vector indexing structures")
    ranked = [q.id for q in SMALL.rank(aim)]
    assert ranked[0] == "graph"
    assert ranked.index("flat") < ranked.index("pq")
    assert "rag" not in ranked


def test_a_topic_before_counts_where_the_gap_leads_back() -> None:
    roadmap = load_roadmap()
    assert topics_before(roadmap, 5) == (4, 3, 2, 1)
    assert topics_before(roadmap, None) == ()
    aim = Aim("claims checkable against sources", (), 5, earlier=topics_before(roadmap, 5))
    assert SMALL.rank(aim)[0].id == "rag"


def test_levels_are_climbed_one_question_of_each_at_a_time() -> None:
    levels = [q.level for q in climb_levels([BY_ID[i] for i in ("memory", "hnsw", "flat", "graph")])]
    assert levels == ["beginner", "intermediate", "advanced", "beginner"]


def test_a_repeat_is_known_by_its_words_and_an_empty_bank_ranks_nothing() -> None:
    assert is_repeat("How does the HNSW search work?", ["how does an HNSW search work"])
    assert not is_repeat("How does HNSW search?", ["How does IVF search?"])
    assert QuestionMap([]).rank(Aim("anything")) == []


# hunting


def test_a_missed_point_leads_to_an_easier_question_near_it() -> None:
    step = plan_step(HNSW_QUESTION, a_grade(HNSW_QUESTION, "missed", "missed"), SMALL, ())
    assert step is not None
    assert (step.question.id, step.move) == ("graph", "prerequisite")
    assert step.hunt == Hunt(HNSW_QUESTION.key_points[0].text, "hnsw", 1)


def test_a_prerequisite_answered_well_leads_to_a_harder_variant() -> None:
    graph = BY_ID["graph"]
    hunt = Hunt(HNSW_QUESTION.key_points[0].text, "hnsw", 1)
    step = plan_step(graph, a_grade(graph, "met", "met"), SMALL, ("hnsw", "graph"), hunt=hunt)
    assert step is not None
    assert step.move == "variant"
    assert LEVELS[step.question.level] >= LEVELS["intermediate"]
    assert step.question.notes == (HNSW,)


def test_a_hunt_goes_down_twice_and_then_ends() -> None:
    hunt, question, asked = None, BY_ID["deletes"], ["deletes"]
    for steps in (1, 2):
        step = plan_step(question, a_grade(question, "missed", "missed"), SMALL, asked, hunt=hunt)
        assert step is not None
        assert LEVELS[step.question.level] <= LEVELS[question.level] < LEVELS["expert"] or steps == 1
        hunt, question = step.hunt, step.question
        assert hunt is not None
        assert (hunt.steps_down, hunt.question_id) == (steps, "deletes")
        asked.append(question.id)
    assert plan_step(question, a_grade(question, "missed", "missed"), SMALL, asked, hunt=hunt) is None


def test_a_strong_answer_goes_deeper_first_by_the_questions_own_follow_up() -> None:
    strong = a_grade(HNSW_QUESTION, "met", "met")
    step = plan_step(HNSW_QUESTION, strong, SMALL, ())
    assert step is not None
    assert (step.question.id, step.move, step.hunt) == ("memory", "deeper", None)
    again = plan_step(HNSW_QUESTION, strong, SMALL, ("memory",))
    assert again is not None
    assert LEVELS[again.question.level] > LEVELS["intermediate"]


def test_what_was_asked_or_does_not_fit_is_not_asked() -> None:
    missed = a_grade(HNSW_QUESTION, "missed", "missed")
    assert plan_step(HNSW_QUESTION, missed, SMALL, ("graph",)).question.id == "flat"
    step = plan_step(HNSW_QUESTION, missed, SMALL, (), fits=lambda q: q.id not in {"graph", "flat"})
    assert step is None or step.question.id not in {"graph", "flat", "hnsw"}
    assert plan_step(HNSW_QUESTION, missed, SMALL, (), fits=lambda _: False) is None


def test_the_gap_is_required_before_optional_and_contradicted_before_missed() -> None:
    gap = find_gap(a_grade(HNSW_QUESTION, "missed", "contradicted"))
    assert gap is not None
    assert gap.key_point == HNSW_QUESTION.key_points[1].text
    assert find_gap(a_grade(HNSW_QUESTION, "met", "unsure")) is None


def test_on_the_shipped_bank_most_gaps_have_a_prerequisite_on_the_same_topic_or_before(shipped: Bank) -> None:
    found = 0
    for question in shipped.questions:
        step = plan_step(question, a_grade(question, *["missed"] * len(question.key_points)), shipped, ())
        if step is not None:
            found += 1
            assert step.question.id != question.id
            shared = {a.split("--")[0] for a in question.notes} & {a.split("--")[0] for a in step.question.notes}
            assert step.question.topic <= question.topic or shared
            if step.move == "prerequisite":
                assert LEVELS[step.question.level] <= LEVELS[question.level]
    assert found > 0.95 * len(shipped.questions)


# what is said


def test_the_focus_is_in_the_questions_words() -> None:
    assert find_focus(HNSW_QUESTION, "HNSW keeps a candidate list.") == "HNSW"
    assert find_focus(HNSW_QUESTION, "Nothing shared at all.") == "vector indexing structures"


def test_a_spoken_follow_up_is_one_question_and_gives_nothing_away(shipped: Bank) -> None:
    random_ = random.Random(0)
    for question in shipped.questions:
        verdicts = [random_.choice(("met", "missed", "partly", "contradicted")) for _ in question.key_points]
        text = follow_up_text(question, a_grade(question, *verdicts))
        assert text.endswith("?")
        assert text.count("?") == 1
        assert find_leaks(text, [question]) == ()


def test_without_a_gap_the_spoken_follow_up_is_the_banks_own() -> None:
    assert follow_up_text(HNSW_QUESTION, a_grade(HNSW_QUESTION, "met", "met")) == "Why does HNSW pick diverse links?"


# leaks


def test_a_rubric_is_found_verbatim_in_part_and_reordered() -> None:
    point = HNSW_QUESTION.key_points[0].text
    for said in (point, "It hops greedily from a sparse top layer.", "From top to bottom, down a sparse layer, hopping greedily."):
        assert find_leaks(said, [HNSW_QUESTION])
    assert find_leaks("Beyond that it depends on hardware budgets, so tell me more.", [HNSW_QUESTION])
    assert find_leaks("Graphs need retraining every night.", [HNSW_QUESTION])


def test_the_question_itself_and_small_talk_are_no_leak() -> None:
    for said in (HNSW_QUESTION.question, "Thank you. Let us stay with HNSW for a moment.", ""):
        assert find_leaks(said, [HNSW_QUESTION]) == ()


def test_the_shipped_key_points_are_seen_when_they_are_said(shipped: Bank) -> None:
    verbatim = [find_leaks(p.text, [q]) for q in shipped.questions for p in q.key_points]
    assert sum(map(bool, verbatim)) > 0.97 * len(verbatim)
