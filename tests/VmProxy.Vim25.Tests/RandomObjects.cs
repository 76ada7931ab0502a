using System.Reflection;

namespace VmProxy.Vim25.Tests;

/// <summary>Objects of any type of the schema with random content, the same for the same seed.</summary>
internal sealed class RandomObjects(int seed, string[] texts)
{
    private static readonly string[] BuiltIn =
        ["string", "boolean", "byte", "short", "int", "long", "float", "double", "dateTime", "base64Binary", "ManagedObjectReference"];

    private static readonly ILookup<string?, string> Derived =
        VimSchema.Types.Values.Where(type => !type.IsEnum).OrderBy(type => type.Name, StringComparer.Ordinal).ToLookup(type => type.BaseName, type => type.Name);

    private readonly Random _random = new(seed);

    /// <summary>Texts that need escaping, are empty, or hold what XML treats specially.</summary>
    public static string[] HardTexts { get; } = ["", " ", "a", "ü€😀", "<&>\"'", "]]>", "a\nb\tc", " padded ", "[ds] vm/vm.vmdk"];

    /// <summary>For judges that take some strings for names of managed types.</summary>
    public static string[] TypeNames { get; } = ["VirtualMachine", "Datastore", "Folder"];

    public DataObject Object(string typeName, int depth = 3) =>
        Fill(VimTypes.Create(typeName)!, VimSchema.AllFields(VimSchema.Types[typeName]), depth);

    public VimRequest Request(string operation, int depth = 3)
    {
        var request = VimTypes.CreateRequest(operation)!;
        request.This = Reference();
        return (VimRequest)Fill(request, VimSchema.Operations[operation].Parameters, depth);
    }

    /// <summary>A value for an element of type anyType.</summary>
    public object Any(int depth)
    {
        switch (_random.Next(depth > 0 ? 4 : 2))
        {
            case 0:
                return Value(BuiltIn[_random.Next(BuiltIn.Length)], depth);
            case 1:
                var type = Pick([.. VimSchema.Types.Values.Where(info => info.IsEnum).OrderBy(info => info.Name, StringComparer.Ordinal)]);
                return new VimEnumValue(type.Name, Pick([.. type.EnumValues]));
            case 2:
                return Object(Pick(["KeyValue", "Description", "VirtualDisk", "FileInfo", "NoPermission"]), depth - 1);
            default:
                var element = Pick(["string", "int", "long", "boolean", "byte", "dateTime", "ManagedObjectReference", "VirtualDevice", "KeyAnyValue"]);
                return new VimArray(element, [.. Enumerable.Range(0, _random.Next(3)).Select(_ => Value(element, depth - 1))]);
        }
    }

    private DataObject Fill(DataObject target, IReadOnlyList<VimFieldInfo> fields, int depth)
    {
        foreach (var field in fields)
        {
            var property = PropertyOf(target, field.Name);
            if (field.IsArray)
            {
                var list = (System.Collections.IList)property.GetValue(target)!;
                var least = field.IsOptional ? 0 : 1;
                for (var count = depth > 0 ? _random.Next(least, 3) : least; count > 0; count--)
                {
                    list.Add(Value(field.TypeName, depth - 1));
                }
            }
            else if (!field.IsOptional || (depth > 0 && _random.Next(2) == 0))
            {
                property.SetValue(target, Value(field.TypeName, depth - 1));
            }
        }

        return target;
    }

    /// <summary>The property that stands for an element; it has another name only where it would clash.</summary>
    public static PropertyInfo PropertyOf(DataObject target, string field)
    {
        var name = char.ToUpperInvariant(field[0]) + field[1..];
        return target.GetType().GetProperty(name + "Value") ?? target.GetType().GetProperty(name)
            ?? throw new AssertionException($"{target.TypeName} has no property for '{field}'");
    }

    private object Value(string type, int depth) => type switch
    {
        "string" or "anyURI" => Pick(texts),
        "boolean" => _random.Next(2) == 0,
        "byte" => (sbyte)_random.Next(-128, 128),
        "short" => (short)_random.Next(short.MinValue, short.MaxValue + 1),
        "int" => _random.Next(4) == 0 ? int.MinValue : _random.Next(),
        "long" => _random.Next(4) == 0 ? long.MinValue : _random.NextInt64(),
        "float" => (float)_random.Next(1000) / 8,
        "double" => _random.Next(100000) / 16.0,
        "dateTime" => new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMicroseconds(_random.NextInt64(1L << 50)),
        "base64Binary" => Bytes(),
        "anyType" => Any(depth),
        "ManagedObjectReference" => Reference(),
        _ when VimSchema.Types[type].IsEnum => Pick([.. VimSchema.Types[type].EnumValues]),
        _ => Object(depth > 0 ? Pick([.. SelfAndDerived(type)]) : type, depth),
    };

    private ManagedObjectReference Reference() => new(Pick(TypeNames), $"id-{_random.Next(1000)}");

    private byte[] Bytes()
    {
        var bytes = new byte[_random.Next(1, 20)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private static IEnumerable<string> SelfAndDerived(string type) => Derived[type].SelectMany(SelfAndDerived).Prepend(type);

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];
}
