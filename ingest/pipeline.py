"""Bringing the index up to date: embed what is new, then delete what is gone. An interrupted run leaves a usable index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.errors import ContentError, DocumentError, IngestBusyError, StorageError
from core.models import SentenceEmbeddings, Vectors, get_embeddings, token_counter
from core.question_store import QuestionStore, get_question_store, shipped_vectors
from core.settings import Settings
from core.store import ChunkStore, get_store, manifest_path
from core.types import Chunk, Document
from ingest.chunking import chunk_embedding_text, split_document
from ingest.documents import ROADMAP_FILE, SUFFIXES, load_document
from ingest.manifest import Manifest, file_hash, pipeline_fingerprint, read_manifest, write_manifest
from ingest.questions import question_chunks, question_files

EMBED_BATCH, QUESTIONS_A_STEP = 128, 2048  # texts embedded and written at a time: what an interrupted run can lose
Progress = Callable[[int, int], None]  # chunks embedded so far, chunks to embed


@dataclass
class IngestReport:
    """What a run did. `failures` maps a file to the reason it could not be read; `passed_over` counts a folder's files of other kinds."""

    documents: int = 0
    changed_documents: int = 0
    removed_documents: int = 0
    embedded_chunks: int = 0
    deleted_chunks: int = 0
    total_chunks: int = 0
    passed_over: int = 0
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _File:
    path: Path
    document: str


def knowledge_files(settings: Settings) -> list[Path]:
    """The shipped documents: the roadmap, the study plans and the notes."""
    folder = settings.knowledge_dir
    roadmap = folder / ROADMAP_FILE
    return [*([roadmap] if roadmap.exists() else []), *sorted((folder / "plans").glob("*.md")), *sorted((folder / "notes").glob("*.md"))]


def document_id(path: Path, settings: Settings) -> str:
    """`knowledge/...` for shipped documents, the absolute path for the user's; with slashes on every system."""
    resolved = path.resolve()
    base = settings.knowledge_dir.resolve()
    if resolved.is_relative_to(base):
        return (Path("knowledge") / resolved.relative_to(base)).as_posix()
    return resolved.as_posix()


def is_stale(settings: Settings) -> bool:
    """True when the shipped knowledge differs from what the index was made of (a matter of milliseconds, nothing heavy)."""
    manifest = read_manifest(settings)
    if manifest.fingerprint != pipeline_fingerprint(settings) or not get_question_store(settings).path.exists():
        return True
    shipped = {document_id(path, settings): path for path in [*knowledge_files(settings), *question_files(settings.knowledge_dir)]}
    known = {name for name in manifest.documents if name.startswith("knowledge/")}
    return set(shipped) != known or any(file_hash(path) != manifest.documents[name] for name, path in shipped.items())


def ingest(
    settings: Settings, paths: Sequence[Path] = (), progress: Progress | None = None, forget: Sequence[Path] = ()
) -> IngestReport:
    """Bring the index up to date with the shipped knowledge and every path the user has added, these included.

    Args:
        paths: files or folders to add; folders are read recursively, hidden files and those of other kinds are passed over.
        forget: files or folders, added earlier, to leave out from now on.
        progress: told how many chunks are embedded, of how many.

    Raises:
        IngestBusyError: another process is ingesting here.
        StorageError, IndexUnavailableError: the index cannot be written.
        ModelIntegrityError, ModelUnavailableError: the embedding model cannot be used.
    """
    with _lock(settings.data_dir):
        return _ingest(settings, paths, progress or (lambda done, total: None), forget)


def _ingest(settings: Settings, paths: Sequence[Path], progress: Progress, forget: Sequence[Path]) -> IngestReport:
    report = IngestReport()
    manifest = read_manifest(settings)
    _forget(manifest, forget, report)
    if manifest.fingerprint != pipeline_fingerprint(settings):  # the index may hold passages of another run, or of files since removed
        with get_store(settings) as store:
            manifest.documents = dict.fromkeys((chunk.document for chunk in store.chunks()), "")
    files = list(_collect(settings, paths, manifest, report))
    report.documents = len(files)
    hashes = {file.document: file_hash(file.path) for file in files}
    changed = [file for file in files if manifest.documents.get(file.document) != hashes[file.document]]
    banks = {document_id(path, settings): file_hash(path) for path in question_files(settings.knowledge_dir)}
    known_banks = {name: digest for name, digest in manifest.documents.items() if _is_bank(name)}
    gone = _gone(manifest, {file.document for file in files} | set(report.failures), report)
    questions_current = banks == known_banks and get_question_store(settings).path.exists()
    if not changed and not gone and questions_current and manifest_path(settings).exists():
        with get_store(settings) as store:
            report.total_chunks = len(store)
        if report.total_chunks:
            _remember(settings, manifest, paths, force=bool(forget))
            return report
        changed = files  # the manifest outlived the index
    if new := dict.fromkeys(hashes.keys() - manifest.documents.keys(), ""):  # should this run be interrupted, the next one goes on
        manifest.documents |= new
        _remember(settings, manifest, paths, force=True)
    with get_store(settings) as store:
        _apply(settings, store, _load(changed, report), gone, progress, report)
        report.total_chunks = len(store)
    if not questions_current:
        _sync_questions(settings, progress, report)
    documents = {name: digest for name, digest in manifest.documents.items() if not _is_bank(name)} | hashes | banks
    for name in report.failures.keys() & documents.keys():  # its passages of an earlier run stay, and the next run tries again
        documents[name] = ""
    manifest.documents = {name: digest for name, digest in documents.items() if name not in gone}
    manifest.fingerprint = pipeline_fingerprint(settings)
    _remember(settings, manifest, paths, force=True)
    return report


def _remember(settings: Settings, manifest: Manifest, paths: Sequence[Path], force: bool = False) -> None:
    """Write the manifest when it changed; the paths are refreshed on later runs."""
    known = [*manifest.paths]
    for path in paths:
        if path.exists() and str(path.resolve()) not in known:
            known.append(str(path.resolve()))
    if force or known != manifest.paths:
        manifest.paths = known
        write_manifest(settings, manifest)


def _collect(
    settings: Settings, paths: Sequence[Path], manifest: Manifest, report: IngestReport
) -> Iterator[_File]:
    """Every file to consider once; a path given now that does not exist is a failure, one from earlier is passed over."""
    seen: set[str] = set()
    given = [*paths, *(Path(p) for p in manifest.paths if Path(p).exists())]
    for path in [*knowledge_files(settings), *given]:
        if not path.exists():
            report.failures[str(path)] = f"{path}: no such file or folder. Check the path."
            continue
        for file in sorted(_walk(path, report)) if path.is_dir() else [path]:
            name = document_id(file, settings)
            if name not in seen:
                seen.add(name)
                try:
                    with file.open("rb"):
                        yield _File(file, name)
                except OSError as error:
                    report.failures[name] = f"{file.name}: {error.strerror}. Check its permissions."


def _walk(folder: Path, report: IngestReport) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            if path.suffix.lower() in SUFFIXES:
                yield path
            else:
                report.passed_over += 1


def _forget(manifest: Manifest, forget: Sequence[Path], report: IngestReport) -> None:
    """Take paths out of those that are read at every run; their documents are then gone."""
    for path in forget:
        known = str(path.resolve())
        if known in manifest.paths:
            manifest.paths.remove(known)
        else:
            within = next((p for p in manifest.paths if Path(known).is_relative_to(p)), None)
            help = f"It lies in {within}, which was added as a whole." if within else f"Added are: {', '.join(manifest.paths) or 'none'}."
            report.failures[str(path)] = f"{path}: was not added, so it cannot be forgotten. {help}"


def _gone(manifest: Manifest, present: set[str], report: IngestReport) -> set[str]:
    """Documents that no path leads to any more. Those of an added folder that is not there now (a drive, a share) stay."""
    gone = set()
    for name in set(manifest.documents) - present:
        file = Path(name)
        places = [Path(p) for p in manifest.paths if file.is_relative_to(p)]
        if not _is_bank(name) and all(place.exists() or (place == file and _holds_something(file.parent)) for place in places):
            gone.add(name)
    report.removed_documents = len(gone)
    return gone


def _holds_something(folder: Path) -> bool:
    """False for a folder that is missing or empty, as the place of a drive that is not there."""
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def _is_bank(name: str) -> bool:
    return name.startswith(("knowledge/questions/", "knowledge/asked/", "knowledge/unanswered"))


def _sync_questions(settings: Settings, progress: Progress, report: IngestReport) -> None:
    """Embed the bank's new questions, drop the ones that are gone."""
    try:
        wanted = question_chunks(settings.knowledge_dir)
    except ContentError as error:
        report.failures[f"knowledge/{error.file.parent.name}/{error.file.name}"] = error.explain()
        return
    store = get_question_store(settings)
    stored, vectors = store.load()
    known = shipped_vectors(settings) | {chunk.id: vector for chunk, vector in zip(stored, vectors, strict=True)}
    new = [chunk for chunk in wanted if chunk.id not in known]
    if not new:
        _save_questions(store, wanted, known)
        return
    embeddings = get_embeddings(settings)
    for start in range(0, len(new), QUESTIONS_A_STEP):
        step = new[start : start + QUESTIONS_A_STEP]
        known |= zip([chunk.id for chunk in step], embeddings.encode([chunk.text for chunk in step]), strict=True)
        _save_questions(store, wanted, known)
        progress(start + len(step), len(new))


def _save_questions(store: QuestionStore, wanted: Sequence[Chunk], known: Mapping[str, Vectors]) -> None:
    """Store what has a vector; an interrupted run goes on from there."""
    ready = [chunk for chunk in wanted if chunk.id in known]
    store.save(ready, np.stack([known[chunk.id] for chunk in ready]) if ready else np.zeros((0, 0), np.float32))


def _load(files: Sequence[_File], report: IngestReport) -> list[Document]:
    documents = []
    for file in files:
        try:
            documents.append(load_document(file.path, file.document))
        except (DocumentError, ContentError) as error:  # ContentError: the roadmap's schema
            report.failures[file.document] = error.explain()
    report.changed_documents = len(documents)
    return documents


def _apply(  # noqa: PLR0917 - one caller
    settings: Settings, store: ChunkStore, documents: Sequence[Document], gone: set[str], progress: Progress,
    report: IngestReport,
) -> None:
    """Write new chunks, refresh metadata, and only then delete what is gone."""
    count_tokens = token_counter(settings)
    new: list[Chunk] = []
    moved: list[Chunk] = []
    stale: set[str] = set()
    for document in documents:
        old = {chunk.id: chunk for chunk in store.chunks(document=document.id)}
        chunks = split_document(document, count_tokens)
        new += [chunk for chunk in chunks if chunk.id not in old]
        moved += [chunk for chunk in chunks if chunk.id in old and chunk != old[chunk.id]]
        stale |= set(old) - {chunk.id for chunk in chunks}
    for name in gone:
        stale |= {chunk.id for chunk in store.chunks(document=name)}
    if new:
        _embed(get_embeddings(settings), store, {chunk: chunk_embedding_text(chunk) for chunk in new}, progress)
    store.update(moved)
    store.delete(stale)
    report.embedded_chunks, report.deleted_chunks = len(new), len(stale)


def _embed(embeddings: SentenceEmbeddings, store: ChunkStore, texts: Mapping[Chunk, str], progress: Progress) -> None:
    """Embed in batches of similar length, each written at once: an interrupted ingest goes on where it was."""
    ordered = sorted(texts, key=lambda chunk: len(texts[chunk]), reverse=True)
    progress(0, len(ordered))
    for start in range(0, len(ordered), EMBED_BATCH):
        batch = ordered[start : start + EMBED_BATCH]
        store.upsert(batch, embeddings.encode([texts[chunk] for chunk in batch]))
        progress(start + len(batch), len(ordered))


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "ingest.lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise IngestBusyError("Another process is ingesting into this data folder.") from error
    except OSError as error:
        raise StorageError(f"The data folder {folder} cannot be written: {error.strerror}.") from error
    try:
        yield
    finally:
        lock.release()
