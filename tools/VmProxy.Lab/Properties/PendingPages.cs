using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>Objects that a client has still to fetch, a page at a time. Their properties are read when their page is asked for.</summary>
internal sealed class PendingPages(IReadOnlyList<SelectedObject> objects, int pageSize)
{
    int _next;

    public bool Finished => _next >= objects.Count;

    /// <summary>The next page. Called under the inventory's lock.</summary>
    public List<ObjectContent> Next()
    {
        var page = objects.Skip(_next).Take(pageSize).Select(Content).ToList();
        _next += page.Count;
        return page;
    }

    static ObjectContent Content(SelectedObject selected)
    {
        var reader = new PropertyPath(selected.Object);
        return new ObjectContent
        {
            Obj = selected.Object.Reference,
            PropSet =
            [
                .. selected.Paths.Select(path => (path, Value: reader.Read(path)))
                    .Where(property => property.Value is not null)
                    .Select(property => new DynamicProperty { Name = property.path, Val = property.Value }),
            ],
        };
    }
}
