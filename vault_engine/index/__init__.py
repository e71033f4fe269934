"""All that is derived from the notes and may be deleted: catalogue, postings, embeddings, graph."""
