#!/usr/bin/python3
"""Compares wsdl/ with a judge: the tables of pyVmomi, or a full vim25 WSDL.

  tools/wsdl_check.py               against Debian's python3-pyvmomi (dialect 6.7.1)
  tools/wsdl_check.py --wsdl DIR    against the *.wsdl and *.xsd files of VMware's SDK in DIR

Prints one line for each difference and exits with 1 when there is any, with 2 when it cannot compare.

What must agree: base types; order, type, list or not, and optionality of every element; parameters and results of every operation;
values of enumerations and, against pyVmomi, properties of managed objects. wsdl/ may leave out optional elements and enumeration
values. It may leave out a required element only where nothing that we write in a request can hold it, and only against a full WSDL.

Optionality. The tables say what the server always sends; VMware's schema files say minOccurs="0" also for an element that is younger
than its type, since older servers lack it. Such an element is required here and marked vmproxy:late="true". So against pyVmomi
optionality must be equal, and the mark must stand exactly where the tables date the element after its type. Against a full WSDL a
marked element may be either; of the others only those in RELAXED may differ, each in the direction given there.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "wsdl_check"))

from compare import compare  # noqa: E402
from schema_files import SchemaError, read_folder  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description="Compares wsdl/ with pyVmomi's tables or with a full vim25 WSDL.")
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--ours", default=os.path.join(os.path.dirname(here), "wsdl"), help="folder of our schema (default: wsdl/)")
    parser.add_argument("--wsdl", metavar="DIR", help="folder of a full vim25 WSDL; without it pyVmomi is the judge")
    arguments = parser.parse_args()
    try:
        ours = read_folder(arguments.ours)
        if arguments.wsdl:
            judge = read_folder(arguments.wsdl)
        else:
            from pyvmomi_tables import PyVmomiTables
            judge = PyVmomiTables()
    except (SchemaError, ImportError, OSError) as error:
        print(f"wsdl_check: {error}", file=sys.stderr)
        return 2

    differences = list(compare(ours, judge, against_tables=not arguments.wsdl))
    for difference in differences:
        print(difference)
    if not differences:
        print(f"{len(ours.types)} types, {len(ours.enums)} enumerations, {len(ours.operations)} operations agree with {arguments.wsdl or 'pyVmomi'}")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
