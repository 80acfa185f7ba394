import json
from dataclasses import replace

import pytest

import cli
from core.errors import EndpointTimeoutError
from core.settings import Settings
from ingest.pipeline import ingest
from practice.bank import NoQuestionsError
from practice.quiz import Quiz, build_quiz, grade_choice
from practice.types import Grade, PracticeQuestion
from tests.practice.small_index import CHUNKS, SmallIndex, a_chunk
from tests.practice.test_bank import BANK
from tests.practice.test_generate import Scripted, written
from tests.practice.test_quality import GOOD


def a_quiz(**changes: object) -> Quiz:
    return build_quiz(SmallIndex(), (), **({"topic": 5, "count": 6, "generated": True, "glossary": ()} | changes))


def test_the_bank_needs_no_index() -> None:
    quiz = build_quiz(None, BANK, topic=5, count=3)
    assert [q.origin for q in quiz.questions] == ["bank"] * 3
    assert quiz.notice == ""


def test_a_short_quiz_says_so() -> None:
    assert build_quiz(None, BANK, topic=2, count=3).notice == "Only 1 of 3 questions fit."


def test_generated_questions_vary_and_the_seed_repeats_them() -> None:
    quiz = a_quiz(seed=3)
    assert len(quiz.questions) == 6
    assert len({q.format for q in quiz.questions}) == 3
    assert quiz.report.kept == 6
    assert quiz.questions == a_quiz(seed=3).questions
    assert quiz.questions != a_quiz(seed=4).questions


@pytest.mark.parametrize("form", ["open", "multiple_choice", "true_false"])
def test_a_format_can_be_asked_for(form: str) -> None:
    assert {q.format for q in a_quiz(kind=form, count=2).questions} == {form}


def test_kind_level_and_seen_filter_generated_questions() -> None:
    assert {q.kind for q in a_quiz(kind="calculate", count=1).questions} == {"calculate"}
    assert {q.level for q in a_quiz(level="beginner", count=2).questions} == {"beginner"}
    first = a_quiz(count=1).questions[0]
    assert first.id not in {q.id for q in a_quiz(seen={first.id}).questions}


def test_what_does_not_exist_is_said() -> None:
    with pytest.raises(NoQuestionsError, match="topic 99"):
        a_quiz(topic=99)
    with pytest.raises(NoQuestionsError, match="level expert"):
        a_quiz(level="expert")
    with pytest.raises(NoQuestionsError, match="open questions only"):
        build_quiz(None, BANK, kind="true_false")


def test_an_upload_can_be_practised() -> None:
    upload = a_chunk("Quokkas are easy to keep, because they eat almost every plant that grows nearby.", document="papers/zoo.txt", topic=None)
    index = SmallIndex([*CHUNKS, upload])
    quiz = build_quiz(index, (), document="zoo.txt", count=1, glossary=())
    assert "easy to keep" in quiz.questions[0].question
    assert quiz.questions[0].topic is None


def test_a_model_writes_first_and_structure_fills_up() -> None:
    good = {"questions": [written(question="HNSW index: why are deletes hard when other vectors navigate?")]}
    quiz = a_quiz(model=Scripted(*[good] * 40), count=4)
    assert quiz.questions[0].question.startswith("HNSW index: why are deletes hard")
    assert len(quiz.questions) == 4


class Broken:
    def complete(self, prompt: str) -> str:
        raise EndpointTimeoutError("m took too long to answer.")


def test_a_failing_endpoint_leaves_the_questions_of_structure_and_one_sentence() -> None:
    quiz = a_quiz(model=Broken())
    assert len(quiz.questions) == 6
    assert "took too long" in quiz.notice
    assert quiz.notice.endswith("made from the structure of your notes.")


# grading


def test_a_right_choice_is_met_with_the_notes_quote() -> None:
    for choice in (2, "C", "c", "hnsw"):
        grade = grade_choice(GOOD, choice)
        assert (grade.score, grade.suggested_rating, grade.engine) == (1.0, "good", "exact")
    assert grade.criteria[0].notes_quote in GOOD.passage
    assert grade.criteria[0].response_quote == "HNSW"
    assert Grade.from_dict(json.loads(json.dumps(grade.to_dict()))) == grade


def test_a_wrong_choice_is_missed() -> None:
    grade = grade_choice(GOOD, "A")
    assert (grade.score, grade.suggested_rating) == (0.0, "again")
    assert grade.criteria[0].verdict == "missed"
    assert grade.criteria[0].response_quote == ""


def test_what_is_no_choice_is_refused() -> None:
    for choice in (4, -1, "E", "", "something else"):
        with pytest.raises(ValueError, match="none of the 4 options"):
            grade_choice(GOOD, choice)
    with pytest.raises(ValueError, match="open question"):
        grade_choice(replace(GOOD, format="open", options=(), correct=None), 0)


# the command


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("GROUNDWORK_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("GROUNDWORK_KNOWLEDGE_DIR", str(settings.knowledge_dir))
    ingest(settings)

    def run_command(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(["quiz", *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run_command


def test_the_command_shows_the_answer_after_a_blank_line(run) -> None:
    status, out, err = run("--topic", "5", "--count", "1", "--generated", "--kind", "multiple_choice")
    assert status == 0
    asked, answer = out.split("\n\n")
    assert "A) " in asked
    assert "Answer: " in answer
    assert "Source: 05-vector-databases#" in answer
    assert "kept" in err


def test_the_command_gives_json_that_reads_back(run) -> None:
    status, out, _ = run("--topic", "5", "--count", "2", "--generated", "--json")
    record = json.loads(out)
    assert status == 0
    assert record["report"]["kept"] == len(record["questions"])
    assert PracticeQuestion.from_dict(record["questions"][0]).origin == "generated"


def test_the_command_explains_that_nothing_fits(run) -> None:
    status, out, err = run("--topic", "5")
    assert (status, out) == (1, "")
    assert "No new question of the bank fits topic 5" in err
