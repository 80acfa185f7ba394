import pytest

from core.settings import Settings
from retrieval.retriever import Retriever, get_retriever


@pytest.fixture(scope="session")
def shipped_retriever(shipped: Settings) -> Retriever:
    """A retriever over the shipped knowledge, opened once."""
    return get_retriever(shipped)
