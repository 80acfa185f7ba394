"""Groundwork in a terminal. Data goes to stdout, progress and problems to stderr.

    python cli.py ingest [PATH...] [--forget PATH] [--json]
    python cli.py search "query" [--k 10] [--topic N] [--json]
    python cli.py ask "question" [--topic N] [--json]
    python cli.py batch search|ask|grade --input FILE.jsonl --output FILE.jsonl
    python cli.py quiz [--topic N] [--count K] [--level L] [--kind KIND] [--generated] [--document NAME] [--seed N] [--json]
    python cli.py doctor [--json]
    python cli.py eval [--quick] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, get_args

from core.content import GlossaryTerm, QuestionKind, QuestionLevel, load_glossary, load_questions
from core.errors import GroundworkError
from core.settings import Settings, load_settings
from core.types import Answer, Retrieval, Turn
from practice.types import Format

if TYPE_CHECKING:
    from chat.answering import Assistant
    from practice.types import PracticeQuestion
    from retrieval.retriever import Retriever

EXIT_OK, EXIT_PROBLEM = 0, 1  # argparse exits with 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0 good, 1 a problem, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options, load_settings()))
    except GroundworkError as error:
        print(error.explain(), file=sys.stderr)
        return EXIT_PROBLEM
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cli.py", description="Groundwork: a study assistant for LLM-engineer interviews.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[..., int], help: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help)
        sub.set_defaults(run=run)
        return sub

    sub = command("ingest", run_ingest, "bring the index up to date; PATHs (files or folders) are added to it")
    sub.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    sub.add_argument("--forget", action="append", default=[], type=Path, metavar="PATH", help="leave out what was added earlier")
    sub.add_argument("--json", action="store_true")
    sub = command("search", run_search, "find passages")
    sub.add_argument("query")
    sub.add_argument("--k", type=_positive, default=10)
    sub.add_argument("--topic", type=int)
    sub.add_argument("--json", action="store_true")
    sub = command("ask", run_ask, "answer a question from the notes")
    sub.add_argument("question")
    sub.add_argument("--topic", type=int)
    sub.add_argument("--json", action="store_true")
    sub = command("batch", run_batch, "search, ask or grade for every line of a JSONL file")
    sub.add_argument("job", choices=["search", "ask", "grade"])
    sub.add_argument("--input", type=Path, required=True)
    sub.add_argument("--output", type=Path, required=True)
    sub = command("quiz", run_quiz, "practise: questions from the bank, or made from the notes or your own documents")
    sub.add_argument("--topic", type=int)
    sub.add_argument("--count", type=_positive, default=10)
    sub.add_argument("--level", choices=get_args(QuestionLevel))
    sub.add_argument("--kind", choices=[*get_args(QuestionKind), *get_args(Format)], help="a kind of question, or a format")
    sub.add_argument("--generated", action="store_true", help="questions made from the notes instead of the bank's")
    sub.add_argument("--document", metavar="NAME", help="questions made from one document, by the name that `search --json` prints")
    sub.add_argument("--seed", type=int, default=0, help="another seed gives another quiz")
    sub.add_argument("--json", action="store_true")
    sub = command("doctor", run_doctor, "check that everything Groundwork needs is in place")
    sub.add_argument("--json", action="store_true")
    sub = command("eval", run_eval, "measure the quality on the labelled cases and write docs/quality-report.md")
    sub.add_argument("--quick", action="store_true", help="only the development cases, and write nothing")
    sub.add_argument("--json", action="store_true")
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


# ingest


def run_ingest(options: argparse.Namespace, settings: Settings) -> int:
    """Bring the index up to date. A file that cannot be read is reported; the rest go on and the status says so."""
    from dataclasses import asdict

    from ingest.pipeline import ingest
    from ingest.progress import show_problems, show_progress

    report = ingest(settings, options.paths, show_progress, options.forget)
    if options.json:
        print(json.dumps(asdict(report), ensure_ascii=False))
    else:
        print(
            f"{report.documents} documents, {report.total_chunks} passages: {report.embedded_chunks} embedded, "
            f"{report.deleted_chunks} deleted."
        )
    show_problems(report)
    return EXIT_PROBLEM if report.failures else EXIT_OK


# search and ask


def _open_retriever(settings: Settings) -> Retriever:
    """A retriever over an up-to-date index; a first run ingests."""
    from ingest.pipeline import ingest, is_stale
    from ingest.progress import show_problems, show_progress
    from retrieval.retriever import get_retriever

    if is_stale(settings):
        show_problems(ingest(settings, progress=show_progress))
    return get_retriever(settings)


def _open_assistant(settings: Settings) -> Assistant:
    from chat.answering import Assistant
    from core.models import get_chat_model

    folder = settings.knowledge_dir
    return Assistant(_open_retriever(settings), load_questions(folder), load_glossary(folder), get_chat_model(settings))


def run_search(options: argparse.Namespace, settings: Settings) -> int:
    """Print the passages that match best."""
    retrieval = _open_retriever(settings).retrieve(options.query, options.k, options.topic)
    if options.json:
        print(json.dumps({"query": options.query, **search_record(retrieval)}, ensure_ascii=False))
        return EXIT_OK
    print(f"confidence {retrieval.confidence:.2f}")
    for rank, hit in enumerate(retrieval.hits, 1):
        print(f"\n{rank}. {hit.chunk.title} > {hit.chunk.heading}  ({hit.score:.4f})\n{_indent(hit.chunk.text[:300])}")
    return EXIT_OK


def run_ask(options: argparse.Namespace, settings: Settings) -> int:
    """Print an answer with its sources."""
    answer = _open_assistant(settings).answer(options.question, topic=options.topic)
    if options.json:
        print(json.dumps({"question": options.question, **ask_record(answer)}, ensure_ascii=False))
        return EXIT_OK
    print(f"{answer.text}\n")
    if answer.notice:
        print(f"({answer.notice})\n")
    for source in answer.sources:
        print(f"[{source.n}] {source.title} > {source.heading}  ({source.document})")
    print(f"\n{answer.verdict}, confidence {answer.confidence:.2f}, {answer.engine}, {answer.timings_ms['total']:.0f} ms")
    if answer.follow_ups:
        print("\nNext:\n" + "\n".join(f"- {question}" for question in answer.follow_ups))
    return EXIT_OK


def _indent(text: str) -> str:
    return "\n".join(f"   {line}" for line in text.splitlines())


def search_record(retrieval: Retrieval) -> dict[str, Any]:
    """The `search` contract: hits, confidence, timings_ms."""
    return {
        "hits": [
            {
                "chunk_id": hit.chunk.id, "document": hit.chunk.document, "topic": hit.chunk.topic,
                "heading": hit.chunk.heading, "score": hit.score, "text": hit.chunk.text,
            }
            for hit in retrieval.hits
        ],
        "confidence": retrieval.confidence,
        "timings_ms": dict(retrieval.timings_ms),
    }


def ask_record(answer: Answer) -> dict[str, Any]:
    """The `ask` contract."""
    return {
        "standalone_question": answer.standalone_question, "verdict": answer.verdict, "confidence": answer.confidence,
        "answer": answer.text,
        "sources": [
            {
                "n": s.n, "chunk_id": s.chunk_id, "document": s.document, "topic": s.topic, "heading": s.heading,
                "page": s.page, "quote": s.quote, "text": s.text,
            }
            for s in answer.sources
        ],
        "follow_ups": list(answer.follow_ups), "engine": answer.engine, "timings_ms": dict(answer.timings_ms),
        **({"notice": answer.notice} if answer.notice else {}),
    }


# quiz


def run_quiz(options: argparse.Namespace, settings: Settings) -> int:
    """Print questions with their options and, after a blank line, the answer with its source."""
    from core.models import get_chat_model
    from practice.quiz import build_quiz

    generated = options.generated or options.document is not None
    quiz = build_quiz(
        _open_retriever(settings) if generated else None, load_questions(settings.knowledge_dir), topic=options.topic,
        count=options.count, level=options.level, kind=options.kind, generated=generated, document=options.document,
        model=get_chat_model(settings) if generated else None, seed=options.seed, glossary=load_glossary(settings.knowledge_dir),
    )
    if options.json:
        print(json.dumps(quiz.to_dict(), ensure_ascii=False))
        return EXIT_OK
    print("\n\n".join(format_question(number, question) for number, question in enumerate(quiz.questions, 1)))
    if quiz.report.offered:
        dropped = ", ".join(f"{count} {reason}" for reason, count in quiz.report.dropped.most_common())
        kept = f"{quiz.report.kept} of {quiz.report.offered} questions kept"
        print(f"{kept}; dropped: {dropped}." if dropped else f"{kept}.", file=sys.stderr)
    if quiz.notice:
        print(quiz.notice, file=sys.stderr)
    return EXIT_OK


def format_question(number: int, question: PracticeQuestion) -> str:
    """A question with its options and, after a blank line, the answer, its key points and where they stand."""
    from practice.quiz import option_letter

    lines = [f"{number}. [{question.level}, {question.kind}] {question.question}"]
    lines += [f"   {option_letter(place)}) {option}" for place, option in enumerate(question.options)]
    right = f"{option_letter(question.correct)}) " if question.correct is not None else ""
    lines += ["", f"   Answer: {right}{question.short_answer}"]
    lines += [f"   - {point.text}" for point in question.key_points]
    return "\n".join([*lines, f"   Source: {', '.join(question.notes)}"])


# batch


def run_batch(options: argparse.Namespace, settings: Settings) -> int:
    """One result line for every input line, in order; a bad line yields an error and the rest go on."""
    try:
        lines = options.input.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        print(f"{options.input} cannot be read: {error}. Give a UTF-8 file with one JSON object a line.", file=sys.stderr)
        return EXIT_PROBLEM
    if options.job == "search":
        retriever, glossary = _open_retriever(settings), load_glossary(settings.knowledge_dir)
        work = lambda item: _batch_search(item, retriever, glossary)  # noqa: E731
    elif options.job == "grade":
        from practice.batch import open_batch_grader

        work = open_batch_grader(settings, _open_retriever(settings))
    else:
        assistant = _open_assistant(settings)
        work = lambda item: _batch_ask(item, assistant)  # noqa: E731
    failures = 0
    total = sum(1 for line in lines if line.strip())
    try:
        with options.output.open("w", encoding="utf-8", errors="backslashreplace") as output:
            for done, record in enumerate(_batch_records(lines, work), 1):
                failures += "error" in record
                output.write(json.dumps(record, ensure_ascii=False) + "\n")
                output.flush()
                _show_count(done, total, sys.stderr)
    except OSError as error:
        print(f"{options.output} cannot be written: {error.strerror}. Choose another file.", file=sys.stderr)
        return EXIT_PROBLEM
    print(f"{total} lines, {failures} with errors.", file=sys.stderr)
    return EXIT_PROBLEM if failures else EXIT_OK


def _batch_records(lines: Sequence[str], work: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        id_: Any = None
        try:
            item = json.loads(line)
            if not isinstance(item, dict):
                raise ValueError("a line is one JSON object")
            id_ = item.get("id")
            yield {"id": id_, **work(item)}
        except json.JSONDecodeError as error:
            yield {"id": id_, "error": f"line {number} is not valid JSON: {error.msg}"}
        except RecursionError:
            yield {"id": id_, "error": f"line {number} is nested too deeply"}
        except ValueError as error:
            yield {"id": id_, "error": f"line {number}: {error}"}
        except GroundworkError as error:
            yield {"id": id_, "error": error.explain()}


def _field(item: dict[str, Any], name: str, kind: type, default: Any = None) -> Any:
    value = default if item.get(name) is None else item[name]
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise ValueError(f"`{name}` must be of type {kind.__name__}")
    return value


def _question(item: dict[str, Any]) -> str:
    text: str | None = _field(item, "question", str)
    if not (text or "").strip():
        raise ValueError("`question` is missing or empty")
    return str(text)


def _history(item: dict[str, Any]) -> list[Turn]:
    turns = _field(item, "history", list, []) or []
    roles = {"user", "assistant"}
    if not all(isinstance(t, dict) and t.get("role") in roles and isinstance(t.get("content"), str) for t in turns):
        raise ValueError('`history` is a list of {"role": "user" | "assistant", "content": text}')
    return [Turn(t["role"], t["content"]) for t in turns]


def _batch_search(item: dict[str, Any], retriever: Retriever, glossary: Sequence[GlossaryTerm]) -> dict[str, Any]:
    k = _field(item, "k", int, 10)
    if k < 1:
        raise ValueError("`k` must be 1 or more")
    question = _question(item)
    history = _history(item)
    if history:
        from chat.standalone import standalone_question

        question = standalone_question(history, question, glossary, glance=retriever.glance)
    return search_record(retriever.retrieve(question, k, _field(item, "topic", int)))


def _batch_ask(item: dict[str, Any], assistant: Assistant) -> dict[str, Any]:
    return ask_record(assistant.answer(_question(item), _history(item), _field(item, "topic", int)))


def _show_count(done: int, total: int, stream: TextIO) -> None:
    if stream.isatty():
        print(f"\r{done}/{total}", end="\n" if done == total else "", file=stream, flush=True)


# doctor


def run_doctor(options: argparse.Namespace, settings: Settings) -> int:
    """Report versions, index state, model hash, endpoint and disk; the exit status is 1 when Groundwork cannot be used."""
    from core.doctor import examine

    report = examine(settings)
    if options.json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        for name, check in report["checks"].items():
            print(f"{'ok ' if check['ok'] else 'BAD' if check['required'] else '-- '} {name}: {check['detail']}")
    return EXIT_OK if report["usable"] else EXIT_PROBLEM


# eval


def run_eval(options: argparse.Namespace, settings: Settings) -> int:
    """Measure the quality and write the report."""
    from evals.report import format_terminal, run_report

    measured = run_report(settings, options.quick)
    print(json.dumps(measured, ensure_ascii=False) if options.json else format_terminal(measured))
    return EXIT_OK


if __name__ == "__main__":
    raise SystemExit(main())
