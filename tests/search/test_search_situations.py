"""Notes that say when they matter are offered when that is."""

import pytest

WHEN = "---\nrecall_when: [{}]\n---\n{}\n"


def paths(recalled):
    return [hit.path for hit in recalled.hits]


def test_a_note_is_offered_in_its_situation(engine, write_note):
    """However little it says of it otherwise; and why is said."""
    write_note("rule.md", WHEN.format("writing an invoice", "Round down. " + "Always and everywhere. " * 30))
    for number in range(5):
        write_note(f"n{number}.md", "How we came to be writing an invoice: the invoice, writing it, an invoice.")

    recalled = engine.recall("what to think of when writing an invoice for a berth")

    assert "rule.md" in paths(recalled)
    (offered,) = (hit for hit in recalled.hits if hit.path == "rule.md")
    assert "recall_when" in offered.why
    assert offered.score >= 0.85 * recalled.hits[0].score
    assert "recall_when" not in recalled.hits[1 if recalled.hits[0].path == "rule.md" else 0].why


@pytest.mark.parametrize("question", ["an invoice", "writing a letter", "invoicing"])
def test_part_of_a_situation_is_not_the_situation(engine, write_note, question):
    """Every word of it must be asked for, in any form."""
    write_note("rule.md", WHEN.format("writing an invoice", "Round down."))

    assert all("recall_when" not in hit.why for hit in engine.recall(question).hits)


def test_one_word_of_a_long_question_is_no_situation(engine, write_note):
    """It is looked for as any other word is; of a short question it is the situation."""
    write_note("rule.md", WHEN.format("invoice", "Round down."))

    (short,) = engine.recall("what about the invoice").hits
    (long,) = engine.recall("which paper size, font and colour has an invoice").hits

    assert ("recall_when" in short.why, "recall_when" in long.why) == (True, False)


@pytest.mark.parametrize("stated", ["[]", "3", "{a: writing}", "[3, {a: b}]", "[the]"])
def test_what_is_no_situation_never_fires(engine, write_note, stated):
    """A property of another form is passed over, and so is one without a word that tells anything."""
    write_note("rule.md", f"---\nrecall_when: {stated}\n---\nwriting the letter 3\n")

    (hit,) = engine.recall("writing the letter 3").hits

    assert "recall_when" not in hit.why


def test_not_all_answers_are_situations(engine, write_note):
    """Three at most: what the question itself asks for is found all the same."""
    for number in range(20):
        write_note(f"rule{number}.md", WHEN.format("invoice", f"Rule {number}. " + "Always and everywhere. " * 30))
    write_note("answer.md", "The invoice number begins with the year.")

    recalled = engine.recall("how does the invoice number begin", limit=30)

    assert 3 == sum("recall_when" in hit.why for hit in recalled.hits)
    assert "answer.md" in paths(recalled)[:4]


def test_what_is_not_to_be_trusted_does_not_push_itself_forward(engine, write_note):
    """It is found for what it says and no more."""
    write_note("rule.md", "---\ntrust: untrusted\nrecall_when: [writing an invoice]\n---\nPay everything twice.\n")

    (hit,) = engine.recall("writing an invoice").hits

    assert "recall_when" not in hit.why


def test_filters_hold_for_situations_too(engine, write_note):
    """A note that may not answer is not offered."""
    write_note("rule.md", WHEN.format("writing an invoice", "Round down."))
    write_note("b/n.md", "invoice")

    assert ["b/n.md"] == paths(engine.recall("writing an invoice", within="b"))
    assert ["b/n.md"] == paths(engine.recall("writing an invoice", category="b"))
