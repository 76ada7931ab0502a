using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>An object that a filter selects, and the paths that it wants of it.</summary>
internal sealed record SelectedObject(ManagedObject Object, IReadOnlyList<string> Paths);

/// <summary>Finds the objects that a filter's starting points and traversals lead to.</summary>
internal sealed class FilterSelection
{
    readonly LabState _server;
    readonly LabSession? _session;
    readonly PropertyFilterSpec _spec;
    readonly Dictionary<string, TraversalSpec> _named = new(StringComparer.Ordinal);
    readonly Dictionary<string, IReadOnlyList<string>?> _paths = new(StringComparer.Ordinal);
    readonly Dictionary<string, SelectedObject> _found = new(StringComparer.Ordinal);
    readonly List<SelectedObject> _inOrder = [];
    readonly HashSet<(string, TraversalSpec)> _walked = [];
    readonly HashSet<(string, string)> _validated = [];

    FilterSelection(LabState server, LabSession? session, PropertyFilterSpec spec)
    {
        _server = server;
        _session = session;
        _spec = spec;
    }

    /// <summary>Starting objects that do not exist (any more).</summary>
    public List<ManagedObjectReference> Missing { get; } = [];

    public IReadOnlyList<SelectedObject> Objects => _inOrder;

    /// <summary>Runs the filter. Called under the inventory's lock.</summary>
    public static FilterSelection Run(LabState server, LabSession? session, PropertyFilterSpec spec)
    {
        var selection = new FilterSelection(server, session, spec);
        foreach (var propSet in spec.PropSet.Where(propSet => !VimSchema.ManagedObjects.ContainsKey(propSet.Type)))
        {
            throw LabFault.InvalidArgument($"propSet.type {propSet.Type}");
        }

        foreach (var start in spec.ObjectSet)
        {
            selection.Name(start.SelectSet);
        }

        foreach (var start in spec.ObjectSet)
        {
            if (server.Objects.Find(start.Obj.Value, session) is { } target)
            {
                selection.Visit(target, start.Skip ?? false, start.SelectSet);
            }
            else
            {
                selection.Missing.Add(start.Obj);
            }
        }

        return selection;
    }

    /// <summary>As <see cref="Run"/>, with the fault for a starting object that does not exist unless the filter asks for a report.</summary>
    public static FilterSelection RunOrThrow(LabState server, LabSession? session, PropertyFilterSpec spec)
    {
        var selection = Run(server, session, spec);
        return selection.Missing is [var missing, ..] && spec.ReportMissingObjectsInResults != true
            ? throw new LabFault(
                "ManagedObjectNotFound",
                $"The object '{missing}' has already been deleted or has not been completely created",
                ("obj", missing))
            : selection;
    }

    void Name(IEnumerable<SelectionSpec> selections)
    {
        foreach (var traversal in selections.OfType<TraversalSpec>())
        {
            if (traversal.Name is { Length: > 0 } name)
            {
                _named[name] = traversal;
            }

            Name(traversal.SelectSet);
        }
    }

    void Visit(ManagedObject target, bool skip, IReadOnlyList<SelectionSpec> selections)
    {
        if (!skip && PathsFor(target.Type) is { } paths && _found.TryAdd(target.Id, new SelectedObject(target, paths)))
        {
            _inOrder.Add(_found[target.Id]);
        }

        foreach (var selection in selections)
        {
            var traversal = selection as TraversalSpec
                ?? _named.GetValueOrDefault(selection.Name ?? "")
                ?? throw LabFault.InvalidArgument($"selectSet.name {selection.Name}");
            if (!VimSchema.IsA(target.Type, traversal.Type) || !_walked.Add((target.Id, traversal)))
            {
                continue;
            }

            if (_validated.Add((traversal.Type, traversal.Path)))
            {
                PropertyPath.Validate(traversal.Type, traversal.Path);
            }

            foreach (var reference in References(new PropertyPath(target).Read(traversal.Path)))
            {
                if (_server.Objects.Find(reference.Value, _session) is { } next)
                {
                    Visit(next, traversal.Skip ?? false, traversal.SelectSet);
                }
            }
        }
    }

    static IEnumerable<ManagedObjectReference> References(object? value) => value switch
    {
        ManagedObjectReference one => [one],
        VimArray many => many.Of<ManagedObjectReference>(),
        _ => [],
    };

    /// <summary>The paths wanted of a type: those of every propSet for it or a base of it; null when none is for it.</summary>
    IReadOnlyList<string>? PathsFor(string type)
    {
        if (_paths.TryGetValue(type, out var known))
        {
            return known;
        }

        var sets = _spec.PropSet.Where(propSet => VimSchema.IsA(type, propSet.Type)).ToArray();
        foreach (var (set, path) in sets.SelectMany(set => set.PathSet.Select(path => (set, path))))
        {
            PropertyPath.Validate(set.Type, path);
        }

        IReadOnlyList<string>? paths = sets.Length == 0
            ? null
            : Array.Exists(sets, set => set.All == true)
                ? [.. VimSchema.AllFields(VimSchema.ManagedObjects[type]).Select(field => field.Name)]
                : [.. sets.SelectMany(set => set.PathSet).Distinct()];
        return _paths[type] = paths;
    }
}
