"""The frozen base of every noun."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A value: compared by its fields, never changed after it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def but(self, **changes: Any) -> Self:
        """Return the same value with some fields changed."""
        return self.model_copy(update=changes)
