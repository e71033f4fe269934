"""Rules about what notes say and how long it holds: texts to values. Pure: they change nothing and read no clock."""
