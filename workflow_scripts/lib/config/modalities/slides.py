"""Settings of whole-slide feature bags."""

from pydantic import Field

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.sources import AnyFolder, PatientKey


class SlidesConfig(Section):
    """Bags of patch features, as CLAM and TRIDENT write them: .h5 with features and coordinates, or .pt with features."""

    source: AnyFolder
    patient: PatientKey = Field(description="how a file's name names its patient")
    features: str = Field("features", description="data set with the features, (patches, width)")
    coordinates: str = Field("coords", description="data set with the coordinates, (patches, 2), where there is one")
