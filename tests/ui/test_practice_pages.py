"""Practice, interview and progress through AppTest, with a scripted grader."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import ModelIntegrityError, StorageError
from core.learner import Learner, get_learner
from core.settings import Settings
from tests.conftest import REPOSITORY
from tests.ui.pages import button, keyed, page, texts
from ui import services

HALF = "An HNSW index is a multi-layer graph of vectors."
UNSURE = "It is a multi-layer graph of vectors. The upper layers stay sparse, maybe."
FULL = "It is a multi-layer graph of vectors. The upper layers stay sparse. A greedy search starts at the top."


@pytest.fixture
def learner(banked: Settings) -> Learner:
    return get_learner(banked)


def start_free(at: AppTest, topic: int = 5, level: str = "beginner") -> AppTest:
    """A round of one bank question: the HNSW one."""
    at = page(at, "practice")
    at.selectbox(key="free-topic").select(topic)
    at.selectbox(key="free-level").select(level)
    at = at.run().button(key="start-free").click().run()
    assert not at.exception
    return at


def answer(at: AppTest, text: str, sure: float | None = 0.7) -> AppTest:
    at.text_area[0].set_value(text)
    if sure is not None:
        next(c for c in at.segmented_control if c.label == "How sure are you?").set_value(sure)
    at = keyed(at.run(), "check").click().run()
    assert not at.exception
    return at


def test_the_first_visit_offers_a_session_of_new_questions(practising: AppTest) -> None:
    at = page(practising, "practice")
    assert not at.exception
    assert "3 questions, all new." in texts(at)
    assert "New: not asked yet." in texts(at)
    assert "Today 3 questions" in texts(at)


def test_practice_without_a_bank_says_what_to_do(app: AppTest) -> None:
    at = page(app, "practice")
    assert not at.exception
    assert "Nothing is due. Practise freely" in texts(at)


def test_nothing_is_unlocked_before_an_attempt(practising: AppTest, learner: Learner) -> None:
    at = start_free(practising)
    assert "#### What is an HNSW index?" in texts(at)
    assert "searched greedily" not in texts(at)
    at = keyed(at, "check").click().run()
    assert "Write an answer first" in at.info[0].value
    assert learner.attempts() == []


def test_an_attempt_becomes_a_stored_review(practising: AppTest, learner: Learner) -> None:
    at = answer(start_free(practising), HALF)
    (attempt,) = learner.attempts()
    assert (attempt.response, attempt.sure, attempt.rating) == (HALF, 0.7, None)
    shown = texts(at)
    assert "Met] An HNSW index is a multi-layer graph" in shown
    assert "Missed] :gray-badge[extra] A greedy search" in shown
    assert "> The notes put it so: The upper layers stay sparse." in shown
    assert "[Vector indexing structures](roadmap?topic=5#vector-indexing-structures)" in shown
    assert "A multi-layer graph of vectors that is searched greedily." in shown
    suggested = next(c for c in at.segmented_control if c.label == "Rating").value
    assert suggested == attempt.grade["suggested_rating"]
    at = keyed(at, "rate").click().run()
    assert not at.exception
    (log,) = learner.review_logs()
    assert (log.card_id, log.rating) == ("05-hnsw", suggested)
    assert learner.card("05-hnsw").due > datetime.now(UTC)
    assert learner.attempts()[0].rating == suggested
    assert "Round finished" in texts(at)


def test_the_learner_overrides_the_suggested_rating(practising: AppTest, learner: Learner) -> None:
    at = answer(start_free(practising), HALF)
    next(c for c in at.segmented_control if c.label == "Rating").set_value("easy")
    at = keyed(at.run(), "rate").click().run()
    assert not at.exception
    assert [log.rating for log in learner.review_logs()] == ["easy"]


def test_missed_points_become_cards(practising: AppTest, learner: Learner) -> None:
    at = answer(start_free(practising), HALF)
    assert at.checkbox[0].label == "Also make 2 cards of what was missed"
    keyed(at, "rate").click().run()
    assert sorted(card.origin for card in learner.cards()) == ["bank", "key_point", "key_point"]
    assert {card.parent for card in learner.cards()} == {None, "05-hnsw"}


def test_an_unsure_point_is_ticked_by_the_learner_and_the_score_follows(practising: AppTest, learner: Learner) -> None:
    at = answer(start_free(practising), UNSURE)
    before = learner.attempts()[0].grade["score"]
    assert "You decide]" in texts(at)
    tick = next(c for c in at.segmented_control if c.label == "Did your answer say this?")
    at = tick.set_value("met").run()
    assert not at.exception
    after = learner.attempts()[0].grade
    assert after["score"] > before
    assert "unsure" not in {criterion["verdict"] for criterion in after["criteria"]}
    at = next(c for c in at.segmented_control if c.label == "Did your answer say this?").set_value("missed").run()
    assert learner.attempts()[0].grade["score"] < before


def test_not_knowing_unlocks_the_answer_and_counts_as_missed(practising: AppTest, learner: Learner) -> None:
    at = keyed(start_free(practising), "unknown").click().run()
    assert not at.exception
    (attempt,) = learner.attempts()
    assert (attempt.response, attempt.sure, attempt.grade["score"]) == ("", None, 0.0)
    assert "An HNSW index is a multi-layer graph of vectors that is searched greedily." in texts(at)  # the notes' own words
    assert not [c for c in at.checkbox if c.label.startswith("Also make")]
    keyed(at, "rate").click().run()
    assert [log.rating for log in learner.review_logs()] == ["again"]


def test_a_misconception_is_corrected(practising: AppTest) -> None:
    at = answer(start_free(practising), "HNSW partitions vectors into clusters with k-means.")
    assert "That is IVF; HNSW links vectors in a graph." in texts(at)


def test_the_follow_up_hunts_the_gap(practising: AppTest, learner: Learner) -> None:
    at = answer(start_free(practising), FULL)
    at = at.button(key="follow-step").click().run()
    assert not at.exception
    assert [log.card_id for log in learner.review_logs()] == ["05-hnsw"]
    assert "#### HNSW vs IVF: when would you choose which?" in texts(at)


def test_appeals_and_flags_are_kept(practising: AppTest, learner: Learner) -> None:
    at = answer(start_free(practising), HALF)
    at.text_area[0].set_value("I said it.")
    at.text_area[1].set_value("Unclear.")
    at = at.run()
    at = button(at, "Keep the appeal").click().run()
    at = button(at, "Keep the flag").click().run()
    assert not at.exception
    assert [(flag.kind, flag.text) for flag in learner.flags()] == [("appeal", "I said it."), ("flag", "Unclear.")]
    assert learner.flags()[0].attempt_id == learner.attempts()[0].id


def test_another_round_does_not_replace_an_unfinished_one(practising: AppTest, learner: Learner) -> None:
    at = start_free(practising)
    at = at.button(key="stop-round").click().run()
    at = at.button(key="start-today").click().run()
    at = at.button(key="stop-round").click().run()
    assert not at.exception
    shown = texts(at)
    assert "**Today's session** is not finished" in shown
    assert "**Free practice** is not finished" in shown
    at = at.button(key="resume-round-aside").click().run()
    assert not at.exception
    assert "Free practice · question 1" in texts(at)
    at = at.button(key="stop-round").click().run()
    at = at.button(key="drop-round").click().run()
    assert "**Free practice** is not finished" not in texts(at)
    assert "**Today's session** is not finished" in texts(at)


def test_what_is_written_is_not_dropped_by_one_click(practising: AppTest, learner: Learner) -> None:
    at = start_free(practising)
    at.text_area[0].set_value("half a thought")
    at = keyed(at.run(), "unknown").click().run()
    assert "Press again" in at.warning[0].value
    assert learner.attempts() == []
    at = keyed(at, "unknown").click().run()
    assert not at.exception
    assert len(learner.attempts()) == 1


def test_a_rating_that_failed_half_way_counts_once(practising: AppTest, learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    at = answer(start_free(practising), HALF)

    def full(*_: object) -> None:
        raise StorageError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr("ui.practice_round.RoundStore.save", full)
        at = keyed(at, "rate").click().run()
    assert "The disk is full" in at.error[0].value
    at = keyed(at, "rate").click().run()
    assert not at.exception
    assert len(learner.review_logs()) == 1
    assert "Round finished" in texts(at)


def test_a_question_can_be_set_aside_and_taken_back(practising: AppTest, learner: Learner) -> None:
    at = answer(start_free(practising), HALF)
    at = at.button(key="set-aside").click().run()
    assert not at.exception
    assert "Round finished" in texts(at)
    assert (learner.card("05-hnsw").suspended, learner.review_logs()) == (True, [])
    at = page(at, "progress")
    assert "What is an HNSW index?" in texts(at)
    at = at.button(key="bring-back-05-hnsw").click().run()
    assert not at.exception
    assert learner.card("05-hnsw").suspended is False


def test_a_draft_and_a_result_survive_a_reload(practising: AppTest, learner: Learner) -> None:
    at = start_free(practising)
    at.text_area[0].set_value("half a thought").run()
    fresh = page(AppTest.from_file(str(REPOSITORY / "app.py"), default_timeout=60), "practice", round="1")
    assert not fresh.exception
    assert fresh.text_area[0].value == "half a thought"
    answer(fresh, HALF)
    again = page(AppTest.from_file(str(REPOSITORY / "app.py"), default_timeout=60), "practice", round="1")
    assert not again.exception
    assert "Met] An HNSW index is a multi-layer graph" in texts(again)
    assert len(learner.attempts()) == 1


def test_a_round_that_was_left_is_offered_again(practising: AppTest) -> None:
    at = start_free(practising)
    at = at.button(key="stop-round").click().run()
    assert "**Free practice** is not finished: question 1 of 1." in texts(at)
    at = at.button(key="resume-round").click().run()
    assert not at.exception
    assert "#### What is an HNSW index?" in texts(at)


def test_without_a_judge_the_learner_decides_every_point(
    practising: AppTest, learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ModelIntegrityError("The judge's weights cannot be read.")

    monkeypatch.setattr(services, "grader", broken)
    at = answer(start_free(practising), HALF)
    assert "The judge's weights cannot be read." in at.warning[0].value
    assert len([c for c in at.segmented_control if c.label == "Did your answer say this?"]) == 3
    assert learner.attempts()[0].response == HALF


def test_an_answer_that_cannot_be_stored_stays_in_its_box(practising: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    at = start_free(practising)

    def full(*_: object) -> str:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(Learner, "add_attempt", full)
    at = answer(at, HALF)
    assert "The disk is full." in at.error[0].value
    assert at.text_area[0].value == HALF


def test_generated_choices_are_graded_exactly(practising: AppTest, learner: Learner) -> None:
    at = page(practising, "practice")
    at.segmented_control(key="free-source").set_value("Made from the notes")
    at = at.run()
    at.selectbox(key="free-topic").select(5)
    at.selectbox(key="free-kind-False").select("true_false")
    at = at.run().button(key="start-free").click().run()
    assert not at.exception
    at.radio[0].set_value(0)
    at = keyed(at.run(), "check").click().run()
    assert not at.exception
    (attempt,) = learner.attempts()
    assert attempt.grade["engine"] == "exact"
    assert "Right is:" in texts(at)
    keyed(at, "rate").click().run()
    assert learner.card(attempt.question_id).origin == "generated"


def test_filters_that_nothing_fits_say_which_to_relax(practising: AppTest) -> None:
    at = page(practising, "practice")
    at.selectbox(key="free-topic").select(13)
    at = at.run().button(key="start-free").click().run()
    assert not at.exception
    assert "No new question of the bank fits topic 13" in at.warning[0].value


def test_the_plan_is_kept_and_caps_the_session(practising: AppTest, learner: Learner) -> None:
    at = page(practising, "practice")
    at.number_input(key="plan-cap").set_value(2)
    at.date_input(key="plan-date").set_value((datetime.now(UTC) + timedelta(days=10)).date())
    at = at.run()
    assert not at.exception
    plan = learner.plan()
    assert (plan.daily_cap, plan.interview) == (2, (datetime.now(UTC) + timedelta(days=10)).date())
    assert "2 questions, all new." in texts(at)
    assert "The interview is in 10 days" in texts(at)


def test_todays_session_runs_to_its_end(practising: AppTest, learner: Learner) -> None:
    at = page(practising, "practice").button(key="start-today").click().run()
    for _ in range(3):
        at = keyed(answer(at, "I would compare them by memory."), "rate").click().run()
        assert not at.exception
    assert len(learner.review_logs()) == 3
    assert "Round finished" in texts(at)


def test_the_roadmap_and_the_chat_lead_to_practice_on_their_topic(practising: AppTest) -> None:
    at = page(practising, "roadmap").button(key="practise-5").click().run()
    assert not at.exception
    at = page(at, "practice")
    assert at.selectbox(key="free-topic").value == 5


def test_a_question_the_notes_do_not_cover_is_counted(practising: AppTest, learner: Learner) -> None:
    at = page(practising, "chat").chat_input[0].set_value("How do I proof sourdough?").run()
    assert not at.exception
    assert [q.question for q in learner.uncovered()] == ["How do I proof sourdough?"]
    at = page(at, "progress")
    assert not at.exception
    assert "How do I proof sourdough?" in texts(at)


# interview


def begin(at: AppTest) -> AppTest:
    at = page(at, "interview")
    assert not at.exception
    at.multiselect(key="topics").set_value([5])
    at = at.run().button(key="begin").click().run()
    assert not at.exception
    return at


def send(at: AppTest, text: str) -> AppTest:
    at.text_area[0].set_value(text)
    at = keyed(at.run(), "send").click().run()
    assert not at.exception
    return at


def test_an_interview_hides_the_rubric_and_ends_in_a_report(practising: AppTest, learner: Learner) -> None:
    at = begin(practising)
    assert "multi-layer graph" not in texts(at)
    at = keyed(at, "hint").click().run()
    assert not at.exception
    assert ":material/lightbulb:" in texts(at)
    at = send(at, HALF)
    at = send(at, "HNSW needs memory for its links.")
    assert "Interview report" in texts(at)
    assert "Overall" in texts(at)
    assert [d.label for d in at.get("download_button")] == ["Markdown", "PDF"]
    assert [i.status for i in learner.interviews()] == ["finished"]
    assert [a.parent for a in learner.attempts()] == ["interview", "interview"]
    at = at.button(key="back-interviews").click().run()
    assert "Past interviews" in texts(at)


def test_an_interrupted_interview_resumes_where_it_was(practising: AppTest, learner: Learner) -> None:
    at = send(begin(practising), HALF)
    at.text_area[0].set_value("and then").run()
    (stored,) = learner.interviews()
    fresh = page(AppTest.from_file(str(REPOSITORY / "app.py"), default_timeout=60), "interview")
    assert not fresh.exception
    assert "An interview was interrupted" in texts(fresh)
    fresh = fresh.button(key=f"go-{stored.id}").click().run()
    assert not fresh.exception
    assert "Paused. The clock stands still" in fresh.info[0].value
    assert fresh.text_area[0].value == "and then"
    fresh = fresh.button(key="resume").click().run()
    assert not fresh.exception
    fresh = send(fresh, "HNSW needs memory for its links.")
    assert "Interview report" in texts(fresh)


def test_an_interview_pauses_ends_early_and_can_be_discarded(practising: AppTest, learner: Learner) -> None:
    at = begin(practising).button(key="pause").click().run()
    assert learner.interviews()[0].status == "paused"
    assert keyed(at, "send").disabled
    at = page(at, "interview", i="")
    at = at.button(key=f"discard-{learner.interviews()[0].id}").click().run()
    assert not at.exception
    assert learner.interviews()[0].status == "abandoned"
    at = begin(at).button(key="end").click().run()
    assert not at.exception
    assert "No question was answered" in texts(at)
    assert learner.attempts() == []


# progress


def test_progress_without_data_says_what_to_do(practising: AppTest) -> None:
    at = page(practising, "progress")
    assert not at.exception
    notices = " ".join(info.value for info in at.info)
    for sentence in ("Nothing is graded yet", "Nothing is scheduled yet", "No gaps so far", "Questions from the chat"):
        assert sentence in notices


def test_progress_shows_mastery_calibration_memory_and_gaps(practising: AppTest) -> None:
    at = keyed(answer(start_free(practising), HALF), "rate").click().run()
    at = page(at, "progress")
    assert not at.exception
    shown = texts(at)
    assert "Strongest: 5. Internal Working of Vector DB" in shown
    assert "surer than right" in shown or "more often right" in shown or "judge yourself well" in shown
    assert "Without any review you would recall" in shown
    assert "Missed] The upper layers stay sparse." in shown
    assert len(at.get("vega_lite_chart") + at.get("arrow_vega_lite_chart")) >= 5
    assert {"Streak": "1 day", "Questions met": "1 of 5"}.items() <= {m.label: m.value for m in at.metric}.items()


def test_an_export_comes_back_as_the_same_data(practising: AppTest, learner: Learner, tmp_path: Path) -> None:
    from practice.export import export_json

    at = keyed(answer(start_free(practising), HALF), "rate").click().run()
    before = export_json(learner)
    at = page(at, "progress")
    at.get("file_uploader")[0].set_value(("backup.json", before, "application/json"))
    at = at.run()
    at = at.button(key="import").click().run()
    assert not at.exception
    assert "Everything in this file is here already." in at.success[0].value
    assert export_json(learner) == before
    other = get_learner(Settings(data_dir=tmp_path / "other"))
    other.record_uncovered("Who?", datetime.now(UTC))
    at.get("file_uploader")[0].set_value(("other.json", export_json(other), "application/json"))
    at = at.run().button(key="import").click().run()
    assert not at.exception
    assert "Who?" in {question.question for question in learner.uncovered()}
    at.get("file_uploader")[0].set_value(("broken.apkg", b"no deck", "application/zip"))
    at = at.run().button(key="import").click().run()
    assert not at.exception
    assert "not an Anki deck" in at.error[0].value


def test_a_card_from_yesterday_is_due_and_says_why(practising: AppTest, learner: Learner) -> None:
    at = keyed(answer(start_free(practising), HALF), "rate").click().run()
    card = learner.card("05-hnsw")
    learner.save_cards([replace(card, due=datetime.now(UTC) - timedelta(hours=1))])
    at = at.button(key="back").click().run()
    assert not at.exception
    assert "1 due again" in texts(at)
