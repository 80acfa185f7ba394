"""A turn in progress. Streamlit starts the next run of a page before the interrupted one has ended, so whichever of the two
comes first stores the text so far, once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.db import Database
from core.types import Answer


@dataclass
class LiveTurn:
    """The answer being written in a conversation; `database` is None when the conversation is not being saved."""

    conversation_id: str
    database: Database | None
    text: str = ""
    _closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def close(self, answer: Answer | None = None) -> bool:
        """Store the answer, or the text so far when there is none. True when it is stored, False when another call has done so,
        there is no text yet, or nothing is being saved. Raises StorageError."""
        with self._lock:
            if self._closed or self.database is None:
                return False
            self._closed = True
            text = answer.text if answer else self.text
            if text:
                self.database.add_message(self.conversation_id, "assistant", text, datetime.now(UTC), answer)
            return bool(text)
