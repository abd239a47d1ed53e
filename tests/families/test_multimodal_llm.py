"""The multimodal language model: what it reads, what it writes, and what comes of patients who lack something."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.families.bases import write_base
from tests.world import FOLD, GRID, SEED, cohort, fold_of, staged
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.cases import CASES, LANGUAGE
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.families import multimodal_llm as family
from workflow_scripts.lib.families.multimodal_llm import teacher_weight
from workflow_scripts.lib.families.multimodal_llm.fusion import MODALITIES
from workflow_scripts.lib.families.multimodal_llm.network import Senses
from workflow_scripts.lib.families.multimodal_llm.tokens import SLOTS, answer_ids, findings_in, prose_of
from workflow_scripts.lib.families.multimodal_llm.writing import Guide, write_line
from workflow_scripts.lib.survival.outcome import Outcome, TimeGrid
from workflow_scripts.lib.training.bundle import Bundle, ask, load_bundle, save_bundle
from workflow_scripts.lib.training.data import Answer, FoldData
from workflow_scripts.lib.training.fit import fit_family
from workflow_scripts.lib.training.fold import fit_fold
from workflow_scripts.lib.training.language.base import tokenizer_of
from workflow_scripts.lib.training.language.tokenizer import token_ids
from workflow_scripts.lib.training.language.writer import Writer
from workflow_scripts.lib.training.launch import in_processes
from workflow_scripts.lib.training.losses import weighted_loss

TINY = {"layers": 2, "width": 16, "heads": 2, "word_pieces": 300}


def config(**settings) -> family.Config:
    plain = {"tiny": TINY, "steps": 4, "batch_size": 40, "max_tokens": 256, "validate_every": 2, "encoders": {"steps": 10}}
    return parse(family.Config, {**plain, **settings}, "cfg")


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> pd.DataFrame:
    return read_table(staged(tmp_path_factory.mktemp("cases"), cohort()).cases, CASES)


@pytest.fixture(scope="module")
def digits(tmp_path_factory, cases) -> str:
    """A pretrained base that writes digit by digit."""
    return str(write_base(tmp_path_factory.mktemp("bases") / "digits", cases["report"] + cases["patient"] + cases["completion"]))


def data_of(cases: pd.DataFrame) -> FoldData:
    return fold_of(cohort(), cases=cases)


def fresh(cfg: family.Config, cases: pd.DataFrame):
    """An untrained model of random weights that differ enough for its answers to differ, and everybody's examples."""
    data = data_of(cases)
    state = family.fit_state(data.only("train", "valid"), cfg, 1)
    state["weight"] = 0.5  # as if settled
    model = family.model(cfg, state).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3.0)
    return model, family.examples(data.own(), cfg, state), state


@pytest.fixture(scope="module", params=["one token", "two tokens"])
def cfg(request, digits) -> family.Config:
    return config() if request.param == "one token" else config(base=digits)


# What it reads.


def test_the_question_stays_where_a_report_is_too_long(cases):
    cfg = config(max_tokens=400)
    long = cases.assign(report=[f"{report} {'slides reviewed twice ' * 4000}" for report in cases["report"]])
    model, shown, _ = fresh(cfg, cases)
    cut = family.examples(data_of(long).own(), cfg, model.state)
    assert cut.lengths.max() <= 400
    assert (cut.arrays["asked"] - cut.arrays["reads"] == shown.arrays["asked"] - shown.arrays["reads"]).all()
    text = model.tokenizer.decode(cut.arrays["tokens"][: cut.arrays["asked"][0]])
    assert text.endswith("Percent free of death at: ")


def test_rationales_of_a_language_model_are_not_forced_into_an_outline(cases):
    heard = cases.assign(speaker=LANGUAGE)
    with pytest.raises(ConfigError, match=r"prose: own_findings .* use free, or leave out cases\.language"):
        fresh(config(), heard)
    fresh(config(prose="free"), heard)


def test_no_room_for_the_question_is_said(cases):
    with pytest.raises(ConfigError, match="max_tokens: 20 leave no room"):
        fresh(config(max_tokens=20), cases)


def test_the_report_is_read_before_anything_else(cases):
    """The state behind the report, and with it the report's own risk, knows neither covariates nor genes."""
    model, shown, state = fresh(config(modalities=["reports"]), cases)
    other = cases.assign(
        patient=" somebody else.", genes=[[9.0] * 3] * len(cases), completion="nothing", covariates=[[1.0] * 6] * len(cases)
    )
    theirs, rows = family.examples(data_of(other).own(), model.cfg, state), np.arange(20)
    torch.testing.assert_close(model(family.collate(shown, rows)).hazard_logits, model(family.collate(theirs, rows)).hazard_logits)


def test_words_are_misread_only_before_the_answer_and_only_while_learning(cases):
    model, shown, _ = fresh(config(word_noise=0.5), cases)
    batch = family.collate(shown, np.arange(20))
    ids, reads, asked = (batch.inputs[name] for name in ("ids", "reads", "asked"))
    place = torch.arange(ids.shape[1])
    slots = (place >= reads[:, None]) & (place < reads[:, None] + SLOTS)
    words = (place < asked[:, None]) & ~slots
    changed = model._misread(batch) != ids
    assert not changed[~words].any()
    assert 0.4 < changed[words].float().mean() < 0.6

    torch.testing.assert_close(model(batch).token_logits, model(batch).token_logits)
    model.train()
    learning, quiet = model(batch).token_logits, fresh(config(word_noise=0.0, encoders={"steps": 10, "dropout": 0.0}), cases)[0].train()
    assert not torch.allclose(learning, model(batch).token_logits)
    torch.testing.assert_close(quiet(batch).token_logits, quiet(batch).token_logits)


def test_covariates_and_genes_reach_what_is_written_through_tokens_of_their_own(cases):
    model, shown, _ = fresh(config(), cases)
    rows = np.flatnonzero(shown.arrays["present"][:, 2])[:8]
    batch = family.collate(shown, rows)
    before = model.respond(batch)["verbal"].survival
    for name in ("covariates", "genes"):
        moved = replace(batch, inputs={**batch.inputs, name: batch.inputs[name] + 1.0})
        assert np.abs(model.respond(moved)["verbal"].survival - before).max() > 1e-6


def test_who_has_no_genes_is_not_moved_by_them(cases):
    model, shown, _ = fresh(config(), cases)
    rows = np.flatnonzero(~shown.arrays["present"][:, 2])[:8]
    batch = family.collate(shown, rows)
    moved = replace(batch, inputs={**batch.inputs, "genes": batch.inputs["genes"] + 5.0})
    for output, answer in model.respond(batch).items():
        np.testing.assert_array_equal(model.respond(moved)[output].survival, answer.survival)


def senses(fusion: str) -> Senses:
    """Of weights all random, those of the gate too."""
    torch.manual_seed(2)
    made = Senses(config(fusion=fusion), {"base_logits": [-2.0, -1.0, -1.5], "columns": {"covariates": 6, "expression": 3}}, 4).eval()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter)
    return made


@pytest.mark.parametrize("fusion", ["late", "early"])
@pytest.mark.parametrize("place", range(3), ids=MODALITIES)
@torch.no_grad()
def test_a_modality_that_is_missing_is_masked(fusion, place):
    """Whatever stands where it would be; where it is there, it counts."""
    ours, there = senses(fusion), torch.tensor([place != 0, place != 1, place != 2]).expand(5, 3)
    states, other = torch.randn(2, 3, 5, 4)
    moved = torch.stack([other[at] if at == place else states[at] for at in range(3)])

    def said(states: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        return ours.fuse(states[0], dict(zip(MODALITIES[1:], states[1:], strict=True)), present)

    assert torch.equal(said(moved, there), said(states, there))
    assert (said(moved, there | True) != said(states, there | True)).all()
    nothing = said(states, there & False)  # nor is somebody with nothing at all a fault
    assert torch.isfinite(nothing).all()
    assert torch.equal(nothing, nothing[:1].expand(5, 3))


@pytest.mark.parametrize("even", [True, False])
@torch.no_grad()
def test_the_gate_shares_among_those_that_are_there(even):
    """Late fusion by hand, without covariates; an even gate adds the risks, and shares are of those that are there."""
    fusion, there = senses("late").fusion, [0, 2]
    if even:
        torch.nn.init.zeros_(fusion.gate.weight)
        torch.nn.init.zeros_(fusion.gate.bias)
    states, present = torch.randn(5, 3, 4), torch.tensor([[True, False, True]]).expand(5, 3)
    states = states * present[:, :, None]
    gate = torch.ones(5, 2) if even else 2 * fusion.gate(states.flatten(1))[:, there].softmax(1)
    by_hand = sum(gate[:, [share]] * fusion.heads[MODALITIES[at]](states[:, at]) for share, at in enumerate(there))
    torch.testing.assert_close(fusion(states, present), by_hand)


# What it writes.


@torch.no_grad()
def in_a_plain_pass(model, batch, row: int) -> torch.Tensor:
    """Log-probabilities (100, m) of the m tokens of each first number, every number written out behind the prompt and read as a whole."""
    prompt = model._embedded(batch, model.senses.encode(batch))[row, : batch.inputs["asked"][row]]
    ids, begun = model.numbers.ids, torch.tensor(model._pieces()[0])
    said = model.language_model.get_input_embeddings()(torch.cat([begun.expand(100, -1), ids], dim=1))
    logits = model.language_model(inputs_embeds=torch.cat([prompt.expand(100, -1, -1), said], dim=1)).logits
    return logits[:, -1 - ids.shape[1] : -1].log_softmax(-1).gather(2, ids[:, :, None])[:, :, 0]


def test_numbers_are_those_of_the_forward_pass(cfg, cases):
    """The first number's expectation, read behind left padding and a cache, is that of a plain pass, whose logits training sees."""
    model, shown, state = fresh(cfg, cases)
    rows = np.arange(0, 120, 17)
    batch, ids = family.collate(shown, rows), model.numbers.ids
    plain = torch.stack([in_a_plain_pass(model, batch, row) for row in range(len(rows))])  # (n, 100, m)
    with torch.no_grad():
        learnt, embedded = model(batch).token_logits.log_softmax(-1), model._embedded(batch, model.senses.encode(batch))
    before = len(model._pieces()[0])
    first = [np.flatnonzero(batch.inputs["row"].numpy() == row)[0] + before for row in range(len(rows))]
    torch.testing.assert_close(learnt[first][:, ids[:, 0]], plain[:, :, 0], rtol=1e-4, atol=1e-4)
    expected = plain.sum(2).double().softmax(-1) @ torch.arange(100, dtype=torch.float64)
    with torch.no_grad():
        line = write_line(Writer(model.language_model, embedded, batch.inputs["asked"]), model._pieces(), model.numbers)
    np.testing.assert_allclose(line.percent[:, 0], expected, atol=1e-2)
    texts = model.respond(batch)["verbal"].text
    assert [int(text[len(state["pieces"][0]) :][:2]) for text in texts] == expected.round().long().tolist()


def test_each_patient_alone_as_among_others(cfg, cases):
    model, shown, _ = fresh(cfg, cases)
    rows = np.arange(0, 120, 13)
    among = model.respond(family.collate(shown, rows))
    for place in (0, 4):
        alone = model.respond(family.collate(shown, rows[[place]]))
        for output, answer in alone.items():
            np.testing.assert_allclose(answer.survival[0], among[output].survival[place], atol=1e-5)


def test_who_would_not_have_written_the_line_is_unread_and_falls_back_on_the_hidden_curve(cases):
    """An untrained model writes no such line."""
    data, cfg = data_of(cases), config()
    model, _, state = fresh(cfg, cases)
    state["weight"] = 0.25
    said = Bundle(family, cfg, state, model, {}).answers(data)
    unread = np.isnan(said["verbal"].log_risk)
    assert unread.any()
    np.testing.assert_array_equal(said["combined"].survival[unread], said["hidden"].survival[unread])
    assert np.isfinite(said["combined"].log_risk).all()


def test_prose_names_own_findings_only(cfg, cases):
    """However little the model knows: whatever it writes follows the outline of the patient, and what it was taught does, too."""
    data = data_of(cases)
    model, _, state = fresh(cfg, cases)
    said = Bundle(family, cfg, state, model, {}).answers(data)["verbal"].text
    told = cases[cases["copy"] == 0].set_index("patient_id").loc[data.roles["patient_id"]]
    for text, (_, row) in zip(said, told.iterrows(), strict=True):
        outline = model.template.outline(list(row["findings"]))
        assert outline.read(prose_of(state, text, row["numbers"]))
        assert outline.read(prose_of(state, row["completion"], row["numbers"]))
    free = Bundle(family, cfg.model_copy(update={"prose": "free"}), state, model, {})
    model.cfg = free.cfg
    assert free.answers(data)["verbal"].text != said


def test_a_finding_in_the_part_of_a_report_that_is_cut_is_not_offered(cases):
    """What stands in the part that is left stays, and so do covariates and genes; who has a whole report loses nothing."""
    own = cases[cases["copy"] == 0]
    long = [place % 2 for place in range(len(own))]
    reports = [f"Report: grade at the front; {'slides reviewed twice; ' * 200 * cut}margins at the end." for cut in long]
    beside = [
        [one for one in found if one in patient or one == "gene expression"]
        for found, patient in zip(own["findings"], own["patient"], strict=True)
    ]
    whole = [["margins at the end", "grade at the front", *found] for found in beside]
    _, shown, _ = fresh(config(max_tokens=400), own.assign(report=reports, findings=whole))
    offered = [findings_in(torch.from_numpy(line)) for line in shown.arrays["findings"]]
    assert offered == [found[cut:] for found, cut in zip(whole, long, strict=True)]


def test_prose_is_learnt_part_by_part_as_it_is_said(cfg, cases):
    """The tokens of what is taught lead an outline from its beginning to its end."""
    model, _, state = fresh(cfg, cases)
    some = cases.head(40)
    for (_, row), tokens in zip(some.iterrows(), answer_ids(model.tokenizer, state, some), strict=True):
        guide = Guide(model.template.outline(list(row["findings"])), model._tokens, model.tokenizer.eos_token_id)
        line = sum(map(len, model._pieces())) + len(row["numbers"]) * model.numbers.ids.shape[1]
        for token in tokens[line:]:
            assert token in guide.allowed()
            guide.say(token)
        assert guide.allowed() == []


def test_line_and_prose_are_learnt_where_they_stand(cfg, cases):
    """The tokens that weigh as line read as the line of the completion, those that weigh as prose as its prose."""
    model, shown, state = fresh(cfg, cases)
    rows = np.arange(0, 120, 17)
    batch = family.collate(shown, rows)
    targets, of = batch.targets, batch.inputs["row"]
    told = cases[cases["copy"] == 0].iloc[rows]
    for row, (text, numbers) in enumerate(zip(told["completion"], told["numbers"], strict=True)):
        line, prose = (
            model.tokenizer.decode(targets["tokens"][(of == row) & (targets[part] > 0)], skip_special_tokens=True)
            for part in ("line_weight", "prose_weight")
        )
        assert prose == prose_of(state, text, numbers)
        assert line + prose == text


def test_a_prompt_is_read_once(cases, monkeypatch):
    """The state behind the report comes from the same pass that begins the writing, and equals that of training."""
    model, shown, _ = fresh(config(), cases)
    batch = family.collate(shown, np.arange(0, 120, 11))
    with torch.no_grad():
        curve = torch.exp(-torch.nn.functional.softplus(model(batch).hazard_logits.double()).cumsum(1)).numpy()
    longest, decoder = [], model.language_model.get_decoder()
    through = decoder.forward
    monkeypatch.setattr(decoder, "forward", lambda **given: longest.append(next(iter(given.values())).shape[1]) or through(**given))
    np.testing.assert_allclose(model.respond(batch)["hidden"].survival, curve, rtol=1e-4)
    assert longest[0] > 20
    assert set(longest[1:]) == {1}


# What is learnt from whom.


def test_weights_by_hand():
    """The teacher gives .8 at day 100 and .3 at day 200."""
    grid, curve = TimeGrid(np.array([0.0, 100, 200])), np.array([[0.8, 0.3]] * 4)
    outcome = Outcome(np.array([100.0, 200.0, 100.0, 200.0]), np.array([True, True, False, False]))
    crowd = np.array([0.6, 0.5])

    def weights(correction: str) -> list[float]:
        return teacher_weight(correction, curve, crowd, grid, outcome).tolist()

    assert weights("none") == [1, 1, 1, 1]
    assert weights("hard") == [0, 1, 1, 0]
    assert weights("probabilistic") == pytest.approx([0.2, 0.7, 0.8, 0.3])
    assert weights("posterior") == pytest.approx([0.2 / 0.6, 0.5 / 0.6, 0.8 / 1.4, 0.3 / 0.8])


def test_a_teacher_who_says_what_holds_of_all_is_as_credible():
    curve = np.linspace(0.7, 0.2, len(GRID))
    outcome = Outcome(np.array([GRID.edges[1] / 2, GRID.edges[2], GRID.edges[-1] + 1]), np.array([True, False, True]))
    assert teacher_weight("posterior", np.stack([curve] * 3), curve, GRID, outcome).tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("correction", ["hard", "probabilistic", "posterior"])
def test_right_teachers_weigh_more_than_wrong_ones(correction, cases):
    outcome = data_of(cases).cohort.outcome
    crowd = np.linspace(0.9, 0.3, len(GRID))
    right, wrong = (teacher_weight(correction, curves, crowd, GRID, outcome).mean() for curves in right_and_wrong(outcome))
    assert right > 2 * wrong


@pytest.mark.parametrize("correction", ["none", "hard", "probabilistic", "posterior"])
def test_examples_weigh_as_the_correction_has_it(correction, cases):
    """Teachers in proportion to the weights of the correction; outcomes those of patients, never of copies; one on average."""
    cfg, data = config(correction=correction), data_of(cases).only("train")
    told = data.tables["cases"]
    state = family.fit_state(data, cfg, 1)
    arrays = family.examples(data, cfg, state).arrays
    own = (told["copy"] == 0).to_numpy()
    outcome = data.cohort.outcome[pd.Index(data.roles["patient_id"]).get_indexer(told["patient_id"])]
    crowd = np.cumprod(1 / (1 + np.exp(state["base_logits"])))
    weight = teacher_weight(correction, np.stack(told["teacher_survival"]), crowd, GRID, outcome) * (own | (correction == "none"))
    assert own.any()
    assert not own.all()
    np.testing.assert_allclose(arrays["own_weight"], own / own.mean())
    np.testing.assert_allclose(arrays["teacher_weight"], weight / weight.mean())
    for part, tokens in (("line", arrays["told"] - arrays["asked"]), ("prose", arrays["lengths"] - arrays["told"])):
        np.testing.assert_allclose(arrays[f"{part}_weight"], weight / (weight * tokens).mean())


def right_and_wrong(outcome: Outcome) -> tuple[np.ndarray, np.ndarray]:
    """Curves (n, k) of a certain event in the interval in which it came, and of nobody else's; and of the contrary."""
    interval, event = GRID.discretise(outcome)
    dead = event[:, None] & (np.arange(len(GRID)) >= interval[:, None])
    return (~dead).astype(float), np.repeat(event[:, None], len(GRID), axis=1).astype(float)


@pytest.mark.parametrize(("role", "weight"), [("valid", 1.0), ("train", 0.0)])
def test_the_mixture_is_settled_by_validation_patients(role, weight, cases):
    """The hidden curve is right of the patients of ``role`` and wrong of the others, the verbal one the other way round."""
    data = data_of(cases).only("train", "valid")
    right, wrong = right_and_wrong(data.cohort.outcome)
    chosen, risk = (data.roles["role"] == role).to_numpy()[:, None], np.zeros(len(data.roles))
    hidden, verbal = np.where(chosen, right, wrong), np.where(chosen, wrong, right)
    settled = family.settle({"hidden": Answer(risk, hidden), "verbal": Answer(risk, verbal)}, data)
    assert settled == {"weight": weight, "baseline": None}


def test_where_nothing_written_is_read_the_hidden_curve_is_taken(cases):
    """Every weight is as likely as every other, as none is used."""
    data = data_of(cases).only("train", "valid")
    curves, risk = right_and_wrong(data.cohort.outcome)[0], np.zeros(len(data.roles))
    assert family.settle({"hidden": Answer(risk, curves), "verbal": Answer(risk * np.nan, curves)}, data)["weight"] == 1.0


@pytest.mark.parametrize(
    "settings", [{"head": "cox", "objective": {"cox": 1.0, "line": 1.0, "form": 1.0}}, {"fusion": "early"}, {"modalities": ["reports"]}]
)
def test_every_way_states_curves_and_survives_its_bundle(settings, cases, tmp_path):
    data, cfg = data_of(cases), config(**settings)
    bundle, _ = fit_family(family, data, cfg, SEED, tmp_path / "checkpoint.safetensors")
    save_bundle(tmp_path / "bundle" / "MANIFEST.json", bundle)
    before, after = bundle.answers(data), load_bundle(tmp_path / "bundle" / "MANIFEST.json", family, cfg).answers(data)
    assert tuple(after) == cfg.outputs
    for output, answer in before.items():
        np.testing.assert_array_equal(after[output].survival, answer.survival)
        assert (np.diff(answer.survival, axis=1) <= 1e-12).all()
    assert len(np.unique(after["hidden"].log_risk)) > 10


def test_a_published_base_is_tuned_and_loads_without_us(digits, cases, tmp_path):
    data = data_of(cases)
    for tuning in ("last_layers", "lora"):
        cfg = config(base=digits, tuning=tuning, last_layers=1, gradient_checkpointing=tuning == "last_layers")
        bundle, _ = fit_family(family, data, cfg, SEED, tmp_path / tuning / "checkpoint.safetensors")
        save_bundle(tmp_path / tuning / "bundle" / "MANIFEST.json", bundle)
        again = load_bundle(tmp_path / tuning / "bundle" / "MANIFEST.json", family, cfg)
        np.testing.assert_array_equal(again.answers(data)["combined"].survival, bundle.answers(data)["combined"].survival)
    folder = tmp_path / "last_layers" / "bundle"
    theirs = AutoModelForCausalLM.from_pretrained(folder)
    base = AutoModelForCausalLM.from_pretrained(digits)
    assert len(AutoTokenizer.from_pretrained(folder)) == len(AutoTokenizer.from_pretrained(digits))
    assert torch.equal(theirs.get_input_embeddings().weight, base.get_input_embeddings().weight)
    assert torch.equal(theirs.model.layers[0].mlp.up_proj.weight, base.model.layers[0].mlp.up_proj.weight)
    assert not torch.equal(theirs.model.layers[1].mlp.up_proj.weight, base.model.layers[1].mlp.up_proj.weight)


def test_form_is_the_cross_entropy_of_any_number_where_one_stands(cfg, cases):
    """By the characters of what each patient's answer says: at its numbers, all numbers' probabilities together; elsewhere nothing."""
    model, shown, _ = fresh(cfg, cases)
    batch = family.collate(shown, np.arange(12))
    with torch.no_grad():
        said = model(batch)
    chances = said.token_logits.double().softmax(-1).numpy()
    numbers = np.array(token_ids(model.tokenizer, [f"{number:02d}" for number in range(100)]))
    row, tokens, expected = batch.inputs["row"].numpy(), batch.targets["tokens"].numpy(), np.zeros(len(chances))
    for one in range(12):
        of_them = np.flatnonzero(row == one)
        words = [model.tokenizer.decode([token]) for token in tokens[of_them]]
        begins = np.cumsum([0, *map(len, words)])
        for number in list(re.finditer(r"(?<=year |years)[ ]?\d\d", "".join(words)))[:2]:
            for place, index in enumerate(np.flatnonzero((begins >= number.end() - 2) & (begins < number.end()))):
                expected[of_them[index]] = -np.log(chances[of_them[index], np.unique(numbers[:, place])].sum())
    assert (expected > 0).sum() == 12 * 2 * numbers.shape[1]
    np.testing.assert_allclose(said.form.numpy(), expected, rtol=1e-4, atol=1e-6)


def test_parts_of_a_batch_add_up_to_the_whole(cases):
    """Whatever the copies, the weights of the correction, and the parts that a step is cut into."""
    cfg = config(correction="probabilistic")
    data = data_of(cases)
    state = family.fit_state(data.only("train", "valid"), cfg, 1)
    model, shown = family.model(cfg, state).eval(), family.examples(data.only("train"), cfg, state)
    rows = np.random.default_rng(1).permutation(len(shown))[:40]
    terms = dict.fromkeys(cfg.objective, 1.0)

    def loss(part: np.ndarray) -> torch.Tensor:
        batch = family.collate(shown, part)
        return torch.stack(list(weighted_loss(terms, model(batch), batch)[1].values()))

    with torch.no_grad():
        parts = sum(loss(part) * len(part) / len(rows) for part in np.array_split(rows, 7))
        torch.testing.assert_close(parts.double(), loss(rows).double(), rtol=1e-4, atol=1e-5)


def test_a_long_report_is_cut_alike_alone_and_among_others(cases):
    cfg = config(max_tokens=300)
    long = cases.assign(report=[f"{report} {'slides reviewed twice ' * 40}" for report in cases["report"]])
    model, _, state = fresh(cfg, cases)
    data = data_of(long).own()
    among = ask(family, cfg, state, model, data)["hidden"].log_risk
    alone = replace(data, roles=data.roles.assign(role=np.where(np.arange(len(data.roles)) == 7, "valid", "test"))).only("valid")
    assert ask(family, cfg, state, model, alone)["hidden"].log_risk == pytest.approx([among[7]], abs=1e-4)


def test_words_that_direct_a_model_are_words(cases):
    cfg = config()
    _, _, state = fresh(cfg, cases)
    tokenizer = tokenizer_of(cfg, state["tokenizer"])
    assert tokenizer.eos_token_id not in token_ids(tokenizer, ["margins free<|endoftext|>and then"])[0]


def test_terms_have_to_fit_the_head():
    with pytest.raises(ConfigError, match="likelihood does not go with head: cox"):
        config(head="cox")
    with pytest.raises(ConfigError, match="expected likelihood or cox"):
        config(objective={"line": 1.0})
    with pytest.raises(ConfigError, match="has its risk sets in each part of a batch"):
        config(head="cox", objective={"cox": 1.0}, gradient_accumulation=2)
    assert config(head="cox", objective={"cox": 1.0}, gradient_accumulation=2, fewest_events=1).gradient_accumulation == 2


def test_everybody_is_asked_once(cases):
    """One example per patient, and everybody's answer is their own: of patients in another order, the answers are in that order."""
    data, cfg = data_of(cases), config()
    model, shown, state = fresh(cfg, cases)
    assert len(shown) == len(data.roles)
    said = ask(family, cfg, state, model, data)
    order = np.random.default_rng(6).permutation(len(data.roles))
    roles = data.roles.iloc[order].reset_index(drop=True)
    again = ask(family, cfg, state, model, replace(data, roles=roles, cohort=data.cohort.take(roles["patient_id"])))
    assert len(np.unique(said["hidden"].log_risk)) > 100
    for output, answer in said.items():
        np.testing.assert_allclose(again[output].survival, answer.survival[order], atol=1e-5)
    assert again["verbal"].text == [said["verbal"].text[row] for row in order]


def test_two_processes_train_what_one_does(tmp_path):
    """Under torchrun's launcher, gradients summed over processes: the risks of one process that takes every batch in two parts."""
    stages, risks = staged(tmp_path / "staged", cohort()), {}
    for processes in (1, 2):
        cfg = config(gradient_accumulation=3 - processes, encoders={"steps": 5, "dropout": 0.0})
        place = tmp_path / str(processes)
        place.mkdir()
        paths = {"bundle": str(place / "bundle" / "MANIFEST.json"), "history": str(place / "history.parquet")}
        read = {name: str(path) for name, path in stages.inputs.items()} | {"tables": {"cases": str(stages.cases)}}
        module = "workflow_scripts/lib/families/multimodal_llm/__init__.py"
        in_processes(processes, "cpu", fit_fold, **read, **paths, module=module, cfg=cfg, fold=FOLD, seed=SEED, resume="resume-1")
        said = load_bundle(paths["bundle"], family, cfg).answers(data_of(read_table(stages.cases, CASES)))
        risks[processes] = {output: answer.survival for output, answer in said.items()}
    for output, curves in risks[1].items():
        np.testing.assert_allclose(risks[2][output], curves, atol=1e-4)
