"""Documents of each kind, made of their texts."""

import io
import zipfile

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def paragraph(text: str, properties: str = "") -> str:
    """Write a paragraph of a Word document."""
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def docx(body: str, *, before: str = "", **parts: str) -> bytes:
    """Make a Word document."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"{before}<w:document {WORD}><w:body>{body}</w:body></w:document>")
        for name, part in parts.items():
            archive.writestr(name, part)
    return made.getvalue()


def pdf(*pages: str) -> bytes:
    """Make a PDF of one line a page."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 10 50 Td ({text}) Tj ET".encode()
        objects += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
            % (5 + 2 * number),
            b"<</Length %d>>stream\n%b\nendstream" % (len(stream), stream),
        ]
    out, offsets = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count, start = len(objects) + 1, len(out)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        count,
        table,
        count,
        start,
    )
