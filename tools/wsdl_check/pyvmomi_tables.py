"""pyVmomi's type tables as a schema. Types are looked up when asked for: loading all of them takes seconds."""
from model import DataType, Field, Operation

from pyVmomi import VmomiSupport as vmomi

VIM25 = vmomi.XMLNS_VMODL_BASE
LEGACY = "vim.version.legacy"
# Elements of that version are outside every numbered dialect, so the wire of 6.7.1 does not have them.
DYNAMIC_DATA = {"dynamicType", "dynamicProperty"}
# Oldest first. The property collector's own versions came with vim.version.version1 and vim.version.version5.
VERSIONS = [
    "vmodl.version.version0", "vmodl.version.version1", "vmodl.query.version.version1", LEGACY, "vim.version.version1", "vim.version.version2",
    "vim.version.version3", "vim.version.version4", "vmodl.query.version.version3", "vim.version.version5", "vim.version.version6",
    "vim.version.version7", "vim.version.version8", "vim.version.version9", "vim.version.version10", "vim.version.version11",
    "vim.version.version12", "vim.version.version13"]


class PyVmomiTables:
    def __init__(self):
        self.types = Lookup(data_type)
        self.enums = Lookup(enumeration)
        self.operations = Lookup(operation)
        self.managed = Lookup(managed_type)


class Lookup:
    def __init__(self, find):
        self._find = find

    def get(self, name):
        try:
            return self._find(name)
        except KeyError:
            return None


def data_type(name):
    if name == "LocalizedMethodFault":
        # Declared for (de)serialization only; its table names the fault itself as base.
        return DataType(name, "DynamicData", [Field("fault", "MethodFault", False, False), Field("localizedMessage", "xs:string", False, True)])
    found = vmomi.GetWsdlType(VIM25, name)
    if not issubclass(found, (vmomi.DataObject, vmomi.types.vmodl.MethodFault)):
        raise KeyError(name)
    hidden = DYNAMIC_DATA if name == "DynamicData" else {"msg"} if name == "MethodFault" else set()
    fields = [field(info, found._version) for info in found._propList if info.name not in hidden and info.version != LEGACY]
    return DataType(name, base_name(found), fields)


def base_name(found):
    name = found.__bases__[0]._wsdlName
    return None if name in ("DataObject", "ManagedObject") else name


def enumeration(name):
    found = vmomi.GetWsdlType(VIM25, name)
    if not issubclass(found, vmomi.Enum):
        raise KeyError(name)
    return [value for value in vars(found) if not value.startswith("_") and value != "values" and value != "Array"]


def operation(name):
    info = vmomi.GetWsdlMethod(VIM25, name).info
    # A task's flags tell about what the task gives in the end; the call itself always gives the task.
    flags = 0 if info.wsdlName.endswith("_Task") else info.resultFlags
    result = None if info.result is vmomi.NoneType else field_of("returnval", info.result, flags, False)
    return Operation(name, [field(parameter, None) for parameter in info.params if parameter.version != LEGACY], result)


def managed_type(name):
    found = vmomi.GetWsdlType(VIM25, name)
    if not issubclass(found, vmomi.ManagedObject):
        raise KeyError(name)
    return DataType(name, base_name(found), [field(info, None) for info in found._propList if info.version != LEGACY])


def field(info, type_version):
    is_optional = bool(info.flags & vmomi.F_OPTIONAL)
    is_late = type_version is not None and not is_optional and VERSIONS.index(info.version) > VERSIONS.index(type_version)
    return field_of(info.name, info.type, info.flags, is_late)


def field_of(name, type_, flags, is_late):
    is_array = issubclass(type_, list)
    return Field(name, wire_name(type_.Item if is_array else type_), is_array, bool(flags & vmomi.F_OPTIONAL), is_late)


def wire_name(type_):
    """How an element of this type is declared on the wire."""
    if type_ in (type, vmomi.ManagedMethod, vmomi.PropertyPath, vmomi.Link):
        return "xs:string"
    if issubclass(type_, vmomi.ManagedObject):
        return "ManagedObjectReference"
    if issubclass(type_, Exception):
        return "LocalizedMethodFault"
    namespace, name = vmomi.GetQualifiedWsdlName(type_)
    return "xs:" + name if namespace == vmomi.XMLNS_XSD else name
