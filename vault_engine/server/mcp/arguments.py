"""The arguments that several tools take, each with its bounds; a client sees these in the schema."""

from typing import Annotated, Literal

from pydantic import Field

from vault_engine.engine import MAX_FIELD_CHARS, MAX_LIST_ITEMS

Ref = Annotated[str, Field(max_length=1000, description="path, id, category/key or name")]
Name = Annotated[str | None, Field(max_length=200)]
Line = Annotated[str, Field(max_length=MAX_FIELD_CHARS)]
Tags = Annotated[list[Line] | None, Field(max_length=MAX_LIST_ITEMS, description="without '#'")]
Headings = Annotated[list[Line] | None, Field(max_length=10, description="headings of the section, outermost first")]
Sha256 = Annotated[str | None, Field(max_length=64, description="sha256 as you read it")]
Entry = Annotated[str | None, Field(max_length=100, description="id of a journal entry")]
Reason = Annotated[str, Field(max_length=1000, description="for the journal")]
Moment = Annotated[str | None, Field(max_length=100, description="a time such as 2026-05-01, yesterday, 3 days ago")]
Direction = Literal["both", "out", "in"]
Relations = Annotated[list[Line] | None, Field(max_length=MAX_LIST_ITEMS, description="only links of these relations")]
Limit = Annotated[int, Field(ge=1, le=1000)]
