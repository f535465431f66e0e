"""What requests hold."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assistant.server.callers import Role

Words = Annotated[str, Field(min_length=1, max_length=20_000)]
Name = Annotated[str, Field(max_length=200)]
_FIELDS: Final = ("author", "publisher", "title", "source", "format", "date", "after", "before", "id")


def _fields(where: dict[str, str]) -> dict[str, str]:
    if unknown := where.keys() - set(_FIELDS):
        raise ValueError(f"{', '.join(sorted(unknown))} is no field; use {', '.join(_FIELDS)}")
    return where


Filters = Annotated[dict[str, Annotated[str, Field(max_length=20_000)]], AfterValidator(_fields)]


class _Form(BaseModel):
    """A name that does not exist is an error."""

    model_config = ConfigDict(extra="forbid")


class Asking(_Form):
    """A question, alone or as the next one of a conversation."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"question": "Who would keep the peace?"}]}
    )

    question: Words
    library: Name | None = Field(None, description="Which library; by default the first of /api/v1/libraries.")
    conversation: Name | None = Field(None, description="The id of a kept conversation, which goes on.")
    keep: bool = Field(False, description="Whether a new conversation is kept; one that goes on is.")
    standalone: Words | None = Field(None, description="The question as you want it searched for.")
    where: Filters | None = Field(None, description="Only documents like this.")


class Search(_Form):
    """Words to search for."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"query": "phased relief", "k": 3}]})

    query: Words
    k: int = Field(10, ge=1, le=1_000)
    library: Name | None = None
    where: Filters | None = None


class Fetching(_Form):
    """A page of the web to add."""

    url: Annotated[str, Field(min_length=1, max_length=2_000)]
    library: Name | None = None


class Syncing(_Form):
    """Which library is brought up to date with its folder."""

    library: Name | None = None
    retry: bool = Field(False, description="Whether files that failed are read again.")


class Renaming(_Form):
    """A conversation's new title."""

    title: Words
    library: Name | None = None


class NewLibrary(_Form):
    """A library to be made."""

    name: Annotated[str, Field(min_length=1, max_length=80)]


class Member(_Form):
    """Who may use a library, and how: no `user` means everybody, no `role` nobody any more."""

    user: Name | None = None
    role: Role | None = None
