"""Finding a word in whatever Memwell keeps, packed or not."""

import zlib
from contextlib import suppress
from pathlib import Path

from vault_engine.journal.pack import Record, content, read_pack, walk


def texts_of(file: Path) -> list[bytes]:
    """Give what a file holds, as it is and as what it may have packed."""
    data = file.read_bytes()
    found = [data]
    if file.suffix == ".pack":
        parts = [part for part in walk(read_pack(file)) if isinstance(part, Record)]
        found += [content(part, data) or b"" for part in parts]
    with suppress(zlib.error):
        found.append(zlib.decompress(data))
    return found


def files_with(word: str, *folders: Path) -> list[str]:
    """List the files that give a word away, in any form."""
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return [str(file) for file in files if any(word.encode() in text.lower() for text in texts_of(file))]
