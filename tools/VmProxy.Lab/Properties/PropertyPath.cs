using System.Globalization;
using VmProxy.Lab.Model;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>Reads one object's properties by path; a property at the root is built once, however many paths lead into it.</summary>
internal sealed class PropertyPath(ManagedObject target)
{
    readonly Dictionary<string, object?> _roots = new(StringComparer.Ordinal);

    /// <summary>The value in the form of an anyType, null when it is unset. The path must be valid.</summary>
    public object? Read(string path)
    {
        var steps = path.Split('.');
        var (first, key) = Indexed(steps[0]);
        if (!_roots.TryGetValue(first, out var value))
        {
            _roots.Add(first, value = target.Get(first));
        }

        value = Select(value, key);
        foreach (var step in steps.Skip(1))
        {
            var (name, index) = Indexed(step);
            value = Select((value as DataObject)?.GetField(name), index);
        }

        return value;
    }

    /// <summary>Throws InvalidProperty unless the schema has the path, in a type or in one that extends it.</summary>
    public static void Validate(string managedType, string path)
    {
        var steps = path.Split('.').Select(step => Indexed(step).Name).ToArray();
        var fields = VimSchema.ManagedObjects.TryGetValue(managedType, out var type) ? VimSchema.AllFields(type) : [];
        for (var i = 0; i < steps.Length; i++)
        {
            var field = fields.FirstOrDefault(field => field.Name == steps[i])
                ?? throw new LabFault("InvalidProperty", $"The property {path} of {managedType} does not exist.", ("name", path));
            fields = [.. VimSchema.Types.Values.Where(other => VimSchema.IsA(other.Name, field.TypeName)).SelectMany(VimSchema.AllFields)];
        }
    }

    /// <summary>"device[2000]" is a step with the key of one item.</summary>
    static (string Name, string? Key) Indexed(string step)
    {
        var open = step.IndexOf('[', StringComparison.Ordinal);
        return open < 0 ? (step, null) : (step[..open], step[(open + 1)..].TrimEnd(']').Trim('"'));
    }

    static object? Select(object? value, string? key) => key is null
        ? value
        : (value as VimArray)?.Items.OfType<DataObject>()
            .FirstOrDefault(item => Convert.ToString(item.GetField("key"), CultureInfo.InvariantCulture) == key);
}
