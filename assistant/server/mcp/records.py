"""What tools and resources give, as records and in words."""

from dataclasses import dataclass
from typing import Any, Final

from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.shared.uri_template import UriTemplate
from mcp.types import ContentBlock, Resource, TextContent
from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema

from assistant.exports.notes import written
from assistant.schema import Answer
from assistant.server.libraries import Library
from assistant.server.rules import MEGABYTE
from index import DocumentInfo

DOCUMENT: Final = "citeback://{library}/documents/{document_id}"
MOST_BYTES: Final = MEGABYTE


class AnswerRecord(BaseModel):
    """What `Answer.to_dict` gives, with the conversation's id where it is kept. Only its schema is of use."""

    model_config = ConfigDict(extra="allow")

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The schema of an answer, without what interfaces do not show."""
        schema = dict(handler.resolve_ref_schema(handler(TypeAdapter(Answer).core_schema)))
        shown = {name: each for name, each in schema["properties"].items() if name != "confidence"}
        schema["properties"] = {**shown, "conversation": {"type": "string"}}
        schema["description"] = "An answer: sentences with their verdicts, and citations; or why there is none."
        return schema


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage: `text` is characters `start` to `end` of the document."""

    document_id: str
    start: int
    end: int
    title: str
    source: str
    score: float
    heading: str
    text: str


class Found(BaseModel):
    """Passages, best first."""

    passages: list[FoundPassage]


class Stretch(BaseModel):
    """Characters `start` to `end` of a document, and apart from them what stands just before and after."""

    document_id: str
    title: str
    source: str
    locator: str | None = Field(
        description="Where in the source that is, such as “page 3”; null if nothing is numbered."
    )
    characters: int = Field(description="How many characters the whole document has.")
    start: int
    end: int
    text: str
    before: str
    after: str


class Documents(BaseModel):
    """Documents, by source; `found` counts all that were meant, also those beyond the limit."""

    documents: list[DocumentInfo]
    found: int


class Shelf(BaseModel):
    """Libraries, the one that is meant where none is named first."""

    libraries: list[Library]


def blocks(*texts: str) -> list[ContentBlock]:
    """Each text as a part of what a tool gives."""
    return [TextContent(type="text", text=text) for text in texts]


def told(answer: Answer, conversation: str | None) -> str:
    """An answer for whoever reads only text: with its sources, their ids and offsets, by which they can be read."""
    parts = [answer.text, *([answer.notice] if answer.notice else [])]
    if answer.shown:
        partly = {number for each in answer.sentences if each.verdict == "partly" for number in each.citations}
        lines = [
            f"[{each.number}] {written(each)} Document {each.document_id}."
            + (" It carries its sentence only in part." if each.number in partly else "")
            for each in answer.shown
        ]
        parts.append("\n".join(["Nearest passages:" if answer.refusal else "Sources:", *lines]))
    return "\n\n".join([*parts, *([f"Conversation {conversation}."] if conversation else [])])


def apart(found: Stretch) -> list[str]:
    """The exact text alone; or with a name each what stands before, the text, and what stands after."""
    if not (found.before or found.after):
        return [found.text]
    parts = {"Before": found.before, f"Characters {found.start} to {found.end}": found.text, "After": found.after}
    return [f"{name}:\n{text}" for name, text in parts.items() if text]


def resource(library: str, info: DocumentInfo) -> Resource:
    """A document as a resource."""
    facts = [*filter(None, (info.author, info.publisher, info.date)), f"{info.characters:,} characters"]
    return Resource(
        uri=UriTemplate.parse(DOCUMENT).expand({"library": library, "document_id": info.id}),
        name=info.source,
        title=info.title,
        description=", ".join(facts),
        mime_type="text/plain",
    )


def cut(whole: ReadResourceContents) -> list[ReadResourceContents]:
    """The content; of one that is too long the beginning, and apart from that where it ends."""
    if not isinstance(whole.content, str):
        return [whole]
    beginning = whole.content[:MOST_BYTES].encode("utf-8", "replace")[:MOST_BYTES].decode("utf-8", "ignore")
    if len(beginning) == len(whole.content):
        return [whole]
    note = f"[Cut after {len(beginning):,} of {len(whole.content):,} characters; read_passage reads the others.]"
    return [ReadResourceContents(part, whole.mime_type) for part in (beginning, note)]
