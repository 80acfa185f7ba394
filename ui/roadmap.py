"""The roadmap as a page: the map of the topics, and each topic's notes and interview questions."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st

from core.content import Topic, load_questions, load_resources, load_roadmap
from core.errors import GroundworkError
from ingest.documents import split_front_matter
from ui import services
from ui.passages import readable
from ui.practice import practise

COLUMNS = 3
LEVEL_COLORS = {"Beginner": "blue", "Intermediate": "orange", "Advanced": "red", "Expert": "violet"}
_MERMAID = re.compile(r"^```mermaid\n(.*?)^```\s*$", re.MULTILINE | re.DOTALL)
_NOTE_LINK = re.compile(r"\]\((?:\.\./notes/)?(\d\d)-[a-z0-9-]+\.md(#[^)]*)?\)")


def show() -> None:
    """The map, or the topic named in the address."""
    try:
        roadmap = load_roadmap(services.base_settings().knowledge_dir)
    except GroundworkError as error:
        st.error(error.explain())
        return
    chosen = st.query_params.get("topic", "")
    topic = next((t for t in roadmap.topics if str(t.number) == chosen), None)
    if topic:
        _show_topic(topic)
    else:
        _show_map(roadmap.topics)


def _show_map(topics: tuple[Topic, ...]) -> None:
    st.title("Roadmap")
    st.markdown(
        "Fifteen topics in learning order. "
        + " ".join(f":{color}-badge[{level}]" for level, color in LEVEL_COLORS.items())
    )
    st.html(f"<style>{_map_css(len(topics))}</style>")
    with st.container(key="roadmap-map"):
        for topic in topics:
            with st.container(border=True, key=f"roadmap-topic-{topic.number}"):
                st.markdown(f":{LEVEL_COLORS[topic.level]}-badge[{topic.level}]\n\n**{topic.number}. {topic.title}**")
                with st.container(horizontal=True, gap="small"):
                    if st.button("Open", key=f"open-{topic.number}", icon=":material/arrow_forward:", help=f"Open {topic.title}"):
                        st.query_params["topic"] = str(topic.number)
                        st.rerun()
                    if st.button("Practise", key=f"practise-{topic.number}", type="tertiary", help=f"Practise {topic.title}"):
                        practise(topic.number)
    _show_plans(services.base_settings().knowledge_dir)


def _show_plans(folder: Path) -> None:
    """The study plans, folded."""
    plans = {path.stem: path for path in (folder / "plans").glob("*.md")}
    if plans:
        st.subheader("Study plans")
    for name in ("1-week", "1-month", "3-months"):
        if name in plans:
            _, body = split_front_matter(plans[name].read_text(encoding="utf-8"), name)
            with st.expander(name.replace("-", " ").capitalize(), icon=":material/calendar_month:"):
                st.markdown(_link_notes(re.sub(r"\A\s*# [^\n]*\n", "", body)))


def _link_notes(text: str) -> str:
    """Links between notes as links to their pages."""
    return _NOTE_LINK.sub(lambda m: f"](roadmap?topic={int(m[1])}{m[2] or ''})", text)


def _show_resources(topic: Topic) -> None:
    found = [r for r in load_resources(services.base_settings().knowledge_dir) if r.topic == topic.number]
    if not found:
        st.info("No resources are listed for this topic yet.")
    for resource in found:
        st.markdown(
            f"**[{resource.title}]({resource.url})** :gray-badge[{resource.kind}] :gray-badge[{resource.level}]  \n"
            f"{resource.authors}, {resource.year}. {resource.gives}"
        )


def _map_css(count: int) -> str:
    """A grid in the serpentine order of the map, with arrows; one column with arrows down on a phone."""
    rules = [
        ".st-key-roadmap-map{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:1.6rem 1.8rem}",
        ".st-key-roadmap-map>*{height:100%}",
        "[class*=st-key-roadmap-topic-]{position:relative;overflow:visible;height:100%;justify-content:space-between}",
        "[class*=st-key-roadmap-topic-]::after{position:absolute;opacity:.55;font-size:1.25rem;line-height:1}",
    ]
    for number in range(1, count + 1):
        row, place = divmod(number - 1, COLUMNS)
        backwards = row % 2 == 1
        column = COLUMNS - place if backwards else place + 1
        rules.append(f".st-key-roadmap-map>:nth-child({number}){{grid-row:{row + 1};grid-column:{column}}}")
        if number == count:
            continue
        if place == COLUMNS - 1:
            arrow = "content:'↓';left:50%;bottom:-1.45rem"
        elif backwards:
            arrow = "content:'←';left:-1.55rem;top:42%"
        else:
            arrow = "content:'→';right:-1.55rem;top:42%"
        rules.append(f".st-key-roadmap-topic-{number}::after{{{arrow}}}")
    narrow = ".st-key-roadmap-map{display:flex;gap:1.6rem}" + "".join(
        f".st-key-roadmap-topic-{n}::after{{content:'↓';left:50%;right:auto;top:auto;bottom:-1.45rem}}" for n in range(1, count)
    )
    return "".join(rules) + f"@media(max-width:640px){{{narrow}}}"


def _show_topic(topic: Topic) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        if st.button("All topics", icon=":material/arrow_back:", type="tertiary"):
            st.query_params.clear()
            st.rerun()
        with st.container(horizontal=True, width="content"):
            if st.button("Practise", icon=":material/exercise:", key="practise-topic"):
                practise(topic.number)
            if st.button("Ask about this", icon=":material/chat:", type="primary"):
                ask(topic.number)
    st.title(f"{topic.number}. {topic.title}")
    st.markdown(f":{LEVEL_COLORS[topic.level]}-badge[{topic.level}]")
    notes, questions, resources = st.tabs(["Notes", "Interview questions", "Resources"])
    with notes:
        _show_notes(topic)
    with questions:
        _show_questions(topic)
    with resources:
        _show_resources(topic)


def ask(topic: int, question: str = "") -> None:
    """Start a new chat filtered to a topic, with a question if there is one."""
    st.session_state["new_chat"] = {"topic": topic, "question": question}
    st.switch_page(st.session_state["pages"]["chat"])


def _show_notes(topic: Topic) -> None:
    """The topic's own note, and below it further notes on the topic under their titles."""
    folder = services.base_settings().knowledge_dir / "notes"
    own = folder / f"{topic.slug}.md"
    further = [path for path in sorted(folder.glob(f"{topic.number:02d}-*.md")) if path != own]
    try:
        bodies = [split_front_matter(path.read_text(encoding="utf-8"))[1].strip() for path in (own, *further)]
    except (OSError, GroundworkError):
        st.info("The notes on this topic are not written yet. Its subtopics:")
        st.markdown("\n".join(f"- **{s.name}**: {s.summary}" for s in topic.subtopics))
        return
    bodies[0] = re.sub(r"\A# [^\n]*\n", "", bodies[0])
    st.markdown("\n".join(f"- [{name}](#{_anchor(name)})" for body in bodies for name in re.findall(r"^## (.+)$", body, re.MULTILINE)))
    for body in bodies:
        _show_body(_link_notes(body))


def _show_body(body: str) -> None:
    position = 0
    for match in _MERMAID.finditer(body):
        st.markdown(readable(body[position : match.start()]))
        st.mermaid_chart(match[1])
        position = match.end()
    st.markdown(readable(body[position:]))


def _anchor(heading: str) -> str:
    """The id Streamlit gives a heading."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _show_questions(topic: Topic) -> None:
    for index, question in enumerate(topic.questions):
        with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{question}**", width="stretch")
            if st.button("Ask", key=f"ask-{topic.number}-{index}", icon=":material/chat:"):
                ask(topic.number, question)
    bank = [q for q in load_questions(services.base_settings().knowledge_dir) if q.topic == topic.number]
    more = [q for q in bank if q.question not in topic.questions]
    if more:
        st.subheader(f"{len(more)} more to practise")
        for level in ("beginner", "intermediate", "advanced", "expert"):
            of_level = [q for q in more if q.level == level]
            if of_level:
                with st.expander(f"{level.capitalize()} ({len(of_level)})"):
                    st.markdown("\n".join(f"- {q.question} :gray-badge[{q.kind}]" for q in of_level))
