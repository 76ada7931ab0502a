using System.Text;
using System.Xml;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>A filter whose changes a client waits for. It remembers what the client knows.</summary>
internal sealed class UpdateFilter(string id, PropertyFilterSpec spec, bool partialUpdates, string collector) : ManagedObject("PropertyFilter", id)
{
    static readonly XmlWriterSettings Fragment = new() { ConformanceLevel = ConformanceLevel.Fragment, OmitXmlDeclaration = true, CheckCharacters = false };

    /// <summary>Object id → path → value as XML, as of the version that the client last acknowledged and as of the one sent since.</summary>
    Dictionary<string, KnownObject> _acknowledged = [];
    Dictionary<string, KnownObject>? _sent;

    public string Collector => collector;

    public override object? Get(string property) => property switch
    {
        "spec" => spec,
        "partialUpdates" => partialUpdates,
        _ => null,
    };

    public void Acknowledge() => (_acknowledged, _sent) = (_sent ?? _acknowledged, null);

    public void Resend() => _sent = null;

    public void Forget() => (_acknowledged, _sent) = ([], null);

    /// <summary>What changed since the acknowledged version, as far as the budget goes. Called under the inventory's lock.</summary>
    public PropertyFilterUpdate? Changes(LabState server, LabSession session, UpdateBudget budget)
    {
        var selected = FilterSelection.Run(server, session, spec).Objects;
        var next = new Dictionary<string, KnownObject>(_acknowledged);
        var updates = new List<ObjectUpdate>();
        foreach (var item in selected)
        {
            var (update, known) = Compare(item);
            if (update is null)
            {
                continue;
            }

            if (!budget.TryTake())
            {
                break;
            }

            next[item.Object.Id] = known;
            updates.Add(update);
        }

        var present = selected.Select(item => item.Object.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var (gone, known) in _acknowledged.Where(known => !present.Contains(known.Key)))
        {
            if (!budget.TryTake())
            {
                break;
            }

            next.Remove(gone);
            updates.Add(new ObjectUpdate { Kind = "leave", Obj = known.Reference });
        }

        _sent = next;
        return updates.Count == 0 ? null : new PropertyFilterUpdate { Filter = Reference, ObjectSet = updates };
    }

    (ObjectUpdate? Update, KnownObject Known) Compare(SelectedObject selected)
    {
        var known = _acknowledged.GetValueOrDefault(selected.Object.Id);
        var reader = new PropertyPath(selected.Object);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var changes = new List<PropertyChange>();
        foreach (var path in selected.Paths)
        {
            var value = reader.Read(path);
            var before = known?.Values.GetValueOrDefault(path);
            var text = value is null ? null : Text(value);
            if (text is not null)
            {
                values.Add(path, text);
            }

            if (text != before)
            {
                changes.Add(new PropertyChange { Name = path, Op = "assign", Val = value });
            }
        }

        var update = known is not null && changes.Count == 0
            ? null
            : new ObjectUpdate { Kind = known is null ? "enter" : "modify", Obj = selected.Object.Reference, ChangeSet = changes };
        return (update, new KnownObject(selected.Object.Reference, values));
    }

    static string Text(object value)
    {
        var text = new StringBuilder();
        using (var writer = XmlWriter.Create(text, Fragment))
        {
            VimXml.Write(writer, "val", value, "anyType");
        }

        return text.ToString();
    }

    sealed record KnownObject(ManagedObjectReference Reference, Dictionary<string, string> Values);
}

/// <summary>How many objects one answer may still tell of, and whether it had to leave some out.</summary>
internal sealed class UpdateBudget(int objects)
{
    int _left = objects;

    public bool Exceeded { get; private set; }

    public bool TryTake()
    {
        Exceeded |= _left == 0;
        return _left > 0 && _left-- > 0;
    }
}
