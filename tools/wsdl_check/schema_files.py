"""Reads a folder of WSDL and XSD files: ours, or VMware's."""
import glob
import os
import xml.etree.ElementTree as ElementTree

from model import DataType, Field, Operation, Schema

XS = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
OWN = "{urn:vmproxy:wsdl}"
INTERNAL = "vim25-internal."
VIM25 = "urn:vim25"
ELSEWHERE = "elsewhere:"


class SchemaError(Exception):
    pass


def read_folder(folder):
    files = sorted(glob.glob(os.path.join(folder, "*.wsdl")) + glob.glob(os.path.join(folder, "*.xsd")))
    if not any(name.endswith(".wsdl") for name in files):
        raise SchemaError(f"no *.wsdl file in {folder}")
    schema = Schema()
    complex_types, elements, operations = {}, {}, []
    for path in files:
        root = parse(path)
        for part in (part for part in root.iter(XS + "schema") if part.get("targetNamespace") == VIM25):
            for element in part.findall(XS + "complexType"):
                complex_types[element.get("name")] = data_type(element)
            for element in part.findall(XS + "simpleType"):
                schema.enums[element.get("name")] = [value.get("value") for value in element.iter(XS + "enumeration")]
            for element in part.findall(XS + "element"):
                elements[element.get("name")] = element
        found = list(read_operations(root, os.path.basename(path)))
        operations += found
        if os.path.basename(path).startswith(INTERNAL):
            schema.internal.update(name for name, _, _ in found)
            schema.internal.update(element.get("name") for element in root.iter(XS + "complexType"))
    for name, request, response in operations:
        schema.operations[name] = operation(name, request, response, elements, complex_types)
    requests = {bare(elements[request].get("type")) for _, request, _ in operations}
    for name, type_ in complex_types.items():
        if name not in requests and name != "ManagedObjectReference" and not name.startswith("ArrayOf"):
            schema.types[name] = type_
    schema.managed = dict(managed_types(folder))
    return schema


def parse(path):
    """The root, its prefixes resolved: of types "xs:" for XML Schema and none for the rest, of messages none for vim25."""
    prefixes, root = {}, None
    try:
        for event, item in ElementTree.iterparse(path, events=("start", "start-ns")):
            if event == "start-ns":
                prefixes[item[0]] = item[1]
            else:
                root = item if root is None else root
                for attribute in ("type", "base"):
                    if attribute in item.attrib and item.tag.startswith(XS):
                        prefix, _, name = item.attrib[attribute].rpartition(":")
                        item.attrib[attribute] = ("xs:" if prefixes.get(prefix) == XS[1:-1] else "") + name
                if item.tag == WSDL + "part" and "element" in item.attrib:
                    prefix, _, name = item.attrib["element"].rpartition(":")
                    item.attrib["element"] = ("" if prefixes.get(prefix) == VIM25 else ELSEWHERE) + name
    except ElementTree.ParseError as error:
        raise SchemaError(f"{path}: {error}") from error
    return root


def bare(name):
    return name.rpartition(":")[2]


def data_type(element):
    extension = element.find(f"{XS}complexContent/{XS}extension")
    base = extension.get("base") if extension is not None else None
    sequence = (extension if extension is not None else element).find(XS + "sequence")
    return DataType(element.get("name"), base, [field(child) for child in sequence] if sequence is not None else [])


def field(element):
    return Field(
        element.get("name"), element.get("type"), element.get("maxOccurs", "1") != "1", element.get("minOccurs") == "0",
        element.get(OWN + "late") == "true")


def read_operations(root, file_name):
    messages = {
        message.get("name"): part.get("element")
        for message in root.iter(WSDL + "message") for part in message.findall(WSDL + "part") if part.get("element")}
    for element in root.findall(f"{WSDL}portType/{WSDL}operation"):
        ends = [element.find(WSDL + end) for end in ("input", "output")]
        if None in ends:
            raise SchemaError(f"{file_name}: operation {element.get('name')} lacks input or output")
        request, response = (messages.get(bare(end.get("message")), ELSEWHERE) for end in ends)
        if not request.startswith(ELSEWHERE):
            yield element.get("name"), request, response


def operation(name, request, response, elements, complex_types):
    if request not in elements or bare(elements[request].get("type") or "") not in complex_types:
        raise SchemaError(f"operation {name}: the type of its request '{request}' is missing")
    if response not in elements:
        raise SchemaError(f"operation {name}: its response '{response}' is missing")
    parameters = complex_types[bare(elements[request].get("type"))].fields
    results = [field(element) for element in elements[response].iter(XS + "element") if element.get("name") == "returnval"]
    return Operation(name, [parameter for parameter in parameters if parameter.name != "_this"], results[0] if results else None)


def managed_types(folder):
    for path in glob.glob(os.path.join(folder, "*-managed.xml")):
        for element in parse(path).findall(OWN + "managedObject"):
            fields = [
                Field(item.get("name"), managed_type_name(item.get("type")), item.get("array") == "true", item.get("optional") == "true")
                for item in element.findall(OWN + "property")]
            yield element.get("name"), DataType(element.get("name"), element.get("base"), fields)


def managed_type_name(name):
    built_in = {"string", "boolean", "byte", "short", "int", "long", "float", "double", "dateTime", "anyURI", "base64Binary", "anyType"}
    return "xs:" + name if name in built_in else name
