"""What a link says of how its note and its target are related."""

from vault_engine.note.body import typed_relations
from vault_engine.note.logseq.page import property_of_line
from vault_engine.note.logseq.properties import property_name
from vault_engine.note.model import Note, Profile


def relations(note: Note, profile: Profile) -> dict[int, str]:
    """Give the relations of a note's links by where the links begin; a plain link has none.

    The name of the property in whose value a link stands, or the word in parentheses behind a link in the list under
    ``## Links``; in Logseq, which has no such list, the names of properties only.
    """
    if profile is Profile.LOGSEQ:
        by_line = {
            link.line: property_name(link.key) if link.key else property_of_line(note.text, link.start)
            for link in reversed(note.links)
        }
        return {link.start: name for link in note.links if (name := by_line[link.line])}
    names = {link.start: _property_of(link.key, note) for link in note.links if link.key is not None}
    return names | typed_relations(note)


def _property_of(key: str, note: Note) -> str:
    """The property's name from where in the frontmatter a value stands: ``up.0``; a name may hold dots itself."""
    possible = (name for name in note.properties if key == name or key.startswith(f"{name}."))
    return max(possible, key=len, default=key)
