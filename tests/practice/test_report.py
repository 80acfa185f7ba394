import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which

import pytest

from practice.choice import Next
from practice.follow_ups import Bank
from practice.interview import Interviewer, finish
from practice.interview_state import Interview, Line, Setup
from practice.report import Report, build_report, note_link, section_title
from practice.report_blocks import SHOWN_GAPS, to_markdown
from practice.report_fonts import write_fonts
from practice.report_pdf import to_pdf
from practice.types import FoundMisconception
from tests.practice.questions import BANK, BY_ID, HNSW, WordGrader, a_question, full_answer

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ORDER = ("hnsw", "pq", "rag", "memory")


def ended(*answers: str, extra: str = "") -> Interview:
    """An interview that asks ORDER and gets these answers; `extra` is said in the first exchange."""
    def chooser(interview, bank, roadmap):
        return Next(BY_ID[ORDER[len(interview.exchanges)]], "new", None, "Next, please.")

    interviewer = Interviewer(BANK, WordGrader(), chooser=chooser)
    interview = interviewer.start(Setup("ml_infra", "advanced", 30), NOW, id="x")
    for turn, answer in enumerate(answers, 1):
        interview = interviewer.respond(interview, answer, NOW + timedelta(minutes=turn))
    if extra:
        first = interview.exchanges[0]
        first = replace(first, lines=(*first.lines, Line("candidate", "answer", extra, 1.0)))
        interview = replace(interview, exchanges=(first, *interview.exchanges[1:]))
    return finish(interview, NOW + timedelta(minutes=10))


HNSW_HALF = BY_ID["hnsw"].key_points[0].text
PQ_WRONG = f"not: {BY_ID['pq'].key_points[0].text}"


@pytest.fixture
def report() -> Report:
    return build_report(ended(HNSW_HALF, PQ_WRONG, full_answer(BY_ID["rag"])), Bank(BANK))


def test_scores_are_told_overall_and_by_topic_with_their_range(report: Report) -> None:
    assert (report.overall.mean, report.overall.questions) == (pytest.approx(0.5), 3)
    assert report.overall.low < 0.5 < report.overall.high
    topics = {score.name: score for score in report.topics}
    assert topics["Internal Working of Vector DB"].mean == pytest.approx(0.25)
    assert topics["Retrieval Augmented Generation (RAG)"].questions == 1


def test_strengths_and_gaps_come_from_the_verdicts_the_heaviest_gap_first(report: Report) -> None:
    assert [e.question.id for e in report.strengths] == ["rag"]
    assert [g.criterion.verdict for g in report.gaps] == ["contradicted", "missed", "missed"]
    assert report.gaps[0].criterion.key_point == BY_ID["pq"].key_points[0].text


def test_what_to_study_next_starts_where_most_was_lost_and_offers_new_questions(report: Report) -> None:
    assert [s.anchor.partition("#")[2] for s in report.study] == ["quantization-techniques", "vector-indexing-structures"]
    asked = {BY_ID[i].question for i in ORDER[:3]}
    assert report.study[1].questions
    assert not asked & {q for s in report.study for q in s.questions}


def test_a_running_interview_has_no_report() -> None:
    interview = Interviewer(BANK, WordGrader()).start(Setup("ml_infra", "advanced", 30), NOW)
    with pytest.raises(ValueError, match="ended"):
        build_report(interview)


def test_the_markdown_has_every_part_and_links_to_the_sections(report: Report) -> None:
    text = to_markdown(report)
    for heading in ("# Mock interview report", "## Overall: 50%", "## Strengths", "## Gaps", "## What to study next", "## Transcript"):
        assert f"\n{heading}\n" in f"\n{text}"
    assert "](knowledge/notes/05-vector-databases.md#quantization-techniques)" in text
    assert "ML infrastructure engineer, advanced level" in text
    assert f"You: “you on {HNSW_HALF}”" in text  # both quotes
    assert f"Notes: “notes on {HNSW_HALF}”" in text
    assert "> **Interviewer:** " in text
    assert "In short: " in text  # the reference is open now
    other = to_markdown(report, link=lambda anchor: f"http://localhost:8501/notes?at={anchor}")
    assert f"http://localhost:8501/notes?at={HNSW}" in other


def test_what_the_learner_wrote_stays_text_in_markdown() -> None:
    text = to_markdown(build_report(ended("x", extra="<script>alert(1)</script> # no heading\n| a | b |\n*bold* [x](http://evil.test)")))
    assert "<script>" not in text.replace("\\<script\\>", "")
    assert "[x](http://evil.test)" not in text
    assert not any(line.startswith(("# no", "| a")) for line in text.splitlines())


def test_a_correction_is_shown_with_the_learners_words() -> None:
    interview = ended("x")
    first = interview.exchanges[0]
    grade = replace(first.grade, misconceptions=(FoundMisconception("Graphs need it.", "Graphs never need it.", "graphs need it"),))
    interview = replace(interview, exchanges=(replace(first, grade=grade), *interview.exchanges[1:]))
    assert "you said “graphs need it”. Graphs never need it." in to_markdown(build_report(interview))


def test_an_interview_without_answers_says_so() -> None:
    report = build_report(ended())
    assert report.overall.questions == 0
    text = to_markdown(report)
    assert "No question was answered" in text
    assert "0%" not in text
    assert to_pdf(report).startswith(b"%PDF")


def test_a_long_list_of_gaps_is_cut_and_says_so() -> None:
    points = [f"Point number {n} is about thing {n}." for n in range(7)]
    questions = [a_question(f"q{i}", "beginner", f"Question {i}?", *points) for i in range(3)]
    interviewer = Interviewer(questions, WordGrader(), chooser=lambda i, b, r: Next(questions[len(i.exchanges)], "new", None, "Next."))
    interview = interviewer.start(Setup("ml_infra", "beginner", 15), NOW)
    for _ in range(2):
        interview = interviewer.respond(interview, "nothing of that kind", NOW)
    text = to_markdown(build_report(finish(interview, NOW)))
    gaps = text.partition("## Gaps")[2].partition("## What")[0]
    assert gaps.count("✗ missed") == SHOWN_GAPS
    assert f"{2 * 7 - SHOWN_GAPS} lighter points more" in gaps


def test_sections_are_named_as_in_the_notes_and_unknown_ones_readably() -> None:
    assert section_title("05-vector-databases#vector-indexing-structures--hnsw-vs-ivf") == "Vector indexing structures, HNSW vs IVF"
    assert section_title("my-upload#late-binding--how-it-works") == "Late binding, How it works"
    assert note_link("a#b--c") == "knowledge/notes/a.md#b"


# PDF

SYMBOLS = "α β Δ Σ π λ σ → ⇒ ⇔ ↔ ↑ ↓ ≈ ≠ ≤ ≥ × ÷ ± ² ₃ ½ ‖x‖ ∇ ∈ ∉ ∀ ∝ √ ∞ ∅ ∴ ≪ ⊂ ∩ ∧ ∨ ¬ “quotes” ‘q’ – — … ✓ ✗ ć é ü Ж"


def test_every_symbol_of_the_notes_has_a_glyph(tmp_path: Path) -> None:
    files, drawn = write_fonts(tmp_path, set(SYMBOLS) | {"你"})
    assert set(SYMBOLS) <= drawn
    assert "你" not in drawn
    assert all(file.read_bytes()[:4] == b"\x00\x01\x00\x00" for file in files.values())  # TrueType outlines


@pytest.mark.skipif(which("pdftotext") is None, reason="poppler-utils is not installed")
def test_the_pdf_prints_what_was_said(tmp_path: Path) -> None:
    report = build_report(ended(HNSW_HALF, PQ_WRONG, extra=f"{SYMBOLS} and 你好 \x07\u202e<b>tags</b>"), Bank(BANK))
    path = tmp_path / "report.pdf"
    path.write_bytes(to_pdf(report))
    text = " ".join(subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout.split())
    for symbol in SYMBOLS.split():
        assert symbol in text
    assert "□□" in text
    assert "this document's fonts do not have" in text
    assert "<b>tags</b>" in text
    for part in ("Overall: 25%", "What to study next", "Internal Working of Vector DB", "contradicted:"):
        assert part in text


def test_the_pdf_names_sections_without_links() -> None:
    report = build_report(ended(HNSW_HALF), Bank(BANK))
    assert b"/URI" not in to_pdf(report)
