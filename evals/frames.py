"""Does the frame of a question decide its section? python -m evals.frames

For every third term of the glossary: does "What are the failure modes of X?" find the section that "What is X?" finds? The stored
questions hold terms in the first frames and in none of the others.
"""

from __future__ import annotations

from collections import Counter

from core.content import load_glossary
from core.settings import load_settings
from retrieval.retriever import Retriever, get_retriever
from retrieval.sections import section_anchor

PLAIN = "What is {}?"
STORED = ("What are the failure modes of {}?", "How would you debug {} in production?", "What mistakes do people make with {}?")
NEW = (
    "Which failure modes of {} did you meet?", "Users complain and you suspect {}. How do you find the cause?", "Where does {} fall short?",
    "How does {} work?", "What are the limitations of {}?",
)
EVERY = 3


def main() -> int:
    """Print the share of each frame, and the section that the others find most often."""
    settings = load_settings()
    retriever = get_retriever(settings)
    terms = [term.term for term in load_glossary(settings.knowledge_dir)][::EVERY]
    wanted = [_section(retriever, PLAIN.format(term)) for term in terms]
    for frame in STORED + NEW:
        found = [_section(retriever, frame.format(term)) for term in terms]
        astray = Counter(section for section, right in zip(found, wanted, strict=True) if section != right)
        share = 1 - astray.total() / len(terms)
        print(f"{share:.3f} of {len(terms)}  {'new' if frame in NEW else '   '}  {frame}  {astray.most_common(1)}")
    return 0


def _section(retriever: Retriever, question: str) -> str:
    return section_anchor(retriever.retrieve(question, 1).hits[0].chunk)


if __name__ == "__main__":
    raise SystemExit(main())
