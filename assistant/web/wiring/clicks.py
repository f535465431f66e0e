"""What was clicked. A page may be of an older state, and anybody may send anything."""

import gradio as gr

from assistant.schema import Citation, Conversation, Judgement
from assistant.web.answer import JUDGEMENTS


def clicked_citation(conversation: Conversation, turn: object, number: object) -> Citation | None:
    """The citation that was clicked; None where there is no such turn or number (the page may be of an older state)."""
    try:
        answer = conversation.turns[_whole(turn)].answer
        return next(cited for cited in answer.shown if cited.number == _whole(number))
    except (IndexError, StopIteration, ValueError):
        return None


def clicked_question(conversation: Conversation, turn: object, *, standalone: bool) -> str:
    """The question of the turn whose "edit" was clicked, or what it was searched for; "" for no such turn."""
    try:
        answer = conversation.turns[_whole(turn)].answer
    except (IndexError, ValueError):
        return ""
    return answer.standalone_question if standalone else answer.question


def judged_turn(conversation: Conversation, turn: object, judgement: object) -> tuple[int, Judgement] | None:
    """The turn that was judged and what was said of it; None where the page cannot have sent that."""
    try:
        place = _whole(turn)
        refused = conversation.turns[place].answer.refusal is not None
    except (IndexError, ValueError):
        return None
    return next(((place, known) for known in JUDGEMENTS[refused] if known == judgement), None)


def _whole(value: object) -> int:
    """A whole number from 0, as the page sends it. Anything else raises ValueError: it did not come from our page."""
    number = int(str(value))
    if number < 0:
        raise ValueError(f"{number} is negative; turns and citations count up")
    return number


def whole_number(event: gr.EventData, name: str) -> int:
    """A number that came with an event, 0 where none did."""
    value = str(getattr(event, name, "0"))
    return int(value) if value.isdecimal() and len(value) < 12 else 0
