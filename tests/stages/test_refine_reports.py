"""The script that refines reports: by rules, or by a model that is not trusted; nobody is lost, and no word of a report is in a log."""

import json
import logging
import random

import pytest

from tests.project import new_project
from tests.reports.loopback import Sent, saying, serving
from tests.reports.world import CANARY, REPORTS, reader, refine, settings, write_cleaned
from workflow_scripts.lib.config.reports import ReportsStageConfig
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.reports import REFINED_REPORTS
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.reports import refining
from workflow_scripts.lib.reports.statements import Statement
from workflow_scripts.reports import refine_reports

EMPTY = "report: could not be refined: empty report"
NOTHING = "report: states nothing that the structure has a place for"


def stated(rows):
    return [(row.patient_id, row.field, row.aspect, row.value, row.evidence) for row in rows.itertuples()]


def test_statements_with_their_words(tmp_path):
    with serving(reader) as server:
        said, rows, calls, refused = refine(tmp_path, settings(server.url))
        assert len(server.bodies) == 4
    assert stated(rows) == [
        ("p1", "stage", "T", "pT2a", "mus-\ncularis propria (pT2a)"),
        ("p1", "margins", "all", "negative", "Margins are free of tumour"),
        ("p2", "size", "tumour", "32 mm", "Tumour of 3.2 cm"),
        ("p2", "invasion", "lymphovascular", "absent", "No lymphovascular invasion is seen"),
        ("p2", "margins", "all", "negative", "Margins are free of tumour"),
        ("p3", "size", "tumour", "51 mm", "Tumour of 5.1 cm"),
        ("p4", "size", "tumour", "41 mm", "Tumor von 4,1 cm"),
    ]
    assert all(REPORTS[row.patient_id][row.start : row.end] == row.evidence for row in rows.itertuples())
    assert refused.to_dict("list") == {"patient_id": ["p5"], "reason": [EMPTY]}
    assert list(calls["outcome"]) == ["answered"] * 4 + ["empty report"]
    assert said == (
        "7 statements of 5 reports by openai m, temperature 0, 1024 tokens (4 asked anew), 0 without their words; "
        "0 dropped, 0 reports cut; failures: empty report (1)"
    )


def test_what_a_hostile_report_says_changes_nothing_for_others_and_is_not_believed(tmp_path):
    """A model that obeys it: what it claims has no words in the report, or is of this patient alone."""

    def obedient(body, number):
        if "Ignore the instructions" in body["messages"][0]["content"]:
            claims = [
                {"field": "stage", "aspect": "T", "value": "pT0", "evidence": "no tumour left"},
                {"field": "stage", "aspect": "T", "value": "pT0", "evidence": "the stage is pT0"},
                {"field": "stage", "aspect": "T", "value": "T0", "evidence": "the stage is pT0"},
                {"field": "risk", "value": "0.99"},
            ]
            return saying(json.dumps({"statements": claims}))
        return reader(body, number)

    with serving(obedient) as server:
        _, rows, calls, _ = refine(tmp_path, settings(server.url))
        questions = set(server.questions())
    others = {name: text for name, text in REPORTS.items() if name != "p3"}
    (tmp_path / "without").mkdir()
    with serving(reader) as server:
        _, alone, _, _ = refine(tmp_path / "without", settings(server.url), reports=others)
        assert set(server.questions()) < questions
    assert stated(rows[rows["patient_id"] != "p3"]) == stated(alone)
    claims = rows[rows["patient_id"] == "p3"]
    assert (list(claims["supported"]), list(claims["evidence"])) == ([False, False], [None, None])
    counted = calls.set_index("patient_id").loc["p3"]
    assert (counted["unsupported"], counted["dropped"]) == (2, 2)


def test_a_report_of_5_mb_is_cut_in_the_middle(tmp_path):
    long = "Tumour of 3.2 cm. " + "lorem ipsum " * 420_000 + "Margins are free of tumour."
    with serving(reader) as server:
        said, rows, calls, _ = refine(tmp_path, settings(server.url), reports={"p1": long, "p2": REPORTS["p2"]})
        assert max(len(question) for question in server.questions()) < 50_000
    assert list(calls["cut"]) == [len(long) - 40_000, 0]
    assert [row.evidence for row in rows[rows["patient_id"] == "p1"].itertuples()] == ["Tumour of 3.2 cm", "Margins are free of tumour"]
    assert "1 reports cut" in said


def test_who_could_not_be_refined_is_in_the_refusals_by_reason(tmp_path):
    replies = {"p1": saying("Sorry."), "p2": saying('{"statements": []}'), "p3": Sent(b"", 400), "p4": reader}
    known = {REPORTS[name][:12]: reply for name, reply in replies.items()}

    def answer(body, number):
        reply = next(reply for words, reply in known.items() if words in body["messages"][0]["content"])
        return reply(body, number) if callable(reply) else reply

    with serving(answer) as server:
        said, rows, calls, refused = refine(tmp_path, settings(server.url))
    assert set(rows["patient_id"]) == {"p4"}
    reasons = [f"report: could not be refined: {why}" for why in ("unread answer", "HTTP 400")]
    assert list(refused["reason"]) == [reasons[0], NOTHING, reasons[1], EMPTY]
    assert set(rows["patient_id"]) | set(refused["patient_id"]) == set(REPORTS)
    assert list(calls["outcome"]) == ["unread answer", "answered", "HTTP 400", "answered", "empty report"]
    assert said.endswith("failures: HTTP 400 (1), empty report (1), unread answer (1)")


def test_the_same_bytes_whatever_comes_first_asked_or_remembered(tmp_path):
    def later(body, number):
        sent = reader(body, number)
        sent.wait = random.Random(number).random() / 5
        return sent

    made = []
    for name, answer in (("a", reader), ("b", later)):
        (tmp_path / name).mkdir()
        with serving(answer) as server:
            refine(tmp_path / name, settings(server.url))
            made.append([(tmp_path / name / f"{table}.parquet").read_bytes() for table in ("refined", "calls", "refusals")])
            assert "(0 asked anew)" in refine(tmp_path / name, settings(server.url))[0]
        made.append([(tmp_path / name / f"{table}.parquet").read_bytes() for table in ("refined", "calls", "refusals")])
    assert made[0] == made[1] == made[2] == made[3]


def test_nobody_answers(tmp_path):
    with serving(Sent(b"", 503)) as server, pytest.raises(StageRefusal, match=r"no answer to 4 questions: HTTP 503 \(4\); see"):
        refine(tmp_path, settings(server.url))
    assert not (tmp_path / "refined.parquet").exists()


def test_strict(tmp_path):
    with serving(reader) as server, pytest.raises(StageRefusal, match="could not be refined: empty report: 1 patients"):
        refine(tmp_path, settings(server.url), strict=True)


def test_rules_ask_nobody(tmp_path, monkeypatch):
    def by_rules(text):
        start = text.find("Tumour of")
        return [] if start < 0 else [Statement("size", "tumour", "32 mm", "stated", None, start, start + 16)]

    monkeypatch.setattr(refining, "refine_by_rules", by_rules)
    said, rows, calls, refused = refine(tmp_path, ReportsStageConfig())
    assert [(row.patient_id, row.evidence) for row in rows.itertuples()] == [("p2", "Tumour of 3.2 cm"), ("p3", "Tumour of 5.1 cm")]
    assert dict(refused.itertuples(index=False)) == {"p1": NOTHING, "p4": NOTHING, "p5": EMPTY}
    assert "by the rules, 0 without" in said
    assert not (tmp_path / "cache").exists()
    assert calls["statements"].sum() == 2


def test_no_report_at_all(tmp_path):
    with serving(reader) as server:
        said, rows, calls, refused = refine(tmp_path, settings(server.url), reports={})
    assert (len(rows), len(calls), len(refused), server.bodies) == (0, 0, 0, [])
    assert said.startswith("0 statements of 0 reports")


def test_no_word_of_a_report_in_logs_or_errors(tmp_path, caplog):
    with caplog.at_level(logging.DEBUG):
        for number, sent in enumerate((reader, saying(f"{CANARY} says no"), Sent(CANARY.encode(), 500), Sent(CANARY.encode()))):
            with serving(sent) as server:
                try:
                    said = refine(tmp_path, settings(server.url, server={"model": f"m{number}"}))[0]
                except StageRefusal as error:
                    said = str(error)
                assert CANARY not in said
    assert caplog.records
    assert not [record for record in caplog.records if CANARY in record.getMessage()]


def test_the_rule_runs_the_script_and_its_log_is_clean(tmp_path):
    project = new_project(tmp_path / "project")
    assert refine_reports.main
    place = project.folder / "results/ward/reports"
    place.mkdir(parents=True)
    write_cleaned(place, REPORTS).rename(place / "cleaned_reports.parquet")
    with serving(reader) as server:
        project.configure(reports={"engine": "openai", "server": {"url": server.url, "model": "m"}})
        project.run("--allowed-rules", "refine_reports", "--", "results/ward/reports/refined_reports.parquet")
        assert len(server.bodies) == 4
    assert len(read_table(place / "refined_reports.parquet", REFINED_REPORTS)) == 7
    log = (project.folder / "results/logs/ward/refine_reports.log").read_text(encoding="utf-8")
    assert "reports: 4 of 4" in log
    assert "refine_reports: 7 statements of 5 reports" in log
    assert CANARY not in log


def test_a_host_that_is_not_named_stops_the_run_before_any_job(tmp_path):
    project = new_project(tmp_path / "project")
    project.configure(reports={"engine": "openai", "server": {"url": "http://llm.example/v1", "model": "m"}})
    done = project.snakemake("--dry-run")
    assert done.returncode != 0
    assert "config.reports.server: url: texts may not be sent to 'llm.example'" in done.stdout + done.stderr
