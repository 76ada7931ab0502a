using System.Runtime.CompilerServices;

namespace VmProxy.Vsphere;

/// <summary>Reads properties of objects through the property collector, a page at a time.</summary>
sealed class PropertyReader(VcenterCaller caller)
{
    const string Step = "reading properties";

    /// <summary>Properties of one object in one read.</summary>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.ObjectGone"/>: it does not exist.</exception>
    public async Task<PropertySet> ReadAsync(ObjectId id, IReadOnlyList<string> paths, CancellationToken cancellationToken)
        => (await ReadAsync([(id, paths)], cancellationToken).ConfigureAwait(false))[id];

    /// <summary>Properties of several objects in one read.</summary>
    public async Task<IReadOnlyDictionary<ObjectId, PropertySet>> ReadAsync(
        IReadOnlyList<(ObjectId Id, IReadOnlyList<string> Paths)> objects, CancellationToken cancellationToken)
    {
        string name = objects[0].Id.ToString();
        var result = await caller.ReadAsync(
            name,
            Step,
            (client, token) => client.RetrievePropertiesExAsync(
                caller.Content.PropertyCollector, Specify(objects), new Vim.RetrieveOptions(), token),
            cancellationToken).ConfigureAwait(false);
        Dictionary<ObjectId, PropertySet> found = [];
        while (result is not null)
        {
            foreach (var content in result.Objects)
            {
                found[content.Obj.ToId()] = new PropertySet(content);
            }

            if (result.Token is not { Length: > 0 } rest)
            {
                break;
            }

            result = await caller.ReadAsync(
                name,
                Step,
                (client, token) => client.ContinueRetrievePropertiesExAsync(caller.Content.PropertyCollector, rest, token),
                cancellationToken).ConfigureAwait(false);
        }

        foreach (var (id, _) in objects.Where(wanted => !found.ContainsKey(wanted.Id)))
        {
            throw new VsphereException(
                VsphereErrorCodes.ObjectGone,
                id.ToString(),
                Step,
                "the server does not know the object.",
                "It was removed meanwhile; read the inventory again.");
        }

        return found;
    }

    /// <summary>
    /// All objects of the given types below a container, in pages. View and continuation token belong to one login: when it ends in between, the
    /// pass fails with <see cref="StartOverException"/>.
    /// </summary>
    public async IAsyncEnumerable<PropertySet> ScanAsync(
        Vim.ManagedObjectReference container,
        IReadOnlyList<(string Type, IReadOnlyList<string> Paths)> types,
        int pageSize,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string step = "reading the inventory";
        string name = caller.Options.Name;
        var live = caller.Live;
        var collector = live.Content.PropertyCollector;
        var views = live.Content.ViewManager ?? throw new VsphereException(
            VsphereErrorCodes.NotSupported, name, step, "the server offers no views.", "This server cannot be used.");
        var view = await caller.ReadInAsync(
            live,
            name,
            step,
            (client, token) => client.CreateContainerViewAsync(views, container, types.Select(type => type.Type), true, token),
            cancellationToken)
            .ConfigureAwait(false);
        try
        {
            var page = await caller.ReadInAsync(
                live,
                name,
                step,
                (client, token) => client.RetrievePropertiesExAsync(
                    collector, [OverView(view, types)], new Vim.RetrieveOptions { MaxObjects = pageSize }, token),
                cancellationToken).ConfigureAwait(false);
            while (page is not null)
            {
                foreach (var content in page.Objects)
                {
                    yield return new PropertySet(content);
                }

                if (page.Token is not { Length: > 0 } rest)
                {
                    break;
                }

                // A continuation is answered once: its second call would skip a page, so the pass is begun again instead.
                page = await caller.ContinueAsync(
                    live,
                    name,
                    step,
                    (client, token) => client.ContinueRetrievePropertiesExAsync(collector, rest, token),
                    cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await DestroyAsync(live, view, cancellationToken).ConfigureAwait(false);
        }
    }

    async Task DestroyAsync(LiveSession live, Vim.ManagedObjectReference view, CancellationToken cancellationToken)
    {
        try
        {
            await caller.ReadInAsync(
                live,
                caller.Options.Name,
                "destroying a view",
                async (client, token) =>
                {
                    await client.DestroyViewAsync(view, token).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is VsphereException or StartOverException or OperationCanceledException)
        {
            // A view dies with its session.
        }
    }

    static Vim.PropertyFilterSpec[] Specify(IReadOnlyList<(ObjectId Id, IReadOnlyList<string> Paths)> objects)
        =>
        [
            .. objects.Select(wanted => new Vim.PropertyFilterSpec
            {
                PropSet = [new Vim.PropertySpec { Type = wanted.Id.Type, PathSet = [.. wanted.Paths] }],
                ObjectSet = [new Vim.ObjectSpec { Obj = wanted.Id.ToReference() }],
            }),
        ];

    static Vim.PropertyFilterSpec OverView(
        Vim.ManagedObjectReference view, IReadOnlyList<(string Type, IReadOnlyList<string> Paths)> types) => new()
    {
        PropSet = [.. types.Select(type => new Vim.PropertySpec { Type = type.Type, PathSet = [.. type.Paths] })],
        ObjectSet =
        [
            new Vim.ObjectSpec
            {
                Obj = view,
                Skip = true,
                SelectSet = [new Vim.TraversalSpec { Name = "view", Type = "ContainerView", Path = "view", Skip = false }],
            },
        ],
    };
}
