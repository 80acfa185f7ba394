import json

import numpy as np
import pytest

from core.content import KeyPoint, Misconception
from core.errors import EndpointResponseError, EndpointUnreachableError
from core.judge import SUPPORTS, Judgement
from core.types import Chunk
from practice.evidence import NoteQuotes, split_response
from practice.grading import CREDIT, JudgeGrader, finish_grade, suggest_rating
from practice.quantities import find_quantities, missing_quantities, result_of
from practice.types import Criterion, FoundMisconception, PracticeQuestion
from practice.verdicts import VERDICTS, Reading, load_verdict_model, verdict_features

NOTES = NoteQuotes([
    Chunk("c1", "knowledge/notes/05-x.md", "T", 5, ("Indexing", "How it works"),
          "HNSW keeps its upper layers sparse. The raw vectors take 30.7 GB of memory in all.", 0),
])
QUESTION = PracticeQuestion(
    id="05-q", origin="bank", format="open", topic=5, subtopic="Indexing", level="beginner", kind="concept",
    question="How is an HNSW index laid out in memory?", short_answer="s", reference_answer="r",
    key_points=(
        KeyPoint(text="HNSW keeps its upper layers sparse.", weight=2, required=True),
        KeyPoint(text="The raw vectors take 30.7 GB.", weight=1, required=True),
    ),
    misconceptions=(Misconception(wrong="All layers hold every vector.", correction="Only layer 0 holds every vector."),),
    follow_ups=("05-other", "What if the vectors live on disk?"), notes=("05-x#indexing--how-it-works",),
)


class ScriptedJudge:
    """Says of each pair what its script says of a word in the evidence; unrelated otherwise."""

    def __init__(self, **script: dict[str, str]) -> None:
        self.script = script
        self.pairs: list[tuple[str, str]] = []

    def judge(self, pairs):
        self.pairs += pairs
        return [self._one(claim, evidence) for claim, evidence in pairs]

    def _one(self, claim: str, evidence: str) -> Judgement:
        for word, verdicts in self.script.items():
            if word in evidence.lower():
                for part, verdict in verdicts.items():
                    if part in claim:
                        return Judgement(tuple(0.91 if name == verdict else 0.03 for name in SUPPORTS))
        return Judgement((0.02, 0.02, 0.94, 0.02))


class FakeEncoder:
    """One direction a text: nothing is near anything."""

    def encode(self, texts):
        return np.eye(len(texts), 64, dtype=np.float32)


@pytest.fixture(autouse=True)
def _judge_alone_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict of the piece that speaks of the point, so that a test's script is what counts."""

    def decide(points: list[str], _pieces: list[str], reading: Reading) -> list[tuple[str, float]]:
        decided = []
        for number in range(len(points)):
            odds = reading.piece_odds[number, reading.speaking(number)]
            best = int(np.argmax(odds))
            decided.append((VERDICTS[best] if odds[best] >= 0.5 else "unsure", float(odds[best])))
        return decided

    monkeypatch.setattr("practice.grading.decide_verdicts", decide)


def grade(response: str, **script: dict[str, str]):
    return JudgeGrader(ScriptedJudge(**script), FakeEncoder(), NOTES).grade(QUESTION, response)


def test_a_met_point_shows_both_quotes() -> None:
    result = grade("Well. The top floors are thin, of course.", thin={"upper layers": "supported"})
    first = result.criteria[0]
    assert first.verdict == "met"
    assert first.response_quote == "The top floors are thin, of course."
    assert first.notes_quote == "HNSW keeps its upper layers sparse."
    assert first.notes_anchor == "05-x#indexing--how-it-works"
    assert result.criteria[1].verdict == "missed"
    assert result.criteria[1].response_quote == ""
    assert result.score == pytest.approx(2 / 3, abs=1e-3)


def test_a_contradicted_point_costs_more_than_a_missed_one() -> None:
    wrong = grade("The top floors are dense and thick.", dense={"upper layers": "contradicted"})
    assert wrong.criteria[0].verdict == "contradicted"
    assert wrong.score == 0.0
    assert wrong.suggested_rating == "again"


@pytest.mark.parametrize("response", ["", "   ", "…", "How is an HNSW index laid out in memory?", "how is the hnsw index laid out in memory"])
def test_saying_nothing_or_repeating_the_question_scores_nothing(response: str) -> None:
    judge = ScriptedJudge(hnsw={"HNSW": "supported"})
    result = JudgeGrader(judge, FakeEncoder(), NOTES).grade(QUESTION, response)
    assert result.score == 0.0
    assert {c.verdict for c in result.criteria} == {"missed"}
    assert judge.pairs == [], "there was nothing to judge"


@pytest.mark.parametrize(("text", "result"), [
    ("PPO with four 8B models needs about 288 GB.", "288 GB"), ("It costs 30.8 trillion, or 29.7 trillion with half of it masked.", "29.7 trillion"),
    ("Two million chunks take 8.19 GB.", "8.19 GB"),
    ("A three-point difference is invisible.", None), ("A guess is worth more than 0.", None),
])
def test_the_result_of_a_calculation_is_its_last_number_in_digits(text: str, result: str | None) -> None:
    assert result_of(text) == (find_quantities(result)[0] if result else None)


def test_a_number_that_the_response_lacks_keeps_a_point_from_being_met() -> None:
    vague = grade("The vectors fill plenty of memory for sure.", plenty={"30.7": "supported"})
    exact = grade("The vectors fill 30,700 MB in total.", total={"30.7": "supported"})
    assert vague.criteria[1].verdict == "partly"
    assert exact.criteria[1].verdict == "met"


def test_a_known_misconception_is_recognised_and_corrected() -> None:
    said = grade("Each level stores everything.", everything={"All layers": "supported", "Only layer 0": "contradicted"})
    assert [m.correction for m in said.misconceptions] == ["Only layer 0 holds every vector."]
    assert said.misconceptions[0].response_quote == "Each level stores everything."
    assert grade("Something else entirely here.").misconceptions == ()


def test_the_judge_may_be_unsure() -> None:
    class Torn(ScriptedJudge):
        def _one(self, claim, evidence):
            return Judgement((0.3, 0.25, 0.1, 0.35))

    result = JudgeGrader(Torn(), FakeEncoder(), NOTES).grade(QUESTION, "Something about layers perhaps.")
    assert {c.verdict for c in result.criteria} == {"unsure"}
    assert result.criteria[0].response_quote


def test_the_score_is_arithmetic() -> None:
    def criterion(verdict: str, weight: int, required: bool) -> Criterion:
        return Criterion("k", weight, required, verdict)

    both = [criterion("met", 3, True), criterion("partly", 2, False)]
    assert finish_grade(QUESTION, both, ()).score == pytest.approx((3 + 0.5 * 1) / 4)
    assert CREDIT["contradicted"] < CREDIT["missed"] == 0
    assert suggest_rating(0.9, [criterion("met", 1, True)]) == "good"
    assert suggest_rating(0.9, [criterion("contradicted", 1, True)]) == "hard"
    assert [suggest_rating(score, []) for score in (0.2, 0.4499, 0.45, 0.75)] == ["again", "again", "hard", "good"]
    met, missed, denied = (criterion(verdict, 1, True) for verdict in ("met", "missed", "contradicted"))
    assert [finish_grade(QUESTION, [met, other], ()).score for other in (missed, denied)] == [0.5, 0.45]
    assert finish_grade(QUESTION, [met], [FoundMisconception("w", "c", "q")]).score == 0.9


def test_a_document_without_headings_is_quoted_below_its_title() -> None:
    notes = NoteQuotes([Chunk("c", "uploads/report.txt", "Yearly report", None, (), "The plant made 40 tonnes of steel that year.", 0)])
    assert notes.find("The plant made 40 tonnes.", ["report#yearly-report"])[0] == "The plant made 40 tonnes of steel that year."


def test_responses_are_cut_into_verbatim_pieces() -> None:
    response = "Upper layers are sparse; layer 0 holds all.\n- links cost RAM\n- deletes are hard but IVF rebuilds quickly"
    pieces = split_response(response)
    assert all(piece in response for piece in pieces)
    assert "links cost RAM" in pieces
    assert len(pieces) == 5


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("about 30,700 MB", "30.7 GB"), ("thirty milliseconds", "30 ms"), ("0.95", "95 %"), ("1.5k tokens", "1,500 tokens"),
        ("so 144 in all", "144 GB"), ("≈ 2.458·10⁸ input", "245.8 million input"),
        ("7 billion", "7B"), ("10^6 vectors", "a million vectors"), ("half", "50 %"), ("sixteen gigabytes", "16 GB"),
    ],
)
def test_quantities_compare_as_what_they_are(said: str, wanted: str) -> None:
    assert missing_quantities(find_quantities(wanted)[:1], find_quantities(said)) == []


@pytest.mark.parametrize("text", ["1e400", "123456789012345678901^18", "0^-1", "2·10^9999"])
def test_numbers_beyond_all_bounds_are_passed_over(text: str) -> None:
    assert all(np.isfinite(q.value) for q in find_quantities(text))


@pytest.mark.parametrize(("said", "wanted"), [("30.7 MB", "30.7 GB"), ("31 s", "31 ms"), ("15", "16"), ("nothing", "3"), ("a tensor", "10")])
def test_other_quantities_are_missing(said: str, wanted: str) -> None:
    assert missing_quantities(find_quantities(wanted), find_quantities(said))


def test_the_verdict_model_reads_every_feature_and_gives_probabilities() -> None:
    odds, cosines = np.full((1, 2, 4), 0.25), np.zeros((1, 2))
    reading = Reading(odds, odds, odds, odds[0], cosines, cosines)
    (features,) = verdict_features(["It takes 30.7 GB."], ["30,700 MB", "nothing else"], reading)
    model = load_verdict_model()
    assert len(features) == len(model.mean) == len(model.weights)
    assert model.probabilities(features).sum() == pytest.approx(1.0)


class ScriptedModel:
    name = "scripted"

    def __init__(self, *replies: str | Exception) -> None:
        self.replies = list(replies)
        self.prompts: list[str] = []

    def complete(self, prompt: str) -> str:
        self.prompts.append(prompt)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


def verdicts(*pairs: tuple[str, str]) -> str:
    return json.dumps({"verdicts": [{"number": n, "verdict": v, "quote": q} for n, (v, q) in enumerate(pairs, 1)]})


def test_a_model_grades_and_its_quotes_are_verified() -> None:
    model = ScriptedModel(verdicts(("met", "thin upper floors"), ("met", "thirty gigabytes, as everybody knows")))
    result = JudgeGrader(ScriptedJudge(), FakeEncoder(), NOTES, model).grade(QUESTION, "It has thin upper floors, I think.")
    assert [c.verdict for c in result.criteria] == ["met", "missed"], "a quote that nobody said backs nothing"
    assert result.engine == "generative"
    assert "I think" in model.prompts[0]


def test_a_useless_reply_is_asked_again_once_and_then_the_judge_grades() -> None:
    model = ScriptedModel("not json", verdicts(("met", "x")))
    result = JudgeGrader(ScriptedJudge(), FakeEncoder(), NOTES, model).grade(QUESTION, "It has thin upper floors.")
    assert len(model.prompts) == 2
    assert result.engine == "judge"
    assert "no usable verdicts" in result.notice


@pytest.mark.parametrize("error", [EndpointUnreachableError("dead"), EndpointResponseError("broken")])
def test_a_dead_endpoint_ends_in_the_judges_grade(error: Exception) -> None:
    result = JudgeGrader(ScriptedJudge(thin={"upper": "supported"}), FakeEncoder(), NOTES, ScriptedModel(error)).grade(QUESTION, "Thin upper floors.")
    assert result.engine == "judge"
    assert result.criteria[0].verdict == "met"
    assert "built-in judge" in result.notice
