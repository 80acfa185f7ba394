"""A small bank with a section that has one question of each level, and a grader whose verdicts are written in the response."""

from __future__ import annotations

from core.content import KeyPoint, Misconception
from practice.types import Criterion, Grade, PracticeQuestion

HNSW, QUANTIZATION = "05-vector-databases#vector-indexing-structures", "05-vector-databases#quantization-techniques"


def a_question(id_: str, level: str, text: str, *points: str, notes: str = HNSW, topic: int = 5, kind: str = "concept",
               subtopic: str = "Vector indexing structures", follow_ups: tuple[str, ...] = ()) -> PracticeQuestion:
    return PracticeQuestion(
        id=id_, origin="bank", format="open", topic=topic, subtopic=subtopic, level=level, kind=kind, question=text,
        short_answer=f"In short: {points[0]}", reference_answer=f"{' '.join(points)} Beyond that it depends on hardware budgets.",
        key_points=tuple(KeyPoint(text=p, weight=2, required=True) for p in points),
        misconceptions=(Misconception(wrong="Graphs need retraining every night.", correction="Graphs never need retraining at all."),),
        follow_ups=follow_ups, notes=(notes,),
    )


BANK = (
    a_question("flat", "beginner", "What is a flat index?", "A flat index compares the query with every stored vector.",
               "Exhaustive comparison has perfect recall."),
    a_question("graph", "beginner", "What does a proximity graph link?", "Each node is linked to close neighbours found greedily.",
               "Greedy hops follow links toward the query."),
    a_question("hnsw", "intermediate", "How does HNSW search, and what does ef control?",
               "The search hops greedily from a sparse top layer down to the bottom.",
               "A candidate list of size ef trades latency against recall.", follow_ups=("memory", "Why does HNSW pick diverse links?")),
    a_question("memory", "advanced", "Estimate the memory of HNSW links for ten million vectors.",
               "Links of ten million nodes with M of 16 take about 1.28 GB.", "Layer zero allows twice as many links.", kind="calculate"),
    a_question("deletes", "expert", "Deletes make HNSW recall fall. Find the cause.", "Tombstones leave regions that greedy hops cannot leave.",
               "Rebuilding the graph restores connectivity.", kind="debug"),
    a_question("pq", "intermediate", "What does product quantization store?", "Each subvector is replaced by the id of its centroid.",
               "Distances come from lookup tables.", notes=QUANTIZATION, subtopic="Quantization techniques"),
    a_question("pq-drift", "advanced", "Recall of product quantization decays over months. Why?",
               "Codebooks were trained on an older distribution.", "Retraining codebooks on recent samples repairs it.",
               notes=QUANTIZATION, subtopic="Quantization techniques", kind="debug"),
    a_question("rag", "beginner", "What does retrieval add to generation?", "Passages let the model answer from evidence.",
               "Claims become checkable against sources.", notes="02-rag#document-retrieval", topic=2, subtopic="Document retrieval"),
)
BY_ID = {question.id: question for question in BANK}


class WordGrader:
    """Met when the response holds a key point word for word, contradicted when it holds `not: ` and the key point, else missed."""

    def __init__(self) -> None:
        self.responses: list[str] = []

    def grade(self, question: PracticeQuestion, response: str) -> Grade:
        self.responses.append(response)
        return a_grade(question, *(
            "contradicted" if f"not: {p.text}" in response else "met" if p.text in response else "missed" for p in question.key_points
        ))


def a_grade(question: PracticeQuestion, *verdicts: str) -> Grade:
    criteria = tuple(
        Criterion(p.text, p.weight, p.required, verdict, "" if verdict == "missed" else f"you on {p.text}", f"notes on {p.text}", question.notes[0])
        for p, verdict in zip(question.key_points, verdicts, strict=True)
    )
    return Grade(question.id, verdicts.count("met") / len(verdicts), criteria, (), "good")


def full_answer(question: PracticeQuestion) -> str:
    return " ".join(point.text for point in question.key_points)
