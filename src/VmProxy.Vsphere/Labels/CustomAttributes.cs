namespace VmProxy.Vsphere;

/// <summary>The custom attributes that people give to VMs.</summary>
public sealed class CustomAttributes
{
    static readonly string[] Paths = ["availableField", "customValue"];

    readonly VcenterCaller _caller;
    readonly PropertyReader _properties;

    internal CustomAttributes(VcenterCaller caller, PropertyReader properties) => (_caller, _properties) = (caller, properties);

    /// <summary>Names and values of every VM that has any. An attribute without a value is left out.</summary>
    /// <exception cref="VsphereException">The server could not be read.</exception>
    public async Task<IReadOnlyDictionary<ObjectId, IReadOnlyDictionary<string, string>>> ReadAsync(CancellationToken cancellationToken)
    {
        Dictionary<ObjectId, IReadOnlyDictionary<string, string>> found = [];
        try
        {
            await foreach (var vm in _properties.ScanAsync(
                _caller.Content.RootFolder, [("VirtualMachine", Paths)], _caller.Options.PageSize, cancellationToken).ConfigureAwait(false))
            {
                var values = Values(vm);
                if (values.Count > 0)
                {
                    found[vm.Id] = values;
                }
            }
        }
        catch (StartOverException exception)
        {
            throw new VsphereException(
                VsphereErrorCodes.SessionLost, _caller.Options.Name, "reading custom attributes", "the session ended in the middle.", "Run again.", exception);
        }

        return found;
    }

    static Dictionary<string, string> Values(PropertySet vm)
    {
        var names = vm.List<Vim.CustomFieldDef>("availableField").ToDictionary(field => field.Key, field => field.Name);
        Dictionary<string, string> values = new(StringComparer.OrdinalIgnoreCase);
        foreach (var value in vm.List<Vim.CustomFieldStringValue>("customValue"))
        {
            if (value.Value is { Length: > 0 } text && names.TryGetValue(value.Key, out var name))
            {
                values[name] = text;
            }
        }

        return values;
    }
}
