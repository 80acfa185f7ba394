import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import mean
from zoneinfo import ZoneInfo

import pytest

from core.content import KeyPoint
from core.records import Card, ReviewLog
from practice.forecast import observed_retention, overall_readiness, readiness, retention_curve
from practice.schedule import Scheduler, check_state, expected_gain, key_point_card, new_card, retrievability, review
from practice.session import count_done, due_cards, follow_plan, load_forecast, todays_session
from practice.types import PracticeQuestion

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
INTERVIEW = datetime(2026, 12, 1, tzinfo=UTC)


def a_card(name: str, topic: int | None = 5, subtopic: str = "Indexing") -> Card:
    return Card(id=name, origin="bank", topic=topic, subtopic=subtopic, question={}, created_at=NOW, updated_at=NOW)


def learned(name: str, *ratings: str, scheduler: Scheduler | None = None, topic: int = 5, at: datetime = NOW) -> Card:
    card = a_card(name, topic)
    for rating in ratings:
        card, _ = (scheduler or Scheduler()).review(card, rating, at)
        at = max(card.due, at + timedelta(minutes=10))
    return card


def a_question() -> PracticeQuestion:
    points = (KeyPoint(text="ef bounds the candidates", weight=2, required=False), KeyPoint(text="M links", weight=1, required=True))
    return PracticeQuestion("05-hnsw", "bank", "open", 5, "Indexing", "expert", "concept", "What is ef?", "short", "long", points)


def test_a_card_is_made_of_a_question_or_of_one_missed_key_point() -> None:
    card = new_card(a_question(), NOW)
    assert (card.id, card.origin, card.state, card.due) == ("05-hnsw", "bank", None, None)
    assert PracticeQuestion.from_dict(card.question) == a_question()
    part = key_point_card(a_question(), "M links", NOW)
    assert (part.origin, part.parent) == ("key_point", "05-hnsw")
    assert part.id == key_point_card(a_question(), "M links", NOW + DAY).id != card.id
    assert [p.text for p in PracticeQuestion.from_dict(part.question).key_points] == ["M links"]
    with pytest.raises(ValueError, match="not a key point"):
        key_point_card(a_question(), "something else", NOW)


def test_a_review_moves_the_card_and_leaves_a_log() -> None:
    card, log = review(a_card("a"), "good", NOW)
    assert log == ReviewLog(card_id="a", rating="good", reviewed_at=NOW, id=log.id)
    assert card.due == NOW + 2 * DAY
    assert card.updated_at == NOW
    check_state(card.state)
    easier, _ = review(a_card("a"), "easy", NOW)
    failed, _ = review(a_card("a"), "again", NOW)
    assert failed.due == NOW + timedelta(minutes=10) < card.due < easier.due


def test_the_same_review_gives_the_same_date_and_a_naive_clock_is_refused() -> None:
    assert learned("a", "good", "good", "good") == learned("a", "good", "good", "good")
    with pytest.raises(ValueError, match="time zone"):
        review(a_card("a"), "good", datetime(2026, 11, 1))


def test_a_clock_in_another_zone_is_the_same_moment() -> None:
    berlin = NOW.astimezone(ZoneInfo("Europe/Berlin"))
    assert review(a_card("a"), "good", berlin)[0] == review(a_card("a"), "good", NOW)[0]


def test_without_a_date_the_due_date_is_the_one_of_fsrs() -> None:
    card = a_card("a")
    for rating in ("good", "good", "hard", "again", "good", "easy", "good"):
        card, _ = review(card, rating, card.due or NOW)
        assert card.due == datetime.fromisoformat(card.state["due"])


def test_no_review_is_scheduled_beyond_the_interview() -> None:
    for days in range(1, 40):
        cards = [a_card(str(n)) for n in range(30)]
        scheduler = Scheduler.aim(cards, NOW, NOW + days * DAY, daily_cap=4)
        rng = random.Random(days)
        for _, after in follow_plan(cards, scheduler, NOW, days):
            assert all(card.due is None or card.due <= scheduler.interview for card in after)
        card, _ = scheduler.review(after[0], rng.choice(["again", "easy"]), scheduler.interview - timedelta(hours=1))
        assert card.due <= scheduler.interview


def test_a_date_that_is_set_later_pulls_cards_in_and_a_past_one_lets_them_go() -> None:
    cards = [learned(str(n), "easy", "easy") for n in range(3)]
    assert all(card.due > INTERVIEW for card in cards)
    scheduler = Scheduler.aim(cards, NOW, INTERVIEW, daily_cap=1)
    moved = scheduler.replan(cards, NOW + DAY)
    assert sorted(card.due for card in moved) == [INTERVIEW - 3 * DAY, INTERVIEW - 2 * DAY, INTERVIEW - DAY]
    assert scheduler.replan(moved, NOW + 2 * DAY) == []
    after = INTERVIEW + DAY
    back = Scheduler.aim(moved, after, INTERVIEW, daily_cap=1).replan(moved, after)
    assert sorted(card.due for card in back) == sorted(card.due for card in cards)


def test_the_final_pass_asks_the_least_stable_cards_last() -> None:
    easy = learned("easy", "easy")
    days = {"weak": 20.0, "strong": 40.0, "middle": 30.0, "early": 5.0}
    cards = [replace(easy, id=name, state=easy.state | {"stability": stability}) for name, stability in days.items()]
    due = {card.id: card.due for card in Scheduler(INTERVIEW, daily_cap=1, final_days=15).replan(cards, NOW + DAY)}
    assert due == {
        "weak": INTERVIEW - DAY, "middle": INTERVIEW - 2 * DAY, "strong": INTERVIEW - 3 * DAY, "early": NOW + 5 * DAY,
    }


def test_a_card_is_asked_again_within_the_final_pass_only_when_it_failed() -> None:
    scheduler = Scheduler(INTERVIEW, daily_cap=5, final_days=5)
    card = learned("a", "easy", "good")
    last = INTERVIEW - 4 * DAY
    passed, _ = scheduler.review(card, "good", last)
    failed, _ = scheduler.review(card, "again", last)
    assert passed.due == INTERVIEW
    assert failed.due == last + timedelta(minutes=10)


def simulate(aimed: bool, retention: float, seed: int, days: int = 30, cap: int = 20) -> tuple[float, int]:
    """A learner whose memory is that of FSRS: mean retrievability on the day, and reviews done."""
    rng = random.Random(seed)
    interview = (NOW + days * DAY).replace(hour=0)
    cards = {str(n): a_card(str(n)) for n in range(100)}
    scheduler = Scheduler.aim(cards.values(), NOW, interview if aimed else None, cap)
    scheduler = replace(scheduler, retention=retention)
    reviews = 0
    for day in range(days):
        now = NOW + day * DAY
        cards |= {card.id: card for card in scheduler.replan(cards.values(), now)}
        for item in todays_session(list(cards.values()), scheduler, now):
            card, recalled = item.card, rng.random() < (retrievability(item.card, now) if item.card.state else 0.6)
            reviews += 1
            card, _ = scheduler.review(card, "good" if recalled else "again", now)
            if not recalled:
                reviews += 1
                card, _ = scheduler.review(card, "good", now + timedelta(minutes=10))
            cards[card.id] = card
    return mean(retrievability(card, interview) for card in cards.values()), reviews


def test_aiming_at_the_date_beats_plain_fsrs_at_equal_reviews() -> None:
    """On the day, with no more reviews than plain FSRS at any desired retention that lets it meet all cards."""
    compared = 0
    for seed in range(3):
        aimed = {r: simulate(True, r, seed) for r in (0.8, 0.9)}
        for retention in (0.85, 0.9, 0.93, 0.95):
            plain, plain_reviews = simulate(False, retention, seed)
            best = max((value for value, reviews in aimed.values() if reviews <= plain_reviews), default=None)
            if best is not None:
                compared += 1
                assert best > plain + 0.01
    assert compared >= 6


def test_todays_session_is_due_then_weakest_then_new_under_the_cap() -> None:
    now = NOW + 3 * DAY
    due = [learned(f"due{n}", "good") for n in range(3)]
    weak = replace(learned("weak", "easy"), subtopic="Quantization")
    new = [a_card(f"new{n}") for n in range(5)]
    suspended = [replace(learned("off", "good"), suspended=True), replace(a_card("off too"), suspended=True)]
    cards = [*new, weak, *suspended, *due]
    items = todays_session(cards, Scheduler(daily_cap=6), now, mastery={(5, "Quantization"): 0.4, (5, "Indexing"): 0.9})
    assert [item.kind for item in items] == ["due"] * 3 + ["weakest", "new", "new"]
    assert items[0].reason.startswith("Due: last asked 3 days ago, predicted recall 8")
    assert items[3].reason == "Weak: Quantization stands at 40%."
    assert items[4].reason == "New: not asked yet."
    assert len(todays_session(cards, Scheduler(daily_cap=6), now, done_today=4)) == 2
    assert todays_session(cards, Scheduler(daily_cap=6), now, done_today=9) == []


def test_a_card_that_just_failed_comes_back_on_top_of_the_cap() -> None:
    failed, _ = review(learned("a", "easy"), "again", NOW + 5 * DAY)
    items = todays_session([failed], Scheduler(daily_cap=1), NOW + 5 * DAY + timedelta(minutes=11), done_today=1)
    assert [item.reason for item in items] == ["Again: the last answer missed it."]


def test_new_cards_take_turns_by_topic_and_keep_their_room_before_a_date() -> None:
    new = [a_card(f"{topic}-{n}", topic) for topic in (1, 2) for n in range(2)]
    items = todays_session(new, Scheduler(daily_cap=3), NOW)
    assert [item.card.id for item in items] == ["1-0", "2-0", "1-1"]
    backlog = [learned(f"due{n}", "good") for n in range(50)]
    now = NOW + 5 * DAY
    plain = todays_session(backlog + new, Scheduler(daily_cap=10), now)
    aimed = todays_session(backlog + new, Scheduler(now + 3 * DAY, daily_cap=10, final_days=1), now)
    assert sum(item.kind == "new" for item in plain) == 0
    assert sum(item.kind == "new" for item in aimed) == 2
    assert len(aimed) == 10
    assert "3 days until the interview" in aimed[-1].reason


def test_due_today_means_before_the_learners_midnight() -> None:
    card = replace(learned("a", "good"), due=datetime(2026, 11, 4, 1, tzinfo=UTC))
    evening = datetime(2026, 11, 3, 20, tzinfo=UTC)
    assert due_cards([card], Scheduler(), evening) == []
    assert due_cards([card], Scheduler(), evening, ZoneInfo("America/New_York")) == [card]
    logs = [ReviewLog("a", "good", evening), ReviewLog("a", "good", evening), ReviewLog("b", "good", evening - DAY)]
    assert count_done(logs, evening) == 1


def test_of_due_cards_those_with_the_most_to_gain_come_first() -> None:
    shaky, firm = learned("shaky", "good"), learned("firm", "easy", "easy")
    now = NOW + 12 * DAY
    firm = replace(firm, due=now)
    assert expected_gain(shaky, now, INTERVIEW) > expected_gain(firm, now, INTERVIEW) > 0
    assert [card.id for card in due_cards([firm, shaky], Scheduler(INTERVIEW), now)] == ["shaky", "firm"]


def test_the_load_forecast_stays_under_the_cap_and_ends_at_the_date() -> None:
    cards = [learned(f"due{n}", "good") for n in range(12)] + [a_card(f"new{n}") for n in range(10)]
    now = NOW + 3 * DAY
    plain = load_forecast(cards, Scheduler(daily_cap=5), now, 14)
    assert [(plain[0].reviews, plain[0].new, plain[0].put_off), len(plain)] == [(5, 0, 7), 14]
    assert all(load.reviews + load.new <= 5 for load in plain)
    assert sum(load.new for load in plain) == 10
    assert load_forecast(cards, Scheduler(daily_cap=5), now, 2, done_today=3)[0].reviews == 2
    aimed = load_forecast(cards, Scheduler.aim(cards, now, now + 6 * DAY, 5), now, 14)
    assert [load.day for load in aimed] == [(now + n * DAY).date() for n in range(6)]


def test_readiness_is_told_by_topic_with_what_was_never_asked() -> None:
    cards = [learned("a", "good"), learned("b", "easy"), a_card("c"), a_card("d", 2), replace(a_card("e"), suspended=True)]
    by_topic = readiness(cards, INTERVIEW)
    assert list(by_topic) == [2, 5]
    five = by_topic[5]
    assert (five.seen, five.total) == (2, 3)
    assert five.recall == pytest.approx(mean(retrievability(card, INTERVIEW) for card in cards[:2]))
    assert 0 < five.low < five.recall < five.high < 1
    assert five.value == pytest.approx(five.recall * 2 / 3)
    assert (by_topic[2].recall, by_topic[2].low, by_topic[2].high) == (0, 0, 1)
    assert overall_readiness(cards, INTERVIEW).total == 4
    assert overall_readiness([], INTERVIEW).value == 0


def test_the_retention_curve_falls_and_the_observed_one_counts_failures() -> None:
    cards = [learned("a", "good"), learned("b", "easy", "easy"), a_card("c")]
    curve = retention_curve(cards, NOW, 30)
    assert [point.days for point in curve] == list(range(31))
    assert curve[0].recall == 1
    assert all(later.recall <= earlier.recall for earlier, later in pairwise(curve))
    assert retention_curve([a_card("c")], NOW, 30) == []
    logs = [ReviewLog("a", rating, NOW + days * DAY) for days, rating in ((0, "again"), (2, "good"), (5, "again"), (45, "good"))]
    observed = observed_retention(reversed(logs))
    assert [(o.from_days, o.to_days, o.reviews, o.recall) for o in observed] == [(1, 3, 1, 1), (3, 7, 1, 0), (30, 60, 1, 1)]


@pytest.mark.parametrize("change", [{"due": "soon"}, {"stability": None}, {"stability": -1}, {"state": 9}, {"due": "2026-11-01"}])
def test_a_state_that_fsrs_could_not_use_is_found(change: dict) -> None:
    state = learned("a", "good").state
    check_state(state)
    with pytest.raises((ValueError, TypeError, KeyError)):
        check_state(state | change)
    with pytest.raises(KeyError):
        check_state({})
