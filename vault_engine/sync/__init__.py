"""People, editors and other programs beside us in the same folder."""
