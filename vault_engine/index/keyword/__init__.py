"""The keyword index: text to terms, terms to postings, postings to BM25F scores."""
