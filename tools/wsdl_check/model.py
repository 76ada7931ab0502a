"""What both sides of the comparison are brought to."""
from typing import NamedTuple, Optional


class Field(NamedTuple):
    name: str
    type: str  # without prefix; "xs:" before the built-in types
    is_array: bool
    is_optional: bool
    is_late: bool = False

    def occurs(self):
        return {(False, False): "required", (False, True): "optional", (True, False): "list, at least one", (True, True): "list"}[self.is_array, self.is_optional]


class DataType(NamedTuple):
    name: str
    base: Optional[str]
    fields: list


class Operation(NamedTuple):
    name: str
    parameters: list
    result: Optional[Field]


class Schema:
    """Types, enumerations, operations and managed objects by name. A judge may look its entries up only when asked."""

    def __init__(self):
        self.types = {}
        self.enums = {}
        self.operations = {}
        self.managed = {}
        self.internal = set()  # names that no public schema has
