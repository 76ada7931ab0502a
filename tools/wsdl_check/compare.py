"""The rules. Each difference is one line that names the type or operation and the element."""
# Elements whose optionality VMware changed in a later version: (type, element) and what a full WSDL may say instead of ours.
RELAXED = {
    ("NoPermission", "object"): "optional",  # required up to 7.0
    ("NoPermission", "privilegeId"): "optional",  # required up to 7.0
    ("VirtualMachineAffinityInfo", "affinitySet"): "list, at least one",  # VMware's files never allowed none, its tables do
}


def compare(ours, judge, against_tables):
    written = None if against_tables else types_in_requests(ours)
    for name, type_ in sorted(ours.types.items()):
        if name not in ours.internal:
            must_hold_required = written is None or name in written
            yield from compare_type("type", type_, judge.types.get(name), against_tables, must_hold_required)
    for name, values in sorted(ours.enums.items()):
        known = judge.enums.get(name)
        if known is None:
            yield f"enumeration {name}: unknown to the judge"
        else:
            yield from (f"enumeration {name}: value '{value}' is unknown to the judge" for value in values if value not in known)
    for name, operation in sorted(ours.operations.items()):
        if name not in ours.internal:
            yield from compare_operation(operation, judge.operations.get(name), against_tables)
    if against_tables:
        for name, type_ in sorted(ours.managed.items()):
            yield from compare_type("managed object", type_, judge.managed.get(name), against_tables, False)


def compare_type(kind, ours, theirs, against_tables, must_hold_required):
    where = f"{kind} {ours.name}"
    if theirs is None:
        yield f"{where}: unknown to the judge"
        return
    if wire_base(ours) != wire_base(theirs):
        yield f"{where}: extends {ours.base}, should extend {theirs.base}"
    yield from compare_fields(where, ours.name, ours.fields, theirs.fields, against_tables, must_hold_required)


def wire_base(type_):
    """DynamicData has no elements: to extend it or nothing is the same on the wire."""
    return None if type_.base == "DynamicData" else type_.base


def compare_operation(ours, theirs, against_tables):
    where = f"operation {ours.name}"
    if theirs is None:
        yield f"{where}: unknown to the judge"
        return
    yield from compare_fields(where, ours.name, ours.parameters, theirs.parameters, against_tables, True)
    if (ours.result is None) != (theirs.result is None):
        yield f"{where}: {'returns nothing' if ours.result is None else 'returns ' + ours.result.type}, should {'return nothing' if theirs.result is None else 'return ' + theirs.result.type}"
    elif ours.result is not None:
        yield from compare_field(where, ours.name, ours.result, theirs.result, against_tables)


def compare_fields(where, owner, ours, theirs, against_tables, must_hold_required):
    order = {field.name: at for at, field in enumerate(theirs)}
    last = None
    for field in ours:
        if field.name not in order:
            yield f"{where}: '{field.name}' is unknown to the judge"
            continue
        if last is not None and order[field.name] < order[last]:
            yield f"{where}: '{field.name}' must come before '{last}'"
        else:
            last = field.name
        yield from compare_field(where, owner, field, theirs[order[field.name]], against_tables)
    if must_hold_required:
        names = {field.name for field in ours}
        yield from (f"{where}: the required '{field.name}' is missing" for field in theirs if field.name not in names and not field.is_optional)


def compare_field(where, owner, ours, theirs, against_tables):
    if ours.type != theirs.type:
        yield f"{where}: '{ours.name}' is {ours.type}, should be {theirs.type}"
    if ours.is_array != theirs.is_array or (ours.is_optional != theirs.is_optional and not may_differ(owner, ours, theirs, against_tables)):
        yield f"{where}: '{ours.name}' is {ours.occurs()}, should be {theirs.occurs()}"
    if against_tables and ours.is_late != theirs.is_late:
        yield f"{where}: '{ours.name}' must {'' if theirs.is_late else 'not '}be marked late"


def may_differ(owner, ours, theirs, against_tables):
    return not against_tables and (ours.is_late or RELAXED.get((owner, ours.name)) == theirs.occurs())


def types_in_requests(schema):
    """Every data type that a request can hold, with what extends it: it may stand wherever its base may."""
    derived = {}
    for type_ in schema.types.values():
        derived.setdefault(type_.base, []).append(type_.name)
    waiting = [field.type for operation in schema.operations.values() for field in operation.parameters]
    found = set()
    while waiting:
        type_ = schema.types.get(waiting.pop())
        if type_ is not None and type_.name not in found:
            found.add(type_.name)
            waiting += [field.type for field in type_.fields] + derived.get(type_.name, []) + [type_.base]
    return found
