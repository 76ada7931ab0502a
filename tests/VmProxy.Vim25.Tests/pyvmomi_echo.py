"""Reads values as pyVmomi reads an answer and writes them as pyVmomi writes a request.

In: XML documents with an xsi:type, one a line. Out: one line each, the value as pyVmomi serializes it, or "error: " and what it said.
"""
import sys

from pyVmomi import SoapAdapter, VmomiSupport

VERSION = "vim.version.version13"
INFO = VmomiSupport.Object(name="value", type=object, version=VERSION, flags=0)
NAMESPACES = '<root xmlns="urn:vim25" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">%s</root>'

# The schema of the wire knows references, not which managed type each must name; that is not what is judged here.
check = VmomiSupport.CheckField
VmomiSupport.CheckField = lambda info, value: None if isinstance(value, VmomiSupport.ManagedObject) else check(info, value)

for line in sys.stdin:
    try:
        value = SoapAdapter.Deserialize(line.strip().encode("utf-8"), object)
        print(NAMESPACES % SoapAdapter.SerializeToUnicode(value, INFO, VERSION, SoapAdapter.SOAP_NSMAP).replace("\n", "&#10;"))
    except Exception as error:  # Whatever the judge says is for the test to show.
        print("error: %s: %s" % (type(error).__name__, str(error).replace("\n", " ")))
