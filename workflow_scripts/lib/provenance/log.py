"""Logs and progress: a bar on a terminal, plain lines in the log."""

import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

logger = logging.getLogger("survdistill")


def start_log(path: str | Path) -> None:
    """Send this job's log lines to ``path``, and warnings to the terminal too; to the terminal alone where no file can be written."""
    terminal = logging.StreamHandler()
    terminal.setLevel(logging.WARNING)
    logging.raiseExceptions = False  # a line that a full disk has no room for is lost, not shown with a traceback
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        _send_to(logging.INFO, logging.FileHandler(path, mode="w", encoding="utf-8"), terminal)
    except OSError as error:
        _send_to(logging.INFO, terminal)
        logger.warning("%s: no log (%s)", path, error.strerror)


def go_on_in_log(path: str | Path, level: int) -> None:
    """For a process of a job: send its lines, from ``level`` on, to the log that the job has begun."""
    _send_to(level, logging.FileHandler(path, mode="a", encoding="utf-8"))


def _send_to(level: int, *handlers: logging.Handler) -> None:
    logging.basicConfig(level=level, handlers=handlers, format="%(asctime)s %(levelname)s %(message)s", force=True)
    logging.captureWarnings(True)


def log_path() -> Path | None:
    """The log that this process writes; None where it writes none."""
    files = [handler for handler in logging.getLogger().handlers if type(handler) is logging.FileHandler]
    return Path(files[0].baseFilename) if files else None


def log_failure(error: BaseException, spoken: tuple[type[BaseException], ...]) -> None:
    """One sentence for errors meant to be read; for others, where they arose but not their text, which may quote a patient."""
    if isinstance(error, spoken):
        logger.error("%s: %s", type(error).__name__, error)
        return
    import traceback  # only here: jobs that succeed never need it

    frames = "".join(traceback.format_tb(error.__traceback__))
    hidden = "text withheld: it may quote patient data; set SURVDISTILL_DEBUG=1 to see it"
    detail = str(error) if os.environ.get("SURVDISTILL_DEBUG") else hidden
    logger.error("unexpected %s (%s)\n%s", type(error).__name__, detail, frames)


class Progress:
    """Progress of ``total`` steps: a bar with loss and time left on a terminal, else a log line now and then."""

    def __init__(self, title: str, total: int, every_seconds: float = 10.0, bar: bool = True) -> None:
        self.title, self.total, self.every = title, total, every_seconds
        self.start = self.last = time.monotonic()
        self.bar: Any = None
        if bar and sys.stderr.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=total, desc=title, leave=False)

    def step(self, done: int, **figures: float) -> None:
        """Report that ``done`` steps are behind us, with figures such as the loss."""
        if self.bar is not None:
            self.bar.set_postfix(figures, refresh=False)
            self.bar.update(done - self.bar.n)
        now = time.monotonic()
        if now - self.last >= self.every or done == self.total:
            self.last = now
            left = (now - self.start) / max(done, 1) * (self.total - done)
            words = "".join(f", {name} {value:.4g}" for name, value in figures.items())
            logger.info("%s: %d of %d%s, %.0f s left", self.title, done, self.total, words, left)

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self.bar is not None:
            self.bar.close()
