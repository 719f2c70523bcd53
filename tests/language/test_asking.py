"""Against a scripted server: every way in which it can answer, or fail to; what is kept and counted."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from language.scripted import Json, Say, Server, error, serving
from matchcut.errors import MatchcutError, OutputError, SettingsError
from matchcut.language.asking import Asker
from matchcut.language.budget import CostError, Price
from matchcut.language.outcomes import Question
from matchcut.language.parse import Unreadable, read_object
from matchcut.language.schema import events_schema
from matchcut.language.settings import ServerError, ServerSettings, read_key, server_settings, shown_url

KEY = "sk-test-abcdefghijklmnop"
SCHEMA = events_schema(["Goal"])
GOOD = '{"events": []}'


def read(text: str) -> int:
    value = read_object(text)
    if set(value) != {"events"}:
        raise Unreadable('it must have the one key "events"')
    return len(value["events"])


def question(number: int = 0, text: str = "what?") -> Question[int]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": f"{number} {text}"}]
    return Question(f"question {number}", messages, SCHEMA, read)


def asker(server: Server, folder: Path, **more: Any) -> Asker:
    price, cap = more.pop("price", None), more.pop("max_cost", None)
    usual = {"timeout_s": 5.0, "backoff_s": 0.01, "concurrency": 3} | more
    return Asker(ServerSettings("m", server.url, **usual), folder, price, cap)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "MATCHCUT_MODEL", "MATCHCUT_PRICES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_is_read_counted_and_kept(tmp_path: Path, stream: bool) -> None:
    with serving(Say(GOOD, usage=(120, 8))) as server:
        one = asker(server, tmp_path, stream=stream)
        (outcome,) = one.ask([question()])
        assert (outcome.value, outcome.kept) == (0, False)
        assert (one.spent.requests, one.spent.tokens_in, one.spent.tokens_out) == (1, 120, 8)
        (request,) = server.requests
        assert request["model"] == "m"
        assert request["response_format"]["json_schema"]["schema"] == SCHEMA
        assert request["max_tokens"] == 800
        assert request.get("stream", False) == stream
        assert request["_headers"]["authorization"] == f"Bearer {KEY}"
        # The same question is never sent again, by this run or by a later one.
        assert one.ask([question()])[0].kept
        assert asker(server, tmp_path, stream=stream).ask([question()])[0].kept
        assert len(server.requests) == 1
    assert KEY not in "".join(path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize("say", [Say(GOOD), error(401, f"Incorrect API key: {KEY}"), Say(drop="before")])
def test_the_key_is_in_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture, say: Say) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(say) as server, contextlib.suppress(ServerError):
        asker(server, tmp_path).ask([question()])
    assert caplog.text
    assert KEY not in "".join(f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records)


def test_what_matters_is_part_of_what_an_answer_is_kept_by(tmp_path: Path) -> None:
    with serving(Say(GOOD)) as server:
        for more in (
            {},
            {"temperature": 1.0},
            {"max_tokens": 7},
            {"seed": 5},
            {"schema": "none"},
            {"effort": "low"},
        ):
            asker(server, tmp_path, **more).ask([question()])
        Asker(ServerSettings("another", server.url), tmp_path).ask([question()])
        asker(server, tmp_path).ask([question(text="something else?")])
        assert len(server.requests) == 8
        # How it is fetched does not matter.
        more = {"timeout_s": 9.0, "attempts": 2, "concurrency": 1, "stream": True, "context": 10_000}
        assert asker(server, tmp_path, **more).ask([question()])[0].kept


def test_many_at_once_within_the_limit_in_order_and_equal_ones_once(tmp_path: Path) -> None:
    def script(body: Json, _: int) -> Say:
        count = int(body["messages"][0]["content"].split()[0])
        return Say(json.dumps({"events": [0] * count}), delay_s=0.03)

    with serving(script) as server:
        numbers = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]
        outcomes = asker(server, tmp_path, concurrency=3).ask([question(n) for n in numbers])
        assert [outcome.value for outcome in outcomes] == numbers
        assert len(server.requests) == len(set(numbers))
        assert 2 <= server.most_at_once <= 3


def test_a_reasoning_model_is_told_how_much_to_reason(tmp_path: Path) -> None:
    with serving(Say(GOOD)) as server:
        asker(server, tmp_path, effort="high", max_tokens=9000).ask([question()])
        (request,) = server.requests
        assert request["reasoning_effort"] == "high"
        assert request["max_completion_tokens"] == 9000
        assert not {"temperature", "seed", "max_tokens"} & set(request)
    kept = next(path for path in tmp_path.glob("*/*.json"))
    assert json.loads(kept.read_text("utf-8"))["reply"]["reasoning"] == 5


# --- servers that can less ---------------------------------------------------------------------------------


def test_a_server_without_schemas_is_asked_in_words(tmp_path: Path) -> None:
    def script(body: Json, _: int) -> Say:
        kind = body.get("response_format", {}).get("type")
        if kind is None:
            return Say(GOOD)
        return error(400, f"response_format of type {kind} is not supported")

    with serving(script) as server:
        outcomes = asker(server, tmp_path).ask([question(i) for i in range(6)])
        assert all(outcome.value == 0 for outcome in outcomes)
        kinds = [request.get("response_format", {}).get("type") for request in server.requests]
        assert kinds == ["json_schema", "json_object", *[None] * 6]  # found out once


@pytest.mark.parametrize(
    ("refusal", "gone", "there"),
    [
        (
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            "max_tokens",
            "max_completion_tokens",
        ),
        ("Unsupported value: 'temperature' does not support 0", "temperature", "seed"),
        ("unknown field seed", "seed", "temperature"),
    ],
)
def test_a_setting_that_a_server_refuses_is_left_out(
    tmp_path: Path, refusal: str, gone: str, there: str
) -> None:
    def script(body: Json, _: int) -> Say:
        return error(400, refusal) if gone in body else Say(GOOD)

    with serving(script) as server:
        assert asker(server, tmp_path).ask([question()])[0].value == 0
        assert gone not in server.requests[-1]
        assert there in server.requests[-1]
        assert len(server.requests) == 2


def test_no_usage_means_about(tmp_path: Path) -> None:
    with serving(Say(GOOD, usage=None)) as server:
        one = asker(server, tmp_path)
        one.ask([question()])
        assert one.spent.tokens_in > 0
        assert one.spent.tokens_out > 0


# --- answers that cannot be used ---------------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["I see a goal.", '{"events": [', '{"moments": []}', ""])
@pytest.mark.parametrize("stream", [False, True])
def test_an_unreadable_answer_is_mended_by_one_more_question(tmp_path: Path, bad: str, stream: bool) -> None:
    with serving([Say(bad), Say(GOOD)]) as server:
        one = asker(server, tmp_path, stream=stream)
        (outcome,) = one.ask([question()])
        assert (outcome.value, outcome.repaired) == (0, True)
        roles = [m["role"] for m in server.requests[1]["messages"]]
        assert roles == ["user", "assistant", "user"]
        assert "cannot be used" in server.said()
        assert one.asked.repaired == 1
        assert one.spent.requests == 2


def test_a_second_unreadable_answer_is_given_up_and_not_paid_for_again(tmp_path: Path) -> None:
    with serving(Say("sorry")) as server:
        one = asker(server, tmp_path)
        (outcome,) = one.ask([question()])
        assert (outcome.value, outcome.lacking) == (None, False)
        assert "not JSON" in outcome.why
        assert one.asked.unusable == 1
        assert len(server.requests) == 2
        (again,) = asker(server, tmp_path).ask([question()])
        assert again.value is None
        assert again.kept
        assert len(server.requests) == 2


def test_a_refusal_is_not_argued_with(tmp_path: Path) -> None:
    with serving(Say("", refusal="I cannot help with that.")) as server:
        one = asker(server, tmp_path)
        (outcome,) = one.ask([question()])
        assert outcome.why == "the model refused"
        assert one.asked.refused == 1
        assert len(server.requests) == 1


def test_a_cut_off_answer_says_so_to_the_model(tmp_path: Path) -> None:
    with serving([Say('{"events": [', finish="length"), Say(GOOD)]) as server:
        assert asker(server, tmp_path).ask([question()])[0].value == 0
        assert "cut off" in server.said()


# --- servers in trouble ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        error(500, "boom"),
        error(503, "loading model"),
        Say(drop="before"),
        Say(drop="middle"),
        Say(body='{"choices": [', status=200),
        Say(body="{}"),
        Say(body='{"choices": [{"message": {"content": 7}}]}'),
        Say(body="<html>bad gateway</html>", status=502),
    ],
    ids=["500", "503", "dropped", "cut", "broken", "empty", "odd", "gateway"],
)
def test_trouble_is_waited_out(tmp_path: Path, trouble: Say) -> None:
    with serving([trouble, trouble, Say(GOOD)]) as server:
        one = asker(server, tmp_path)
        assert one.ask([question()])[0].value == 0
        assert len(server.requests) == 3
        assert one.asked.repeated == 2
        keys = {request["_headers"]["idempotency-key"] for request in server.requests}
        assert len(keys) == 1


@pytest.mark.parametrize("trouble", [Say(drop="middle", text=GOOD * 9), Say(GOOD, done=False)])
def test_a_stream_that_breaks_off_is_asked_again(tmp_path: Path, trouble: Say) -> None:
    with serving([trouble, Say(GOOD)]) as server:
        one = asker(server, tmp_path, stream=True)
        assert one.ask([question()])[0].value == 0
        assert len(server.requests) == 2
        assert one.spent.in_doubt == 1  # it may have been charged for


def test_a_slow_answer_is_given_up_and_one_that_flows_is_not(tmp_path: Path) -> None:
    with serving([Say(GOOD, delay_s=0.5), Say(GOOD)]) as server:
        one = asker(server, tmp_path, timeout_s=0.2)
        assert one.ask([question()])[0].value == 0
        assert one.spent.in_doubt == 1


@pytest.mark.parametrize("header", ["0.4", "date"])
def test_everybody_waits_as_long_as_the_server_asks(tmp_path: Path, header: str) -> None:
    import email.utils

    def script(_: Json, number: int) -> Say:
        if number != 1:
            return Say(GOOD)
        told = "0.4" if header == "0.4" else email.utils.formatdate(time.time() + 1.5, usegmt=True)
        return error(429, "slow down", retry_after=told)

    with serving(script) as server:
        assert all(o.value == 0 for o in asker(server, tmp_path).ask([question(i) for i in range(8)]))
        refused = server.requests[1]["_at"]
        # What was under way when the answer came may still arrive; then nobody asks until the wait is over.
        assert not [r for r in server.requests[2:] if refused + 0.15 < r["_at"] < refused + 0.38]
        assert [r for r in server.requests[2:] if r["_at"] >= refused + 0.38]


def test_a_wait_that_is_too_long_ends_the_run(tmp_path: Path) -> None:
    with serving(error(429, "come back tomorrow", retry_after="86400")) as server:
        with pytest.raises(ServerError, match="left alone for 86400 s"):
            asker(server, tmp_path).ask([question(i) for i in range(4)])
        assert len(server.requests) == 1


def test_backoff_grows(tmp_path: Path) -> None:
    with serving([error(500, "boom")] * 3 + [Say(GOOD)]) as server:
        one = asker(server, tmp_path, backoff_s=0.05)
        one._reached = True
        assert one.ask([question()])[0].value == 0
        at = [request["_at"] for request in server.requests]
        waits = [later - earlier for earlier, later in itertools.pairwise(at)]
        assert waits[0] >= 0.05
        assert waits[1] >= 0.1
        assert waits[2] >= 0.2


def test_one_question_that_always_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    def script(body: Json, _: int) -> Say:
        return error(500, "boom") if body["messages"][0]["content"].startswith("2 ") else Say(GOOD)

    with serving(script) as server:
        one = asker(server, tmp_path, attempts=3)
        outcomes = one.ask([question(i) for i in range(6)])
        assert [outcome.value for outcome in outcomes] == [0, 0, None, 0, 0, 0]
        assert outcomes[2].lacking
        assert Counter(r["messages"][0]["content"][0] for r in server.requests)["2"] == 3
        # Later, only that one is asked.
        before = len(server.requests)
        one.ask([question(i) for i in range(6)])
        assert len(server.requests) == before + 3


def test_a_server_that_only_fails_ends_the_run_soon(tmp_path: Path) -> None:
    with serving(error(500, "boom")) as server:
        with pytest.raises(ServerError, match="error 500"):
            asker(server, tmp_path, attempts=2, concurrency=1).ask([question(i) for i in range(50)])
        assert len(server.requests) <= 12


# --- what a person must mend -------------------------------------------------------------------------------


def pictured() -> Question[int]:
    parts = [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,AA"}},
    ]
    return Question("chunk 7", [{"role": "user", "content": parts}], SCHEMA, read)


LONG = error(400, "This model's maximum context length is 4096 tokens", code="context_length_exceeded")
BLIND = error(400, "m is not a multimodal model")
BLIND_LLAMA = error(500, "image input is not supported - hint: you may need to provide the mmproj")


@pytest.mark.parametrize(
    ("say", "told", "asked"),
    [
        (Say(body="<!DOCTYPE html><html>Welcome</html>"), "answers with a web page", question()),
        (Say(body="<html>Not found</html>", status=404), "answers with a web page", question()),
        (error(404, "The model `m` does not exist"), "knows no such address or model", question()),
        (error(401, f"Incorrect API key provided: {KEY[:9]}****mnop"), "refuses the key", question()),
        (error(403, "forbidden"), "refuses the key", question()),
        (error(429, "quota", code="insufficient_quota"), "nothing left to spend", question()),
        (LONG, "question 0: is longer than the context", question()),
        (BLIND, "cannot see pictures", pictured()),
        (BLIND_LLAMA, "cannot see pictures", pictured()),
        (error(400, f"messages are odd, key={KEY}"), "refuses question 0", question()),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_no_retry_would_help_is_told_at_once(
    tmp_path: Path, say: Say, told: str, asked: Question[int], stream: bool
) -> None:
    with serving(say) as server:
        one = asker(server, tmp_path, stream=stream)
        with pytest.raises(ServerError, match=told) as caught:
            one.ask([asked, *(question(i) for i in range(1, 9))])
        assert len(server.requests) == 1  # nothing is spent twice
        assert one.spent.requests == one.spent.in_doubt == 0
    told_to_user = str(caught.value)
    assert KEY not in told_to_user
    assert "mnop" not in told_to_user
    assert "<" not in told_to_user
    assert caught.value.exit_code == 2


def test_nobody_at_the_address(tmp_path: Path) -> None:
    with serving(Say()) as server:
        url = server.url
    one = Asker(ServerSettings("m", url, backoff_s=0.01), tmp_path, Price(1, 1))
    with pytest.raises(ServerError, match="cannot be reached"):
        one.ask([question()])
    assert one.spent.in_doubt == 0


def test_a_wrong_address_a_missing_key_and_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("localhost:8000", "ftp://host/v1", "http://", "http://host:99999999/v1"):
        with pytest.raises(SettingsError, match="not the address of a server"):
            ServerSettings("m", url)
    with pytest.raises(SettingsError, match="no model"):
        server_settings(None, {})
    assert server_settings(None, {"MATCHCUT_MODEL": "x"}).model == "x"
    with pytest.raises(SettingsError, match="holds none"):
        read_key("https://api.example.com/v1", {})
    with pytest.raises(SettingsError, match="no key has") as caught:
        read_key("https://api.example.com/v1", {"OPENAI_API_KEY": "“secret”"})
    assert "secret" not in str(caught.value)
    assert read_key("http://localhost:1/v1", {}) == "none"
    assert shown_url("http://me:pass@host:1/v1") == "http://host:1/v1"


def test_an_address_with_a_password_keeps_it_secret(tmp_path: Path) -> None:
    settings = ServerSettings("m", "http://me:hunter2@127.0.0.1:9/v1?token=hunter2", backoff_s=0.01)
    with pytest.raises(ServerError) as caught:
        Asker(settings, tmp_path).ask([question()])
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in json.dumps(settings.identity)


@pytest.mark.parametrize(
    "wrong",
    [{"concurrency": 0}, {"attempts": 0}, {"temperature": 9.0}, {"schema": "yaml"}, {"effort": "huge"}],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        ServerSettings("m", **wrong)


def test_a_question_longer_than_the_context_is_not_sent(tmp_path: Path) -> None:
    with serving(Say(GOOD)) as server:
        long = question(5, "word " * 4000)
        with pytest.raises(SettingsError, match=r"question 5: needs about .* 4,096"):
            asker(server, tmp_path, context=4096).ask([question(0), long])
        assert server.requests == []


# --- cost --------------------------------------------------------------------------------------------------


def test_the_cap_holds_and_a_higher_one_goes_on(tmp_path: Path) -> None:
    price = Price(1000, 1000)  # a thousandth a token
    with serving(Say(GOOD, usage=(10, 10))) as server:
        how = {"price": price, "max_tokens": 20, "concurrency": 2}
        with pytest.raises(CostError, match="pass the cap"):
            asker(server, tmp_path, max_cost=0.1, **how).ask([question(i) for i in range(20)])
        first = len(server.requests)
        assert 2 <= first <= 5
        one = asker(server, tmp_path, max_cost=10, **how)
        assert one.spent.cost(price) == pytest.approx(0.02 * first)  # an earlier run's cost counts
        outcomes = one.ask([question(i) for i in range(20)])
        assert all(outcome.value == 0 for outcome in outcomes)
        assert len(server.requests) == 20
        assert one.spent.cost(price) == pytest.approx(0.4)


def test_questions_under_way_are_waited_for_before_the_cap_is_said_to_be_reached(tmp_path: Path) -> None:
    # Each is booked at about 0.05 and costs 0.002: one by one all fit, three at once do not.
    with serving(Say(GOOD, usage=(1, 1), delay_s=0.02)) as server:
        how = {"price": Price(1000, 1000), "max_tokens": 20, "concurrency": 3, "max_cost": 0.09}
        outcomes = asker(server, tmp_path, **how).ask([question(i) for i in range(10)])
        assert len(outcomes) == len(server.requests) == 10


@pytest.mark.parametrize("seen_before", [False, True])
def test_the_cap_holds_where_the_server_counts_more_than_was_guessed(tmp_path: Path, seen_before: bool) -> None:
    # Guessed: about 14 tokens in. Counted: ten times as many (pictures, another tokenizer).
    price = Price(1000, 1000)
    with serving(Say(GOOD, usage=(140, 20), delay_s=0.02)) as server:
        how = {"price": price, "max_tokens": 20, "concurrency": 4}
        if seen_before:  # … and what an earlier run found out counts from the first request on
            asker(server, tmp_path, **how).ask([question(99)])
        plan = asker(server, tmp_path, **how).plan([question(i) for i in range(20)])
        assert plan.cost is not None
        assert (plan.cost >= 20 * 0.16) == seen_before
        one = asker(server, tmp_path, max_cost=1.0, **how)
        with pytest.raises(CostError, match="pass the cap"):
            one.ask([question(i) for i in range(20)])
        assert 4 <= len(server.requests) <= 6
        assert one.spent.cost(price) == pytest.approx(0.16 * len(server.requests))
        assert one.spent.cost(price) <= 1.0


def test_a_cap_needs_a_price(tmp_path: Path) -> None:
    with serving(Say(GOOD)) as server, pytest.raises(SettingsError, match="nobody told what the model costs"):
        asker(server, tmp_path, max_cost=1.0)


def test_a_plan_sends_nothing_and_says_what_is_not_known(tmp_path: Path) -> None:
    with serving(Say(GOOD)) as server:
        one = asker(server, tmp_path)
        one.ask([question(0)])
        plan = one.plan([question(i) for i in range(4)] + [question(1)])
        assert (plan.questions, plan.kept, plan.cost) == (4, 1, None)
        assert "no price of m was given" in plan.describe("m")
        priced = asker(server, tmp_path, price=Price(1, 2)).plan([question(i) for i in range(4)])
        assert priced.cost is not None
        assert priced.tokens_out == 3 * 800
        assert priced.cost >= (priced.tokens_in + 2 * priced.tokens_out) / 1e6
        assert "at most 0.00" in priced.describe("m")
        assert len(server.requests) == 1


# --- stops -------------------------------------------------------------------------------------------------


def test_two_runs_do_not_ask_the_same(tmp_path: Path) -> None:
    with serving(Say(GOOD, delay_s=0.3)) as server:
        first = threading.Thread(target=lambda: asker(server, tmp_path).ask([question()]))
        first.start()
        time.sleep(0.1)
        with pytest.raises(OutputError, match="another run"):
            asker(server, tmp_path).ask([question()])
        first.join()
        assert asker(server, tmp_path).ask([question()])[0].kept
        assert len(server.requests) == 1


def test_a_damaged_answer_is_asked_again(tmp_path: Path) -> None:
    with serving(Say(GOOD)) as server:
        asker(server, tmp_path).ask([question()])
        (place,) = tmp_path.glob("*/*.json")
        for damage in ("", '{"key": "x"', '{"key": "x", "reply": {}}', "[]"):
            place.write_text(damage, "utf-8")
            assert not asker(server, tmp_path).ask([question()])[0].kept
        assert len(server.requests) == 5


def test_a_torn_ledger_still_counts(tmp_path: Path) -> None:
    with serving(Say(GOOD, usage=(10, 10))) as server:
        asker(server, tmp_path).ask([question(i) for i in range(3)])
        (ledger,) = tmp_path.glob("ledger-*.jsonl")
        lines = ledger.read_text("utf-8").splitlines()
        # Killed after sending, before the answer: the most it can have cost stays booked.
        unsent = json.dumps({"id": "9", "state": "sent", "key": "nobody", "in": 70, "out": 800})
        ledger.write_text("\n".join([*lines, unsent, '{"id": "10", "sta']), "utf-8")
        spent = asker(server, tmp_path).spent
        assert (spent.requests, spent.in_doubt, spent.doubtful_in, spent.doubtful_out) == (3, 1, 70, 800)
        # Killed after keeping the answer, before booking it: what it did cost is known.
        ledger.write_text("\n".join(lines[:-1]) + "\n", "utf-8")
        spent = asker(server, tmp_path).spent
        assert (spent.requests, spent.in_doubt, spent.tokens_in) == (3, 0, 30)


def test_a_full_disk_is_told_and_what_was_paid_stays_booked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Say(GOOD)) as server:
        one = asker(server, tmp_path, price=Price(1, 1), max_cost=5.0)

        def full(*_: object) -> None:
            raise OutputError("no space", "Free some")

        monkeypatch.setattr(one.answers, "put", full)
        with pytest.raises(MatchcutError, match="no space"):
            one.ask([question(i) for i in range(5)])
        assert one.spent.in_doubt == 1
        assert len(server.requests) == 1
