"""The whole configuration, read and checked before any job exists."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from workflow_scripts.lib.config.attention import AttentionConfig
from workflow_scripts.lib.config.base import Section, parse, read_yaml
from workflow_scripts.lib.config.cases import CasesConfig
from workflow_scripts.lib.config.cohort import CohortConfig
from workflow_scripts.lib.config.evaluate import EvaluateConfig
from workflow_scripts.lib.config.prompts import PromptsConfig
from workflow_scripts.lib.config.prose import ProseConfig
from workflow_scripts.lib.config.radiomics import RadiomicsConfig
from workflow_scripts.lib.config.report import ReportConfig
from workflow_scripts.lib.config.reports import ReportsStageConfig
from workflow_scripts.lib.config.splits import SplitsConfig
from workflow_scripts.lib.config.student import Family, StudentConfig
from workflow_scripts.lib.config.teacher import TeacherConfig
from workflow_scripts.lib.errors import ConfigError, did_you_mean


class WorkflowConfig(Section):
    """`config/config.yaml`, with any overlays merged in."""

    seed: int = Field(1, ge=0, le=2**31 - 1, description="the seed that every other seed is derived from")
    cohorts: list[str] = Field(min_length=1, description="cohorts to run: names of files in cohort_folder, without .yaml")
    cohort_folder: str = Field("config/cohorts", description="where the cohort files are")
    controls: list[Literal["permuted_labels"]] = Field(
        [], description="negative controls: permuted_labels runs every cohort once more as NAME_permuted, outcomes dealt out anew"
    )
    radiomics: RadiomicsConfig = RadiomicsConfig()
    reports: ReportsStageConfig = ReportsStageConfig()
    splits: SplitsConfig = SplitsConfig()
    teacher: TeacherConfig = TeacherConfig()
    prompts: PromptsConfig = PromptsConfig()
    cases: CasesConfig = CasesConfig()
    student: StudentConfig
    evaluate: EvaluateConfig = EvaluateConfig()
    prose: ProseConfig = ProseConfig()
    report: ReportConfig = ReportConfig()
    attention: AttentionConfig = AttentionConfig()


def load_workflow(raw: dict[str, Any]) -> tuple[WorkflowConfig, dict[str, CohortConfig]]:
    """The checked configuration and its cohorts; raises ConfigError naming every fault at once."""
    workflow = parse(WorkflowConfig, raw, "config")
    families = workflow.student.families
    strange = [name for name in workflow.evaluate.references if name not in families]
    if strange:
        raise ConfigError(f"config.evaluate.references: no family '{strange[0]}'; {did_you_mean(strange[0], families)}")
    cohorts = {name: load_cohort(Path(workflow.cohort_folder), name) for name in workflow.cohorts}
    for name, cohort in cohorts.items():
        _patches_can_be_pooled(name, cohort, families)
    return workflow, cohorts | _controls(cohorts, workflow)


def _patches_can_be_pooled(name: str, cohort: CohortConfig, families: Mapping[str, Family]) -> None:
    """Said before any job starts, for the family that would refuse comes after hours of radiomics."""
    for family, cfg in families.items() if cohort.images else ():
        pooling, patch = getattr(cfg, "pooling", 1), cohort.images.standardise.patch
        if patch % pooling:
            raise ConfigError(
                f"config.student.families.{family}.tiny.pooling: {pooling} does not divide the patches of {name}, which have {patch} "
                "pixels along a side; change it, or images.standardise.patch of the cohort"
            )


def _controls(cohorts: dict[str, CohortConfig], workflow: WorkflowConfig) -> dict[str, CohortConfig]:
    """The cohorts again, under names of their own, with outcomes that belong to other patients."""
    asked = workflow.controls
    return {f"{name}_permuted": cohort.model_copy(update={"control": asked[0]}) for name, cohort in cohorts.items() if asked}


def load_cohort(folder: Path, name: str) -> CohortConfig:
    """One cohort's file; raises ConfigError when there is none or it does not parse."""
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = [other.stem for other in folder.glob("*.yaml")]
        raise ConfigError(f"config.cohorts: there is no {path}; {did_you_mean(name, known)}")
    return parse(CohortConfig, read_yaml(path), str(path))
