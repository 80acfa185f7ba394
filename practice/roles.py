"""What each role is asked about: a mix of topics and of kinds of question, as weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Role:
    """A role: its name, what its interviews look for, and weights of topics (by number) and kinds; what is left out counts 1."""

    name: str
    about: str
    topics: Mapping[int, int]
    kinds: Mapping[str, int]

    def topic_weight(self, topic: int | None) -> int:
        """How much of the interview a topic gets, against the others."""
        return self.topics.get(topic, 1) if topic is not None else 1

    def kind_weight(self, kind: str) -> int:
        """How much of the interview a kind of question gets, against the others."""
        return self.kinds.get(kind, 1)


# The weights are a judgement, not a measurement: what each job does all day counts 3 or 4, what it must be able to talk about 1.
ROLES: Mapping[str, Role] = MappingProxyType({
    "llm_engineer": Role(
        "LLM engineer", "Builds retrieval, agents and their evaluation end to end: breadth, design and debugging.",
        {2: 4, 3: 2, 4: 2, 5: 2, 6: 2, 8: 2, 10: 2, 11: 2, 12: 3, 13: 3, 15: 2},
        {"design": 3, "debug": 3, "concept": 3, "compare": 2, "calculate": 1, "behaviour": 1},
    ),
    "applied_scientist": Role(
        "Applied scientist", "Trains and aligns models and proves that they got better: mechanisms, arithmetic and comparisons.",
        {4: 2, 7: 4, 8: 4, 9: 4, 11: 2, 12: 4},
        {"concept": 4, "calculate": 3, "compare": 3, "debug": 2, "design": 1, "behaviour": 1},
    ),
    "ml_infra": Role(
        "ML infrastructure engineer", "Serves and trains models within memory, latency and cost: sizing and incidents.",
        {5: 3, 6: 2, 7: 3, 8: 2, 10: 4, 15: 2},
        {"calculate": 4, "debug": 3, "design": 3, "compare": 2, "concept": 2, "behaviour": 1},
    ),
    "ai_product_engineer": Role(
        "AI product engineer", "Ships assistants people rely on: prompts, grounding, safety and stakeholders.",
        {1: 4, 2: 3, 11: 3, 12: 2, 13: 3, 14: 3, 15: 4},
        {"design": 3, "behaviour": 3, "debug": 2, "compare": 2, "concept": 2, "calculate": 1},
    ),
})
