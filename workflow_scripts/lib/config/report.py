"""Settings of the report: apart from those of the scores, so that another picture rescores nothing."""

from pydantic import Field

from workflow_scripts.lib.config.base import Section


class ReportConfig(Section):
    """Hidden states and examples."""

    tsne_perplexity: float = Field(30.0, gt=1, description="perplexity of the t-SNE picture of hidden states")
    neighbours: int = Field(10, ge=1, description="neighbours of the k-nearest-neighbour risk in hidden states")
    examples: int = Field(
        6,
        ge=0,
        le=100,
        description="test patients whose prompts and answers go into the report; 0 for none; "
        "of texts, one more for every kind of fault that these do not show",
    )
