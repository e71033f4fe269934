"""One module a noun; the everyday verbs have one each."""
