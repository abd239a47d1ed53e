"""Settings of the checks of prose: apart from those of the scores, so that another tolerance rescores nothing else."""

from pydantic import Field

from workflow_scripts.lib.config.base import Section


class ProseConfig(Section):
    """What counts as faithful in a text that a model writes of a patient."""

    tolerance: float = Field(
        2.0, ge=0, le=50, description="percentage points by which a stated probability may differ from the predicted curve"
    )
