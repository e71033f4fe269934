"""The command line of Memwell: parses, calls one verb of the engine, prints."""
