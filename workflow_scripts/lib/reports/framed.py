"""Questions about a text that is data: it stands between two tags that nothing in it can be mistaken for, and is not obeyed."""

from typing import ClassVar

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.reports.engines.base import MARK, Conversation, as_data

GAP = "\n[…]\n"  # where the middle of a long text was


class FramedTemplate(Section):
    """What stands before the text, and behind it once more; ``placeholders`` are those that the instruction must have."""

    placeholders: ClassVar[tuple[str, ...]] = ()
    id: str
    version: int = Field(ge=1, description="to be raised with every change of wording")
    instruction: str = Field(description="what to do; {opening} and {closing} stand around the text")
    opening: str
    closing: str
    reminder: str = Field(description="the same once more, behind the text")

    @model_validator(mode="after")
    def _text_cannot_close_itself(self) -> "FramedTemplate":
        for name in ("opening", "closing"):
            if not MARK.match(getattr(self, name)):
                raise ValueError(f"{name}: expected a tag such as <report>, which is made harmless inside a report")
        if missing := [name for name in self.placeholders if f"{{{name}}}" not in self.instruction]:
            raise ValueError(f"expected {', '.join(f'{{{name}}}' for name in missing)} in instruction")
        if not self.reminder.strip():
            raise ValueError("expected a reminder")
        try:
            self.framed("", **dict.fromkeys(self.placeholders, ""))
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(f"a placeholder that is not known: {error}; braces of JSON are doubled") from None
        return self

    @property
    def label(self) -> str:
        """The id with the version."""
        return f"{self.id} v{self.version}"

    def framed(self, text: str, **words: str) -> Conversation:
        """One message: not every model's chat template has a place for the system."""
        words |= {"opening": self.opening, "closing": self.closing}
        before, after = self.instruction.format(**words), self.reminder.format(**words)
        return ({"role": "user", "content": f"{before}\n{self.opening}\n{as_data(text)}\n{self.closing}\n\n{after}"},)


def shortened(text: str, longest: int) -> tuple[str, int]:
    """``text`` without so much of its middle that ``longest`` characters are left, and how many went; diagnoses stand first or last."""
    gone = max(len(text) - longest, 0)
    start = (len(text) - gone + 1) // 2
    return (text[:start] + GAP + text[start + gone :], gone) if gone else (text, 0)
