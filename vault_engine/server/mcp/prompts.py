"""Prompts that a person picks in a client: what they ask of the agent, in words that name our tools."""

from collections.abc import Callable
from typing import Annotated

from mcp.server import MCPServer
from pydantic import Field

Topic = Annotated[str, Field(description="what it is about; leave it out for all of it", max_length=500)]


def save_what_we_learned(topic: Topic = "") -> str:
    """Keep what this conversation has settled."""
    about = f" about {topic}" if topic else ""
    return (
        f"Go through this conversation and keep what will matter later{about}: decisions with their reasons,"
        " preferences, facts, corrections of earlier beliefs, what is still open. For each, call recall first: if a"
        " note says it already, leave it; if a note is out of date, change it with edit_note or replace it with"
        " remember and the same category and key. Otherwise call remember with a title, a type and a category, one"
        " note for one thing, and link notes that belong together. Keep no secrets and no small talk. Then list what"
        " you have kept, with paths."
    )


def brief_me(topic: Topic = "") -> str:
    """Say what is known before a task."""
    about = topic or "what I am working on"
    return (
        f"Brief me on {about} from memory: call context, then recall for what is missing, and read_note where an"
        " excerpt is not enough. Say what was decided and why, what is open, and what contradicts itself, in at most"
        " fifteen lines, each with the path of the note it comes from. Say so where memory has nothing."
    )


def clean_up(topic: Topic = "") -> str:
    """Find what is out of date, double or contradictory in memory."""
    about = f" about {topic}" if topic else ""
    return (
        f"Look through the notes{about} with recall and read_note for what is said twice, contradicts something else"
        " or no longer holds. List what you would merge, correct, link or forget, each with its path and your reason,"
        " and wait for my answer before you change anything. Then use edit_note, link and forget; never leave out"
        " what only one of two notes says."
    )


PROMPTS: tuple[Callable[..., str], ...] = (save_what_we_learned, brief_me, clean_up)


def add_prompts(server: MCPServer) -> None:
    """Have a server offer them."""
    for prompt in PROMPTS:
        server.prompt(description=prompt.__doc__)(prompt)
