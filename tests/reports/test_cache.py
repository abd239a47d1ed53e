"""What was answered is not asked again, whatever happened in between."""

import json
import logging

import pytest

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.reports.cache import PATIENCE, Answers
from workflow_scripts.lib.reports.engines.base import Reply


class Parrot:
    """An engine that says what it hears, backwards and in reverse order, unless ``failing`` says how it fails."""

    def __init__(self, name="parrot", failing=None, dies_after=None):
        self.name, self.failing, self.dies_after, self.heard = name, failing or {}, dies_after, []

    def answer(self, conversations):
        for place in reversed(range(len(conversations))):
            text = conversations[place][0]["content"]
            if self.dies_after is not None and len(self.heard) == self.dies_after:
                raise KeyboardInterrupt
            self.heard.append(text)
            failure = self.failing.get(text)
            yield place, Reply(None, failure) if failure else Reply(text[::-1])


def asking(*texts):
    return [({"role": "user", "content": text},) for text in texts]


def ask(folder, *texts, engine=None, template="t v1"):
    """What is replied, and what the engine heard."""
    engine = engine or Parrot()
    answers = Answers(engine, folder, template)
    replies = answers.to(asking(*texts), "test")
    assert answers.asked == len(engine.heard)
    return [reply.text for reply in replies], sorted(engine.heard)


def entries(folder):
    return sorted(folder.rglob("*.json"))


def test_replies_in_order_and_nothing_twice(tmp_path):
    assert ask(tmp_path, "ab", "cd", "ab", "élan") == (["ba", "dc", "ba", "nalé"], ["ab", "cd", "élan"])
    assert ask(tmp_path, "cd", "ef") == (["dc", "fe"], ["ef"])
    assert len(entries(tmp_path)) == 4
    assert all(path.parent.name == path.name[:2] for path in entries(tmp_path))


@pytest.mark.parametrize("other", [{"template": "t v2"}, {"engine": Parrot("cockatoo")}])
def test_another_template_or_model_is_asked(tmp_path, other):
    ask(tmp_path, "ab")
    assert ask(tmp_path, "ab", **other)[1] == ["ab"]
    assert ask(tmp_path, "ab")[1] == []


def test_what_a_role_says_is_part_of_the_question(tmp_path):
    ask(tmp_path, "ab")
    engine = Parrot()
    Answers(engine, tmp_path, "t v1").to([({"role": "system", "content": "ab"},)], "test")
    assert engine.heard == ["ab"]


def exchanged(path):
    stored = json.loads(path.read_text(encoding="utf-8"))
    return json.dumps({**stored, "answer": "something else"}).encode()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: b"",
        lambda path: path.read_bytes()[:20],
        exchanged,
        lambda path: b"[]",
        lambda path: b"\xff",
        lambda path: b"[" * 100_000,
    ],
)
def test_a_damaged_entry_is_said_and_asked_again(tmp_path, damage, caplog):
    ask(tmp_path, "ab", "cd")
    for path in entries(tmp_path):
        sound = path.read_bytes()
        path.write_bytes(damage(path))
        with caplog.at_level(logging.WARNING):
            assert len(ask(tmp_path, "ab", "cd")[1]) == 1
        assert path.read_bytes() == sound
        said = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
        assert [path.name in message for message in said] == [True]
        caplog.clear()


def test_an_entry_under_another_ones_name_is_damaged(tmp_path):
    ask(tmp_path, "ab", "cd")
    one, other = entries(tmp_path)
    one.write_bytes(other.read_bytes())
    assert ask(tmp_path, "ab", "cd")[0] == ["ba", "dc"]


def test_interrupted_it_goes_on_where_it_was(tmp_path):
    texts = [f"{number:02d}" for number in range(10)]
    with pytest.raises(KeyboardInterrupt):
        ask(tmp_path, *texts, engine=Parrot(dies_after=4))
    assert len(entries(tmp_path)) == 4
    assert ask(tmp_path, *texts)[1] == texts[:6]
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def test_failures_are_replies_and_are_not_kept(tmp_path):
    engine = Parrot(failing={"ab": "HTTP 400"})
    assert Answers(engine, tmp_path, "t").to(asking("ab", "cd"), "test") == [Reply(None, "HTTP 400"), Reply("dc")]
    assert ask(tmp_path, "ab", "cd", template="t")[1] == ["ab"]


def test_one_that_dies_near_the_end_is_said_and_only_the_rest_is_asked_again(tmp_path):
    texts = [f"{number:02d}" for number in range(20)]
    with pytest.raises(StageRefusal, match=r"no answer to 19 questions: no connection \(19\)"):
        ask(tmp_path, *texts, engine=Parrot(failing=dict.fromkeys(texts[:19], "no connection")))
    assert ask(tmp_path, *texts)[1] == texts[:19]


def test_one_that_was_away_for_a_moment_is_asked_once_more(tmp_path):
    class Away(Parrot):
        def answer(self, conversations):
            yield from super().answer(conversations)
            self.failing = {}

    engine = Away(failing={"ab": "timeout", "ef": "HTTP 500"})
    assert ask(tmp_path, "ab", "cd", "ef", engine=engine) == (["ba", "dc", "fe"], ["ab", "ab", "cd", "ef", "ef"])


def test_nobody_there_is_said_in_one_sentence(tmp_path):
    failing = {"ab": "timeout", "cd": "HTTP 500", "ef": "timeout"}
    with pytest.raises(StageRefusal, match=r"parrot: no answer to 3 questions: HTTP 500 \(1\), timeout \(2\); see"):
        ask(tmp_path, *failing, engine=Parrot(failing=failing))


def test_it_gives_up_when_the_server_has_gone_and_not_before(tmp_path):
    texts = [f"{number:02d}" for number in range(PATIENCE + 5)]
    failing = dict.fromkeys(texts[:-1], "no connection")
    engine = Parrot(failing=failing)
    with pytest.raises(StageRefusal, match=rf"no connection \({PATIENCE}\)"):
        ask(tmp_path, *texts, engine=engine)
    assert len(engine.heard) == PATIENCE + 1
    assert ask(tmp_path, *texts, engine=Parrot())[1] == texts[:-1]
    one_fewer = Parrot("b", failing=dict.fromkeys(texts[6:], "timeout"))
    with pytest.raises(StageRefusal, match=rf"timeout \({PATIENCE - 1}\)"):
        ask(tmp_path, *texts, engine=one_fewer)
    assert len(one_fewer.heard) == len(texts) + PATIENCE - 1


def test_failures_count_since_the_last_answer(tmp_path):
    texts = [f"{number:03d}" for number in range(2 * PATIENCE - 1)]
    engine = Parrot(failing=dict.fromkeys([*texts[: PATIENCE - 1], *texts[PATIENCE:]], "timeout"))
    with pytest.raises(StageRefusal):
        ask(tmp_path, *texts, engine=engine)
    assert set(engine.heard) == set(texts)


def test_questions_that_cannot_be_answered_are_no_reason_to_give_up(tmp_path):
    texts = [f"{number:02d}" for number in range(PATIENCE + 5)]
    failing = dict.fromkeys(texts[1:], "too long for the model")
    assert ask(tmp_path, *texts, engine=Parrot(failing=failing))[0] == ["00", *[None] * (PATIENCE + 4)]
    assert ask(tmp_path, *texts, engine=Parrot(failing=failing))[1] == texts[1:]
