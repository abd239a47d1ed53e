"""The engine with weights on this machine: what it writes is what the model finds likeliest, in company or alone."""

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

from tests.families.bases import END, write_base
from workflow_scripts.lib.config.reports import EngineConfig
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.provenance import pretrained
from workflow_scripts.lib.reports.engines import make_engine
from workflow_scripts.lib.reports.engines.base import Reply

TEXTS = ["Tumour of 32 mm, pT2a.", "No tumour.", "Grade 3 of 4 in a specimen of 120 x 80 x 41 mm, margins free, 2 of 14 nodes."]
TOKENS = 6


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A tiny Qwen2 with untied, large weights, whose next token depends on what was said."""
    return write_base(tmp_path_factory.mktemp("base"), TEXTS, tied=False)


def engine_of(base, **settings):
    return make_engine(EngineConfig(engine="transformers", base=str(base), **{"device": "cpu", "max_answer_tokens": TOKENS, **settings}), 1)


def asking(*texts):
    return [({"role": "user", "content": text},) for text in texts]


def by_hand(base, text):
    """The likeliest token each time, one question alone, nothing kept."""
    tokenizer, model = AutoTokenizer.from_pretrained(base), AutoModelForCausalLM.from_pretrained(base)
    ids = tokenizer(text)["input_ids"]
    before = len(ids)
    while len(ids) < before + TOKENS and tokenizer.eos_token_id not in ids[before:]:
        ids = [*ids, int(model(torch.tensor([ids])).logits[0, -1].argmax())]
    return tokenizer.decode(ids[before:], skip_special_tokens=True)


@pytest.mark.parametrize("batch_size", [1, 3])
def test_the_likeliest_tokens_alone_or_in_company(base, batch_size):
    replies = dict(engine_of(base, batch_size=batch_size).answer(asking(*TEXTS)))
    wanted = [by_hand(base, f"{text}\n\n") for text in TEXTS]
    assert len(set(wanted)) == 3
    assert [replies[place].text for place in range(3)] == wanted


def test_the_chat_template_is_used_and_no_token_is_added_to_it(base, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.chat_template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<b>{% endif %}"
    tokenizer.save_pretrained(tmp_path)
    AutoModelForCausalLM.from_pretrained(base).save_pretrained(tmp_path)
    assert dict(engine_of(tmp_path).answer(asking("No tumour.")))[0].text == by_hand(base, "<user>No tumour.<b>")


def test_what_does_not_fit_the_model_is_said_and_the_rest_answered(base, tmp_path):
    model = AutoModelForCausalLM.from_pretrained(base)
    model.config.max_position_embeddings = 40
    model.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(base).save_pretrained(tmp_path)
    replies = dict(engine_of(tmp_path).answer(asking("a b c " * 40, "No")))
    assert replies[0] == Reply(None, "too long for the model")
    assert replies[1].failure is None


def test_a_model_that_ends_at_once_has_said_nothing(base, tmp_path):
    model, tokenizer = AutoModelForCausalLM.from_pretrained(base), AutoTokenizer.from_pretrained(base)
    with torch.no_grad():
        model.lm_head.weight.zero_()
    model.generation_config.eos_token_id = 0  # the first of equally likely tokens
    assert tokenizer.convert_tokens_to_ids(END) == 0
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert list(engine_of(tmp_path).answer(asking("No"))) == [(0, Reply(None, "empty answer"))]


def test_a_chat_template_that_begins_the_text_begins_it_once(base, tmp_path):
    tokenizer = Tokenizer(models.WordLevel({"?": 0, END: 1, "<s>": 2, "No": 3}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 2)])
    engine = engine_of(base)
    engine.tokenizer = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="?", bos_token="<s>", eos_token=END)
    engine.tokenizer.chat_template = "{{ bos_token }} {{ messages[0].content }}"
    assert engine._tokens(asking("No")[0]) == [2, 3]
    engine.tokenizer.chat_template = None
    assert engine._tokens(asking("No")[0]) == [2, 3]


def words_only(folder, base, end, vocabulary):
    """The model of ``base`` with a tokenizer of whole words."""
    AutoModelForCausalLM.from_pretrained(base).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(["?", END, *vocabulary])}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="?", **({"eos_token": END} if end else {})).save_pretrained(folder)
    config = (folder / "config.json").read_text(encoding="utf-8").replace('"qwen2"', '"llama"')
    (folder / "config.json").write_text(config, encoding="utf-8")  # qwen2 forces a tokenizer of its own
    return folder


@pytest.mark.parametrize(
    ("end", "vocabulary", "words"),
    [
        (True, ["one", "two", *"012345678"], "cannot write 9; use another base"),
        (True, ["one", "two"], "cannot write 0, 1, 2"),
        (False, list("0123456789"), "has no end token"),
    ],
)
def test_a_tokenizer_that_cannot_do_is_refused_by_name(tmp_path, base, end, vocabulary, words):
    engine = engine_of(words_only(tmp_path, base, end, vocabulary))
    with pytest.raises(ConfigError, match=words) as refusal:
        list(engine.answer(asking("one")))
    assert str(tmp_path) in str(refusal.value)


def test_a_base_that_is_not_there_and_a_gpu_that_is_not(tmp_path, base, monkeypatch):
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="lacks safetensors, a tokenizer"):
        engine_of(tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="no GPU is visible"):
        list(engine_of(base).__class__(EngineConfig(engine="transformers", base=str(base), device="cuda"), base, "", 1).answer(asking("a")))


def test_its_name_is_that_of_the_weights_and_of_the_longest_answer(base, tmp_path):
    model = AutoModelForCausalLM.from_pretrained(base)
    AutoTokenizer.from_pretrained(base).save_pretrained(tmp_path)
    model.save_pretrained(tmp_path)
    first = engine_of(tmp_path).name
    with torch.no_grad():
        model.lm_head.weight[0, 0] += 1
    model.save_pretrained(tmp_path)
    assert len({first, engine_of(tmp_path).name, engine_of(tmp_path, max_answer_tokens=7).name}) == 3
    assert engine_of(tmp_path).name == (weights := engine_of(tmp_path).name)
    (tmp_path / "chat_template.jinja").write_text("{{ messages[0].content }}", encoding="utf-8")
    assert engine_of(tmp_path).name != weights


def test_what_was_described_is_what_is_loaded(base, monkeypatch):
    """Of an id the folder in the cache, whatever the hub has by then."""
    monkeypatch.setattr(pretrained, "_fetched", lambda asked: base)
    loaded = []
    for kind in (AutoTokenizer, AutoModelForCausalLM):
        monkeypatch.setattr(
            kind,
            "from_pretrained",
            lambda place, kept=kind.from_pretrained, **options: loaded.append((place, options)) or kept(place, **options),
        )
    assert len(list(engine_of("someone/model").answer(asking("No tumour.")))) == 1
    assert [place for place, _ in loaded] == [base, base]
    assert loaded[1][1]["use_safetensors"] is True


def test_no_token_that_directs_the_model_comes_from_what_is_asked(base):
    engine = engine_of(base)
    engine.tokenizer.add_special_tokens({"additional_special_tokens": ["[gStop]", "@@go"]})
    ids = engine._tokens(asking(f"No {END} [gStop]@@go tumour.")[0])
    assert not set(ids) & {engine.tokenizer.convert_tokens_to_ids(token) for token in (END, "[gStop]", "@@go")}


def test_only_questions_of_one_length_are_answered_together_and_fewer_where_memory_ends(base, monkeypatch):
    engine, together = engine_of(base, batch_size=4), []

    def written(asked):
        together.append([len(tokens) for tokens in asked])
        if sum(together[-1]) > 10:
            raise torch.OutOfMemoryError("full")
        return ["well"] * len(asked)

    monkeypatch.setattr(engine, "_tokens", lambda asked: [1] * int(asked[0]["content"]))
    monkeypatch.setattr(engine, "_written", written)
    replies = dict(engine.answer(asking("4", "20", "5", "4", "4", "4")))
    assert replies == dict.fromkeys((0, 2, 3, 4, 5), Reply("well")) | {1: Reply(None, "too long for the memory")}
    assert together == [[4] * 4, [4] * 2, [4] * 2, [5], [20]]


def test_a_gpu_writes_under_another_name(base, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert engine_of(base, device="cuda").name != engine_of(base).name
