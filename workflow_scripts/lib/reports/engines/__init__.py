"""Language models to ask: conversations in, replies out. They know nothing of reports, and only the one that is used loads its library."""

from workflow_scripts.lib.config.reports import EngineConfig
from workflow_scripts.lib.provenance.job import fingerprint
from workflow_scripts.lib.provenance.pretrained import describe_base, folder_of
from workflow_scripts.lib.reports.engines.base import Engine


def make_engine(cfg: EngineConfig, threads: int) -> Engine | None:
    """The engine that ``cfg`` names, a model on this machine with so many ``threads``; None for rules, which ask nobody.

    Raises ConfigError where it cannot be had.
    """
    if cfg.engine == "openai":
        from workflow_scripts.lib.reports.engines.server import Server

        return Server(cfg.server, cfg.max_answer_tokens)
    if cfg.engine == "transformers":
        from workflow_scripts.lib.reports.engines.local import Local

        return Local(cfg, folder_of(cfg.base), fingerprint(describe_base(cfg.base)["files"]), threads)
    return None
