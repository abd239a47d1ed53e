"""The language model: what it is trained on, how numbers are read out of it, and that others can load it."""

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.families.bases import write_base
from tests.world import SEED, cohort, fold_of, prompts
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.families import cox_distilled as family
from workflow_scripts.lib.survival.outcome import log_risk_of
from workflow_scripts.lib.training.bundle import Bundle, ask, load_bundle, save_bundle
from workflow_scripts.lib.training.data import Examples, FoldData
from workflow_scripts.lib.training.fit import fit_family
from workflow_scripts.lib.training.language import decoding
from workflow_scripts.lib.training.language.base import tokenizer_of
from workflow_scripts.lib.training.language.decoding import (
    NUMBERS,
    number_tokens,
    parse_numbers,
    written,
)
from workflow_scripts.lib.training.language.tokenizer import token_ids
from workflow_scripts.lib.training.language.writer import Writer
from workflow_scripts.lib.training.loop import Trainer
from workflow_scripts.lib.training.losses import weighted_loss
from workflow_scripts.lib.training.optimiser import Optimiser

TINY = {"layers": 2, "width": 16, "heads": 2, "word_pieces": 300}


def config(**settings) -> family.Config:
    plain = {"tiny": TINY, "steps": 4, "batch_size": 16, "max_tokens": 128, "validate_every": 2}
    return parse(family.Config, {**plain, **settings}, "cfg")


def data_of(target: str = "percentile") -> FoldData:
    return fold_of(cohort(), prompts=prompts(target))


def fresh(cfg: family.Config, target: str = "percentile") -> tuple[family.Distilled, Examples, dict]:
    """An untrained model of random weights that differ enough for its answers to differ, and everybody's examples."""
    data = data_of(target)
    state = family.fit_state(data, cfg, 1)
    model = family.model(cfg, state).eval()
    if cfg.base == "tiny":
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(4.0)
    return model, family.examples(data.own(), cfg, state), state


@pytest.fixture(scope="module")
def digit_base(tmp_path_factory) -> str:
    """A pretrained base that writes digit by digit."""
    return str(write_base(tmp_path_factory.mktemp("bases") / "digits", prompts()["prompt"]))


@pytest.fixture(scope="module", params=["one token", "two tokens"])
def cfg(request, digit_base) -> family.Config:
    return config() if request.param == "one token" else config(base=digit_base)


def contexts_of(model: family.Distilled, examples: Examples, rows: list[int]) -> list[list[int]]:
    return model._contexts(family.collate(examples, np.array(rows)))


# What it is trained on.


def test_collate_by_hand():
    """Prompts 5 6 7 and 8, completions 1 0 and 2 0."""
    arrays = {
        "tokens": np.array([5, 6, 7, 1, 0, 8, 2, 0]),
        "starts": np.array([0, 5]),
        "lengths": np.array([5, 3]),
        "prompt_lengths": np.array([3, 1]),
    }
    batch = family.collate(Examples(arrays, arrays["lengths"], np.arange(2)), np.array([1, 0]))
    assert batch.inputs["ids"].tolist() == [[8, 2, 0, 0, 0], [5, 6, 7, 1, 0]]
    assert list(zip(batch.inputs["row"].tolist(), batch.inputs["column"].tolist(), strict=True)) == [(0, 0), (0, 1), (1, 2), (1, 3)]
    assert batch.targets["tokens"].tolist() == [2, 0, 1, 0]
    assert batch.inputs["prompt_lengths"].tolist() == [1, 3]


@pytest.mark.parametrize("target", ["percentile", "horizons"])
def test_the_loss_is_that_of_the_completion_alone(cfg, target):
    """As a full forward pass with attention mask has it, with labels of -100 on prompt and padding."""
    model, examples, _ = fresh(cfg, target)
    rows = np.arange(0, 120, 13)
    batch = family.collate(examples, rows)
    lengths, ids = examples.lengths[rows], batch.inputs["ids"]
    places = torch.arange(ids.shape[1])
    inside = places < torch.from_numpy(lengths)[:, None]
    labels = ids.where(inside & (places >= batch.inputs["prompt_lengths"][:, None]), -100)
    theirs = model.language_model(input_ids=ids, attention_mask=inside.long(), labels=labels).loss
    ours, _ = weighted_loss({"completion": 1.0}, model(batch), batch)
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-5)


@pytest.mark.parametrize("target", ["percentile", "horizons"])
def test_examples_are_the_prompts_in_tokens(cfg, target):
    model, examples, _ = fresh(cfg, target)
    asked = prompts(target).query("copy == 0").reset_index(drop=True)
    for row, prompt in asked.iloc[::17].iterrows():
        start, length, cut = (examples.arrays[name][row] for name in ("starts", "lengths", "prompt_lengths"))
        tokens = examples.arrays["tokens"][start : start + length].tolist()
        assert tokens[-1] == model.tokenizer.eos_token_id
        assert model.tokenizer.decode(tokens[:cut]) == prompt["prompt"]
        assert model.tokenizer.decode(tokens[cut:-1]) == prompt["completion"]
        assert tokens[cut:-1] == token_ids(model.tokenizer, [prompt["completion"]])[0]
        assert cohort().rows.index[examples.patient[row]] == prompt["patient_id"]


def test_long_prompts_keep_their_end_with_the_question(caplog):
    _, whole, _ = fresh(config())
    model, cut, _ = fresh(config(max_tokens=20))
    assert "120 of 120 prompts are longer than max_tokens" in caplog.text
    assert set(cut.lengths) == {20}
    for row in (0, 50):
        full, short = (one.arrays["tokens"][one.arrays["starts"][row] :][: one.lengths[row]] for one in (whole, cut))
        assert np.array_equal(full[-20:], short)
    assert model.tokenizer.decode(contexts_of(model, cut, [3])[0]).endswith("Risk percentile: ")


def test_an_answer_that_leaves_no_room_for_the_prompt_is_refused():
    with pytest.raises(ConfigError, match=r"max_tokens: 8 leave no room for a prompt before its answer of \d+ tokens"):
        fresh(config().model_copy(update={"max_tokens": 8}), "horizons")


# How numbers are read.


def brute_force(model: family.Distilled, context: list[int], before: list[int]) -> np.ndarray:
    """The probability of each of 00 to 99 after a context: each is appended and scored by a forward pass of its own, without padding."""
    scores = []
    for digits in token_ids(model.tokenizer, NUMBERS):
        ids = torch.tensor([[*context, *before, *digits]])
        with torch.no_grad():
            chance = model.language_model(input_ids=ids).logits[0].double().log_softmax(-1)
        scores.append(sum(chance[place - 1, ids[0, place]].item() for place in range(ids.shape[1] - len(digits), ids.shape[1])))
    chances = np.exp(np.array(scores) - max(scores))
    return chances / chances.sum()


@torch.no_grad()
def chances_after(model: family.Distilled, contexts: list[list[int]]) -> torch.Tensor:
    lengths = torch.tensor([len(context) for context in contexts])
    ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(context) for context in contexts], batch_first=True)
    return Writer(model.language_model, model.language_model.get_input_embeddings()(ids), lengths).chances(model.numbers)


@pytest.mark.parametrize("target", ["percentile", "horizons"])
def test_expectations_are_those_of_scoring_every_number(cfg, target):
    """At the second horizon after the model's own rounded answer to the first."""
    model, examples, state = fresh(cfg, target)
    contexts = contexts_of(model, examples, [0, 41, 77])
    pieces = token_ids(model.tokenizer, state["pieces"])
    told = model._chances(family.collate(examples, np.array([0, 41, 77])), pieces)
    assert told.shape == (3, 1 if target == "percentile" else 2, 100)
    found = told @ np.arange(100)
    for row, context in enumerate(contexts):
        before = list(pieces[0])
        for place, piece in enumerate(pieces[1:]):
            chances = brute_force(model, context, before)
            assert found[row, place] == pytest.approx(chances @ np.arange(100), abs=1e-3)
            before += token_ids(model.tokenizer, [f"{round(found[row, place]):02d}"])[0] + piece
    assert np.ptp(found[:, 0]) > 0.5


def test_probabilities_are_those_of_scoring_every_number(cfg):
    model, examples, _ = fresh(cfg)
    context = contexts_of(model, examples, [5])
    found = chances_after(model, context)
    assert found[0].numpy() == pytest.approx(brute_force(model, context[0], []), abs=1e-5)


def test_padding_on_the_left_changes_no_answer(cfg):
    model, examples, _ = fresh(cfg)
    contexts = contexts_of(model, examples, [0, 41, 77])
    longest = [1, 2, 3] * 40  # makes all others be padded
    among = chances_after(model, [longest, *contexts])[1:]
    alone = torch.cat([chances_after(model, [context]) for context in contexts])
    assert torch.allclose(among, alone, atol=1e-5)
    texts = written(model.language_model, model.tokenizer, [longest, *contexts], 6)[1:]
    assert texts == [written(model.language_model, model.tokenizer, [context], 6)[0] for context in contexts]


def test_what_is_written_is_the_likeliest_token_each_time(cfg):
    """Whatever a base's own generation settings say."""
    model, examples, _ = fresh(cfg)
    for context in contexts_of(model, examples, [0, 41]):
        ids = list(context)
        for _ in range(5):
            ids.append(model.language_model(input_ids=torch.tensor([ids])).logits[0, -1].argmax().item())
            if ids[-1] == model.tokenizer.eos_token_id:
                break
        expected = model.tokenizer.decode(ids[len(context) :], skip_special_tokens=True)
        assert written(model.language_model, model.tokenizer, [context], 5) == [expected]


@pytest.mark.parametrize(
    ("text", "pieces", "numbers"),
    [
        ("42", ["", ""], [42]),
        ("07", ["", ""], [7]),
        ("7", ["", ""], None),
        ("421", ["", ""], None),
        (" 42", ["", ""], None),
        ("42\n", ["", ""], None),
        ("4.2", ["", ""], None),
        ("-4", ["", ""], None),
        ("٤٢", ["", ""], None),
        ("", ["", ""], None),
        ("1 year 91, 2 years 08", ["1 year ", ", 2 years ", ""], [91, 8]),
        ("1 year 91, 2 years 8", ["1 year ", ", 2 years ", ""], None),
        ("1 year 91", ["1 year ", ", 2 years ", ""], None),
        ("1 year 91, 2 years 08, 3 years 07", ["1 year ", ", 2 years ", ""], None),
        ("S(1) 50", ["S(1) ", ""], [50]),
        ("SS1 50", ["S(1) ", ""], None),
    ],
)
def test_only_the_exact_form_is_read(text, pieces, numbers):
    assert parse_numbers(text, pieces) == numbers


def test_rubbish_is_counted_and_never_imputed(monkeypatch):
    """Every second patient is answered with rubbish; their risk stays open, and nobody else's baseline moves."""
    cfg, data = config(), data_of()
    model, _, state = fresh(cfg)
    texts = ["high" if row % 2 else f"{row % 100:02d}" for row in range(120)]
    told = iter(texts)
    monkeypatch.setattr(family, "written", lambda _, __, contexts, longest: [next(told) for _ in contexts])
    said = ask(family, cfg, state, model, data)["generated"]
    rubbish = np.array([text == "high" for text in said.text])
    assert sorted(said.text) == sorted(texts)
    assert np.array_equal(np.isnan(said.log_risk), rubbish)
    numbers = np.array([float(text) for text in said.text if text != "high"])
    assert said.log_risk[~rubbish] == pytest.approx(np.interp(numbers, np.arange(100), state["risk_of_number"]))


def test_a_percentile_is_read_as_the_mean_risk_behind_it():
    model, _, state = fresh(config())
    train = prompts()[(prompts()["role"] == "train") & (prompts()["copy"] == 0)]
    first = train["numbers"].str[0]
    often = int(first.mode()[0])
    mean = train.loc[first == often, "teacher_log_risk"].mean()
    assert model._log_risk(np.array([[often], [np.nan]])) == pytest.approx([mean, np.nan], nan_ok=True)
    assert np.all(np.diff(state["risk_of_number"]) >= 0)


def test_horizons_are_read_as_a_curve():
    model, _, _ = fresh(config(), "horizons")
    numbers = np.array([[91.0, 46.5], [99.0, 0.0], [np.nan, np.nan]])
    assert model._log_risk(numbers) == pytest.approx([*log_risk_of(np.array([[0.91, 0.465], [0.99, 0.005]])), np.nan], nan_ok=True)


def test_hidden_states_are_those_of_the_last_prompt_token(cfg):
    model, examples, _ = fresh(cfg)
    batch = family.collate(examples, np.array([0, 41, 77]))
    for state, context in zip(model.embed(batch), model._contexts(batch), strict=True):
        whole = model.language_model(input_ids=torch.tensor([context]), output_hidden_states=True).hidden_states[-1]
        assert state == pytest.approx(whole[0, -1].detach().numpy(), abs=1e-4)


# That others can load it.


@pytest.fixture(scope="module")
def tiny_bundle(tmp_path_factory) -> tuple[Bundle, Path]:
    root = tmp_path_factory.mktemp("tiny")
    bundle, _ = fit_family(family, data_of(), config(), SEED, root / "checkpoint.safetensors")
    save_bundle(root / "bundle" / "MANIFEST.json", bundle)
    return bundle, root / "bundle"


def strings() -> list[str]:
    """500 strings of words, numbers, spaces and characters that byte-level tokenizers stumble over."""
    rng = np.random.default_rng(1)
    parts = [*"aZé ü\tß，。ﬁé①²٤", "\n\n", "  ", "1,234.5", "007", "age ", "'s", "😀", "e\u0301", *map(str, rng.integers(0, 10**6, 60))]
    return ["".join(rng.choice(parts, rng.integers(1, 12))) for _ in range(500)]


@pytest.mark.filterwarnings("ignore:.*fix_mistral_regex")
@pytest.mark.parametrize("kind", ["AutoTokenizer", "Qwen2Tokenizer", "Qwen2TokenizerFast", "PreTrainedTokenizerFast"])
def test_every_way_of_loading_the_tokenizer_gives_the_tokens_of_training(tiny_bundle, tmp_path, kind):
    bundle, folder = tiny_bundle
    texts = strings() + list(prompts()["prompt"][:50])
    expected = token_ids(bundle.model.tokenizer, texts)
    loaded = getattr(transformers, kind).from_pretrained(folder)
    assert loaded(texts, add_special_tokens=False)["input_ids"] == expected
    assert loaded.eos_token_id == bundle.model.tokenizer.eos_token_id
    loaded.save_pretrained(tmp_path)
    assert AutoTokenizer.from_pretrained(tmp_path)(texts, add_special_tokens=False)["input_ids"] == expected


def test_numbers_are_one_token_each(tiny_bundle):
    tokenizer = tiny_bundle[0].model.tokenizer
    numbers = [*NUMBERS, *(str(number) for number in range(1000))]
    assert {len(ids) for ids in token_ids(tokenizer, numbers)} == {1}
    assert len({ids[0] for ids in token_ids(tokenizer, numbers)}) == 1010
    assert tokenizer.convert_ids_to_tokens(token_ids(tokenizer, ["1,234.5 12345"])[0]) == ["1", ",", "234", ".", "5", "Ġ", "123", "45"]


def test_the_model_loads_without_this_project(tiny_bundle):
    bundle, folder = tiny_bundle
    theirs = AutoModelForCausalLM.from_pretrained(folder)
    ids = torch.tensor(token_ids(bundle.model.tokenizer, [prompts()["prompt"][0]]))
    assert torch.equal(theirs(input_ids=ids).logits, bundle.model.language_model(input_ids=ids).logits)
    assert theirs.config.model_type == "qwen2"


PEFT_IS_LATE = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


@PEFT_IS_LATE
@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
@pytest.mark.parametrize("tuning", ["full", "lora"])
def test_a_pretrained_base_is_trained_saved_and_loaded(digit_base, tmp_path, tuning, optimiser):
    cfg, data = config(base=digit_base, tuning=tuning, optimiser=optimiser, learning_rate=0.01, lora={"rank": 2, "dropout": 0.1}), data_of()
    bundle, history = fit_family(family, data, cfg, SEED, tmp_path / "checkpoint.safetensors")
    save_bundle(tmp_path / "bundle" / "MANIFEST.json", bundle)
    back = load_bundle(tmp_path / "bundle" / "MANIFEST.json", family, cfg)
    back.model.eval()
    ids = torch.tensor(token_ids(bundle.model.tokenizer, [prompts()["prompt"][0]]))
    before = AutoModelForCausalLM.from_pretrained(digit_base)
    ours = bundle.model.language_model(input_ids=ids).logits
    assert not torch.allclose(ours, before(input_ids=ids).logits, atol=1e-3)
    assert torch.equal(back.model.language_model(input_ids=ids).logits, ours)
    folder = tmp_path / "bundle"
    theirs = PeftModel.from_pretrained(before, folder) if tuning == "lora" else AutoModelForCausalLM.from_pretrained(folder)
    assert torch.equal(theirs(input_ids=ids).logits, ours)
    assert AutoTokenizer.from_pretrained(folder)(prompts()["prompt"][0])["input_ids"] == ids[0].tolist()
    for output, answer in bundle.answers(data).items():
        assert np.array_equal(back.answers(data)[output].log_risk, answer.log_risk, equal_nan=True)
    total = [row["value"] for _, row in history.iterrows() if row["role"] == "train" and row["term"] == "total"]
    assert total[-1] < total[0]


def test_adapters_alone_are_trained_and_kept(digit_base, tmp_path):
    model, examples, _ = fresh(config(base=digit_base, tuning="lora"))
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert len(names) == 2 * 2 * 7
    assert all("lora_" in name for name in names)
    trainer = Trainer(
        model, family.collate, examples, examples, config(base=digit_base, tuning="lora"), 1, tmp_path / "checkpoint.safetensors"
    )
    trainer.run()
    moved = [name for name in names if name.endswith("lora_B.default.weight") and dict(model.named_parameters())[name].any()]
    assert len(moved) == 14
    model.save(tmp_path)
    assert (tmp_path / "adapter_model.safetensors").stat().st_size < 30_000
    assert not (tmp_path / "model.safetensors").exists()


def test_a_killed_training_of_tied_weights_is_resumed(digit_base, tmp_path, monkeypatch):
    """Tied weights are one parameter under two names."""
    cfg = config(base=digit_base, checkpoint_every=3, steps=6)

    def run(folder):
        model, examples, _ = fresh(cfg)
        trainer = Trainer(model, family.collate, examples, examples, cfg, 1, tmp_path / folder / "checkpoint.safetensors")
        trainer.run()
        return model.state_dict()

    whole, step = run("whole"), Optimiser.step
    monkeypatch.setattr(Optimiser, "step", lambda self, done: step(self, done) if done < 5 else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run("killed")
    monkeypatch.setattr(Optimiser, "step", step)
    resumed = run("killed")
    assert "language_model.lm_head.weight" in whole
    assert all(torch.equal(value, resumed[name]) for name, value in whole.items())


# What is refused.


def test_a_base_that_is_not_there_is_refused_before_training(tmp_path, monkeypatch):
    monkeypatch.setattr(Trainer, "run", lambda self: pytest.fail("training began"))
    with pytest.raises(ConfigError, match=r"base: '.*nowhere' cannot be loaded .*expected tiny, a Hugging Face id"):
        fit_family(family, data_of(), config(base=str(tmp_path / "nowhere")), SEED, tmp_path / "checkpoint.safetensors")


@pytest.mark.parametrize("whole", [["10", "42"], ["07"]])
def test_a_tokenizer_that_writes_numbers_unevenly_is_refused_before_training(tmp_path, monkeypatch, whole):
    monkeypatch.setattr(Trainer, "run", lambda self: pytest.fail("training began"))
    base = str(write_base(tmp_path / "uneven", prompts()["prompt"], whole))
    with pytest.raises(ConfigError, match="base: its tokenizer writes some two-digit numbers in more tokens than others"):
        fit_family(family, data_of(), config(base=base), SEED, tmp_path / "checkpoint.safetensors")


def test_numbers_of_three_tokens_or_of_the_same_tokens_are_refused():
    for ids in (torch.arange(300).reshape(100, 3), torch.zeros(100, 1, dtype=torch.long), torch.zeros(100, 0, dtype=torch.long)):
        with pytest.raises(ConfigError, match="each of 00 to 99 in one token, or each in two"):
            decoding.NumberTokens(ids)


def test_a_tokenizer_without_an_end_is_refused(digit_base, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(digit_base)
    tokenizer.eos_token = None
    AutoModelForCausalLM.from_pretrained(digit_base).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="no end token"):
        number_tokens(tokenizer_of(config(base=str(tmp_path)), None))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"tuning": "lora"}, "lora adapts a pretrained base, and tiny starts from nothing"),
        ({"tiny": {"width": 64, "heads": 6}}, "width: expected a multiple of twice the heads, which is 12"),
        ({"objective": {"cox": 1.0}}, "objective"),
        ({"objective": {}}, "objective"),
    ],
)
def test_settings_that_cannot_be_meant(settings, words):
    with pytest.raises(ConfigError, match=words):
        config(**settings)


def test_horizons_from_end_to_end(tmp_path):
    """A model trained to write curves writes some that can be read, and patients with worse curves get the higher risk."""
    cfg = config(steps=250, batch_size=32, validate_every=125, tiny={**TINY, "width": 32})
    bundle, _ = fit_family(family, data_of("horizons"), cfg, SEED, tmp_path / "checkpoint.safetensors")
    said = bundle.answers(data_of("horizons").only("valid", "test"))
    assert np.isfinite(said["generated"].log_risk).mean() > 0.7
    teacher = data_of("horizons").own().only("valid", "test").tables["prompts"]["teacher_log_risk"]
    assert np.corrcoef(teacher, said["expectation"].log_risk)[0, 1] > 0.5


def test_the_expected_risk_is_the_mean_of_the_risks_behind_the_numbers():
    """Not the risk behind the mean number, which is never as low as that behind 00."""
    model, _, state = fresh(config())
    chances = np.zeros((2, 1, 100))
    chances[0, 0, [0, 99]] = 0.5
    chances[1, 0, 0] = 1.0
    risks = np.array(state["risk_of_number"])
    assert model._expected_log_risk(chances) == pytest.approx([(risks[0] + risks[99]) / 2, risks[0]])
