namespace VmProxy.Vim25;

/// <summary>Reads an element whose declared type is anyType: its xsi:type decides.</summary>
internal static class AnyReader
{
    private const string ArrayPrefix = "ArrayOf";

    public static object Read(VimReader reader, string? type)
    {
        switch (type)
        {
            case null or "string" or "anyURI" or "anyType": return reader.Text();
            case "boolean": return reader.Boolean();
            case "byte": return reader.Byte();
            case "short": return reader.Short();
            case "int": return reader.Int();
            case "long": return reader.Long();
            case "float": return reader.Float();
            case "double": return reader.Double();
            case "dateTime": return reader.Time();
            case "base64Binary": return reader.Binary();
            // pyVmomi as a client says ManagedObject.
            case "ManagedObjectReference" or "ManagedObject": return reader.Reference();
        }

        if (VimTypes.Create(type) is { } known)
        {
            reader.Fill(known);
            return known;
        }

        if (VimTypes.IsEnum(type))
        {
            return new VimEnumValue(type, reader.Text());
        }

        return type.StartsWith(ArrayPrefix, StringComparison.Ordinal) ? Array(reader, type) : Unknown(reader, type);
    }

    /// <summary>Items without an xsi:type of their own, or of one that is not known, are of the array's element type.</summary>
    private static VimArray Array(VimReader reader, string type)
    {
        var element = VimNames.ElementOfArray(type[ArrayPrefix.Length..]);
        var isObject = VimTypes.Create(element) is not null;
        var items = new List<object>();
        reader.ReadChildren((element, isObject, items), static (reader, array, _) => array.items.Add(
            array.isObject ? reader.Object<DataObject>(array.element) : Read(reader, reader.XsiType() ?? array.element)));
        return new VimArray(element, items);
    }

    /// <summary>Of a type that nobody knows, only its form tells a plain value from an object.</summary>
    private static object Unknown(VimReader reader, string type)
    {
        var unknown = reader.Unknown(type, new DynamicData());
        return unknown.Raw is { HasElements: false, Value.Length: > 0 } ? new VimEnumValue(type, unknown.Raw.Value) : unknown;
    }
}
