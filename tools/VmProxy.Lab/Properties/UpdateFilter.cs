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

    /// <summary>What changed since the acknowledged version, at most <paramref name="limit"/> objects. Called under the inventory's lock.</summary>
    public PropertyFilterUpdate? Changes(LabState server, LabSession session, ref int limit)
    {
        var selected = FilterSelection.Run(server, session, spec).Objects;
        var next = new Dictionary<string, KnownObject>(_acknowledged);
        var updates = new List<ObjectUpdate>();
        foreach (var item in selected)
        {
            if (limit == 0)
            {
                break;
            }

            if (Compare(item, next) is { } update)
            {
                updates.Add(update);
                limit--;
            }
        }

        var present = selected.Select(item => item.Object.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var (gone, known) in _acknowledged.Where(known => !present.Contains(known.Key)))
        {
            if (limit == 0)
            {
                break;
            }

            next.Remove(gone);
            updates.Add(new ObjectUpdate { Kind = "leave", Obj = known.Reference });
            limit--;
        }

        _sent = next;
        return updates.Count == 0 ? null : new PropertyFilterUpdate { Filter = Reference, ObjectSet = updates };
    }

    ObjectUpdate? Compare(SelectedObject selected, Dictionary<string, KnownObject> next)
    {
        var known = _acknowledged.GetValueOrDefault(selected.Object.Id);
        var reader = new PropertyPath(selected.Object);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var changes = new List<PropertyChange>();
        foreach (var path in selected.Paths)
        {
            var value = reader.Read(path);
            var before = known?.Values.GetValueOrDefault(path);
            if (value is null)
            {
                if (before is not null)
                {
                    changes.Add(new PropertyChange { Name = path, Op = "assign" });
                }

                continue;
            }

            var text = Text(value);
            values.Add(path, text);
            if (text != before)
            {
                changes.Add(new PropertyChange { Name = path, Op = "assign", Val = value });
            }
        }

        next[selected.Object.Id] = new KnownObject(selected.Object.Reference, values);
        return known is not null && changes.Count == 0
            ? null
            : new ObjectUpdate { Kind = known is null ? "enter" : "modify", Obj = selected.Object.Reference, ChangeSet = changes };
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
