"""Getting the text out of a document, in a process of its own: a hostile file costs that process and nothing else.

Started by its path as ``document_reader.py KIND MAX_BYTES``: the document comes in on stdin, a JSON object goes out
with ``title`` and ``text``, or with ``problem``. Imports nothing of ours.
"""

import codecs
import io
import json
import re
import sys
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser
from xml.parsers import expat

_MEMORY_BYTES = 2 << 30
_CPU_S = 60
_MAX_PAGES = 5000
_MAX_XML_BYTES = 64 << 20  # of a part of a docx, unpacked
_DOCUMENT, _PROPERTIES = "word/document.xml", "docProps/core.xml"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_TITLE = "http://purl.org/dc/elements/1.1/ title"
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "main",
        "nav",
        "ol",
        "p",
        "section",
        "table",
        "ul",
    ]
)
_SILENT = frozenset(
    ["script", "style", "noscript", "template", "svg", "math", "iframe", "object", "select", "textarea"]
)
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_CELL = " | "


class Unreadable(Exception):
    """There is no text to be had; the words say why."""


class Document:
    """The text of a document as it comes, in blocks of Markdown."""

    def __init__(self, max_bytes: int) -> None:
        self.title = ""
        self._max_bytes, self._size = max_bytes, 0
        self._blocks: list[str] = []

    def add(self, block: str) -> None:
        """Add a block; nothing where it is blank.

        Raises:
            Unreadable: that is more than there may be.
        """
        block = block.strip()
        if block:
            self._size += len(block.encode("utf-8", "replace")) + 2
            if self._size > self._max_bytes:
                raise Unreadable(f"it holds more than {self._max_bytes >> 20} MiB of text; split it")
            self._blocks.append(block)

    def text(self) -> str:
        """Give all of it, a blank line between blocks, items of a list together."""
        parts: list[str] = []
        for before, block in zip(["", *self._blocks], self._blocks, strict=False):
            is_list = before.startswith("- ") and block.startswith("- ")
            parts.append(f"{'' if not before else chr(10) if is_list else chr(10) * 2}{block}")
        return "".join(parts)


def read_html(data: bytes, document: Document) -> None:
    """Read a web page; scripts, styles and forms say nothing."""
    page = _Page(document)
    try:
        page.feed(_decoded_html(data))
        page.close()
    except AssertionError:  # the library's, over declarations that are none
        raise Unreadable("it is damaged, or no web page") from None
    page.end_block()


def _decoded_html(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    data = data.removeprefix(codecs.BOM_UTF8)
    declared = _CHARSET.search(data[:4096])
    name = declared[1].decode() if declared else "utf-8"
    try:
        text = data.decode(name)
    except (LookupError, UnicodeError):
        raise Unreadable(f"it is not the {name} text that it should be") from None
    if not isinstance(text, str) or "\0" in text:
        raise Unreadable("it is no web page")
    return text


class _Page(HTMLParser):
    """A web page as it is read."""

    def __init__(self, document: Document) -> None:
        super().__init__(convert_charrefs=True)
        self._document = document
        self._words: list[str] = []
        self._prefix = ""
        self._silent = ""  # the element in which nothing counts
        self._depth = 0  # of elements of that name in one another
        self._is_title = self._is_pre = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the class's
        """Begin an element."""
        if self._silent:
            self._depth += tag == self._silent
        elif tag in _SILENT:
            self._silent, self._depth = tag, 1
        elif tag == "title":
            self._is_title = True
        elif tag in _HEADINGS:
            self._begin(f"{_HEADINGS[tag]} ")
        elif tag == "li":
            self._begin("- ")
        elif tag == "br":
            self._words.append("\n")
        elif tag == "pre":
            self._begin("")
            self._is_pre = True
        elif tag in ("td", "th"):
            self._words.append(_CELL if "".join(self._words).strip() else "")
        elif tag == "tr" or tag in _BLOCKS:
            self._begin("")

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        if self._silent:
            self._depth -= tag == self._silent
            self._silent = self._silent if self._depth else ""
        elif tag == "title":
            self._is_title = False
        elif tag == "pre" or tag in _HEADINGS or tag in _BLOCKS or tag in ("li", "tr"):
            self.end_block()

    def handle_data(self, data: str) -> None:
        """Take in text."""
        if self._silent:
            return
        if self._is_title:
            self._document.title += data[:500]
        else:
            self._words.append(data if self._is_pre else re.sub(r"\s+", " ", data))

    def end_block(self) -> None:
        """Let what was read be a block."""
        text = "".join(self._words)
        if self._is_pre and text.strip():
            fence = _fence(text)
            self._document.add(f"{fence}\n{text.strip(chr(10))}\n{fence}")
        elif text.strip():
            lines = (" ".join(line.split()) for line in text.split("\n"))
            self._document.add(self._prefix + "\n".join(lines).strip())
        self._words, self._prefix, self._is_pre = [], "", False

    def _begin(self, prefix: str) -> None:
        self.end_block()
        self._prefix = prefix


def _fence(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(3, longest + 1)


def read_docx(data: bytes, document: Document) -> None:
    """Read a Word document: paragraphs, headings, lists, tables; deleted text and comments are left out."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if _DOCUMENT not in names:
                raise Unreadable("it is no Word document")
            if _PROPERTIES in names:
                _Properties(document).read(_part(archive, _PROPERTIES))
            _Word(document).read(_part(archive, _DOCUMENT))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, expat.ExpatError) as error:
        raise Unreadable(f"it is damaged, encrypted, or no Word document: {error}") from None


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """Unpack one part, and no more of it than there may be, whatever its entry says."""
    with archive.open(name) as part:
        data = part.read(_MAX_XML_BYTES + 1)
    if len(data) > _MAX_XML_BYTES:
        raise Unreadable(f"{name} in it unpacks to more than {_MAX_XML_BYTES >> 20} MiB")
    return data


class _Xml:
    """A part of a docx as it is read, element by element."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def read(self, data: bytes) -> None:
        """Read the whole part."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        parser.Parse(data, True)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""

    def end(self, name: str) -> None:
        """End an element."""

    def characters(self, text: str) -> None:
        """Take in text."""

    def _refuse(self, *_: object) -> None:
        raise Unreadable("it declares entities, which no Word document does")


class _Properties(_Xml):
    """What a docx says of itself."""

    _is_title = False

    def start(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002 - the class's
        self._is_title = name == _TITLE

    def end(self, name: str) -> None:  # noqa: ARG002 - the class's
        self._is_title = False

    def characters(self, text: str) -> None:
        self.document.title += text[:500] if self._is_title else ""


class _Word(_Xml):
    """The text of a docx."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._words: list[str] = []
        self._prefix = ""
        self._is_text = False
        self._rows: list[list[str]] = []  # of the tables that are open, the innermost last: the cells of its row

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name.removeprefix(_WORD):
            case "t":
                self._is_text = True
            case "tab":
                self._words.append("\t")
            case "br" | "cr":
                self._words.append("\n")
            case "numPr":
                self._prefix = self._prefix or "- "
            case "pStyle":
                self._prefix = _prefix_of(attributes.get(f"{_WORD}val", "")) or self._prefix
            case "tr":
                self._rows.append([])
            case "tc" if self._rows:
                self._rows[-1].append("")

    def end(self, name: str) -> None:
        match name.removeprefix(_WORD):
            case "t":
                self._is_text = False
            case "p":
                self._end_paragraph()
            case "tr" if self._rows:
                self._add(_CELL.join(cell.strip() for cell in self._rows.pop()))

    def characters(self, text: str) -> None:
        if self._is_text:
            self._words.append(text)

    def _end_paragraph(self) -> None:
        text = "".join(self._words).strip()
        self._add(self._prefix + text if text and not self._rows else text)
        self._words, self._prefix = [], ""

    def _add(self, text: str) -> None:
        """Add a block to the cell that is open, or to the document."""
        if self._rows:
            cells = self._rows[-1] or [""]
            cells[-1] += f" {' '.join(text.split())}"
            self._rows[-1] = cells
        else:
            self.document.add(text)


def _prefix_of(style: str) -> str:
    if style == "Title":
        return "# "
    heading = re.fullmatch(r"[Hh]eading([1-6])", style)
    return f"{'#' * int(heading[1])} " if heading else "- " if style.startswith("List") else ""


def read_pdf(data: bytes, document: Document) -> None:
    """Read the text of a PDF, page by page."""
    import pypdf

    try:
        pdf = pypdf.PdfReader(io.BytesIO(data))
        if pdf.is_encrypted and not pdf.decrypt(""):
            raise Unreadable("it needs a password")
        if len(pdf.pages) > _MAX_PAGES:
            raise Unreadable(f"it has more than {_MAX_PAGES:,} pages; split it")
        for page in pdf.pages:
            document.add(page.extract_text())
        document.title = str((pdf.metadata and pdf.metadata.title) or "")[:500]
    except Unreadable:
        raise
    except Exception as error:  # noqa: BLE001 - what the library raises over a damaged file may be anything
        raise Unreadable(f"it is damaged, or no PDF ({type(error).__name__})") from None


_READERS: dict[str, Callable[[bytes, Document], None]] = {"html": read_html, "docx": read_docx, "pdf": read_pdf}


def read(kind: str, data: bytes, max_bytes: int) -> dict[str, str]:
    """Give ``title`` and ``text`` of a document, or its ``problem``.

    Args:
        kind: html, docx or pdf.
        data: the whole file.
        max_bytes: that its text may have.
    """
    document = Document(max_bytes)
    try:
        _READERS[kind](data, document)
        text = document.text()
    except Unreadable as error:
        return {"problem": str(error)}
    if not text:
        scanned = "; pages that are pictures need a program that reads these" if kind == "pdf" else ""
        return {"problem": f"there is no text in it{scanned}"}
    return {"title": document.title, "text": text}


def _limit() -> None:
    """Let this process have no more memory and time than a sensible document needs, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for what, most in ((resource.RLIMIT_AS, _MEMORY_BYTES), (resource.RLIMIT_CPU, _CPU_S)):
        try:
            resource.setrlimit(what, (most, most))
        except (OSError, ValueError):  # less is allowed already
            continue


if __name__ == "__main__":
    _limit()
    try:
        answer = read(sys.argv[1], sys.stdin.buffer.read(), int(sys.argv[2]))
    except (MemoryError, RecursionError):
        answer = {"problem": "to read it takes more memory than it may"}
    sys.stdout.write(json.dumps(answer))
