using System.Text;
using VmProxy.Nbd.Protocol;

namespace VmProxy.Nbd.Serving;

/// <summary>What a server serves, by name.</summary>
sealed class Exports
{
    readonly Dictionary<string, NbdExport> _byName;

    /// <exception cref="ArgumentException">There is none, two have one name, or a name or description is too long.</exception>
    public Exports(IReadOnlyList<NbdExport> exports)
    {
        if (exports.Count == 0)
        {
            throw new ArgumentException("There is nothing to serve.", nameof(exports));
        }

        if (exports.Any(export => Encoding.UTF8.GetByteCount(export.Name) > Limits.MaxString || Encoding.UTF8.GetByteCount(export.Description) > Limits.MaxString))
        {
            throw new ArgumentException($"A name or description has more than {Limits.MaxString} bytes.", nameof(exports));
        }

        All = [.. exports];
        _byName = All.ToDictionary(export => export.Name, StringComparer.Ordinal);
    }

    public IReadOnlyList<NbdExport> All { get; }

    /// <summary>The export of a name, or null. The empty name is also that of the only export.</summary>
    public NbdExport? Find(string name) =>
        _byName.GetValueOrDefault(name) ?? (name.Length == 0 && All.Count == 1 ? All[0] : null);
}
