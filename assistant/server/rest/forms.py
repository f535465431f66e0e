"""What requests hold."""

from typing import Annotated, Any, Final

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


def _form(**example: Any) -> ConfigDict:
    """A name that does not exist is an error; the example is shown in the description of the routes."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class Asking(BaseModel):
    """A question, alone or as the next one of a conversation."""

    model_config = _form(question="Who would keep the peace?", where={"author": "Andrew Korybko"}, keep=True)

    question: Words
    library: Name | None = Field(None, description="Which library; by default the first of /api/v1/libraries.")
    conversation: Name | None = Field(None, description="The id of a kept conversation, which goes on.")
    keep: bool = Field(False, description="Whether a new conversation is kept; one that goes on is.")
    standalone: Words | None = Field(None, description="The question as you want it searched for.")
    where: Filters | None = Field(None, description="Only documents like this.")


class Search(BaseModel):
    """Words to search for."""

    model_config = _form(query="phased sanctions relief", k=3)

    query: Words
    k: int = Field(10, ge=1, le=1_000)
    library: Name | None = None
    where: Filters | None = None


class Fetching(BaseModel):
    """A page of the web to add."""

    model_config = _form(url="https://example.org/talks.html")

    url: Annotated[str, Field(min_length=1, max_length=2_000)]
    library: Name | None = None


class Syncing(BaseModel):
    """Which library is brought up to date with its folder."""

    model_config = _form(retry=True)

    library: Name | None = None
    retry: bool = Field(False, description="Whether files that failed are read again.")


class Renaming(BaseModel):
    """A conversation's new title."""

    model_config = _form(title="Peace talks")

    title: Words
    library: Name | None = None


class NewLibrary(BaseModel):
    """A library to be made."""

    model_config = _form(name="Peace talks")

    name: Annotated[str, Field(min_length=1, max_length=80)]


class Member(BaseModel):
    """Who may use a library, and how: no `user` means everybody, no `role` nobody any more."""

    model_config = _form(user="ada", role="reader")

    user: Name | None = None
    role: Role | None = None
