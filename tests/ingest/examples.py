"""The examples that ship, built from the real files by the scripts themselves."""

from pathlib import Path

from tests.registry import LEXICON
from tests.shared import shared
from workflow_scripts.ingest import build_cohort, build_expression, build_reports, fetch_source
from workflow_scripts.lib.config.base import parse, plain
from workflow_scripts.lib.config.cohort import PatientsConfig
from workflow_scripts.lib.config.modalities.expression import ExpressionConfig
from workflow_scripts.lib.config.modalities.reports import ReportsConfig
from workflow_scripts.lib.config.sources import FetchConfig
from workflow_scripts.lib.config.workflow import load_cohort
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.ingest import REFUSALS, read_cohort
from workflow_scripts.lib.contracts.modalities import REPORTS, read_expression
from workflow_scripts.lib.contracts.registry import read_registry

FOLDER = Path(__file__).parents[2] / "config" / "cohorts" / "examples"


class Built:
    """An example's tables, from the real files."""

    def __init__(self, name, folder):
        self.cohort, self.folder = load_cohort(FOLDER, name), folder
        self.mapping = {name: plain(getattr(self.cohort, name)) for name in PatientsConfig.model_fields}
        raw = {source: self.fetch(source) for source in sorted(self.cohort.sources) if source == "patients" or source.startswith("tables.")}
        self.said = build_cohort.main(
            source=raw.pop("patients"),
            **{table: folder / f"{table}.parquet" for table in ("patients", "registry", "refusals")},
            cfg=parse(PatientsConfig, self.mapping, "cfg"),
            lexicon=LEXICON,
            control="none",
            published=self.cohort.split and self.cohort.split.column,
            seed=1,
            tables=list(raw.values()),
        )
        self.patients = read_cohort(folder / "patients.parquet")
        self.refusals = read_table(folder / "refusals.parquet", REFUSALS)
        self.registry = read_registry(folder / "registry.parquet")

    def fetch(self, source):
        """The raw copy of a source."""
        asked = self.cohort.sources[source]
        cfg = parse(FetchConfig, {"source": plain(asked)}, "cfg")
        fetch_source.main(source=self.folder / source, cfg=cfg, raw=shared(asked.path.removeprefix("data/")))
        return self.folder / source

    def expression(self):
        """What the expression's script makes."""
        table, refusals = self.folder / "expression.parquet", self.folder / "expression_refusals.parquet"
        cfg = parse(ExpressionConfig, plain(self.cohort.expression), "cfg")
        self.said = build_expression.main(self.fetch("expression"), self.folder / "registry.parquet", table, refusals, cfg, strict=True)
        return read_expression(table)

    def reports(self):
        """What the reports' script makes."""
        table, refusals = self.folder / "reports.parquet", self.folder / "reports_refusals.parquet"
        known = [self.fetch(source) for source in sorted(self.cohort.sources) if source == "patients" or source.startswith("tables.")]
        cfg = parse(ReportsConfig, plain(self.cohort.reports), "cfg")
        args = (self.fetch("reports"), self.folder / "registry.parquet", known, LEXICON, table, refusals, cfg, self.mapping)
        self.said = build_reports.main(*args)
        return read_table(table, REPORTS)
