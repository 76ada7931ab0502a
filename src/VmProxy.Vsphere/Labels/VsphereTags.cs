namespace VmProxy.Vsphere;

/// <summary>
/// The tags that people give to VMs. vCenter serves them over REST only (<c>/rest/com/vmware/cis/tagging</c>), with a session of its own; a single host has none.
/// </summary>
public sealed class VsphereTags
{
    // Tags in one question for their objects.
    const int Batch = 100;

    const string Tagging = "com/vmware/cis/tagging/";

    readonly VcenterCaller _caller;
    readonly VcenterSession _session;

    internal VsphereTags(VcenterCaller caller, VcenterSession session) => (_caller, _session) = (caller, session);

    /// <summary>The tags of every VM that has any, as <c>Category/Tag</c>.</summary>
    /// <exception cref="VsphereException">The server could not be read.</exception>
    public async Task<IReadOnlyDictionary<ObjectId, IReadOnlyList<string>>> ReadAsync(CancellationToken cancellationToken)
    {
        var rest = await RestSession.OpenAsync(_caller, _session, cancellationToken).ConfigureAwait(false);
        await using (rest.ConfigureAwait(false))
        {
            var names = await NamesAsync(rest, cancellationToken).ConfigureAwait(false);
            Dictionary<ObjectId, List<string>> found = [];
            foreach (var batch in names.Keys.Chunk(Batch))
            {
                var attached = await rest.PostAsync(
                    $"{Tagging}tag-association?~action=list-attached-objects-on-tags", new TagsQuestion(batch), RestJson.Default.TagsQuestion,
                    RestJson.Default.RestValueIReadOnlyListTaggedObjects, cancellationToken).ConfigureAwait(false);
                foreach (var (tag, vm) in (attached ?? []).SelectMany(one => (one.ObjectIds ?? []).Select(item => (one.TagId, item))).Where(pair => pair.item.Type == "VirtualMachine"))
                {
                    var id = new ObjectId(vm.Type, vm.Id);
                    (found.TryGetValue(id, out var list) ? list : found[id] = []).Add(names[tag]);
                }
            }

            return found.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<string>)pair.Value);
        }
    }

    /// <summary>Category and name of every tag, by its id.</summary>
    static async Task<Dictionary<string, string>> NamesAsync(RestSession rest, CancellationToken cancellationToken)
    {
        Dictionary<string, string> categories = [];
        Dictionary<string, string> names = [];
        foreach (var id in await rest.GetAsync($"{Tagging}tag", RestJson.Default.RestValueIReadOnlyListString, cancellationToken).ConfigureAwait(false) ?? [])
        {
            var tag = await rest.GetAsync($"{Tagging}tag/id:{Uri.EscapeDataString(id)}", RestJson.Default.RestValueTagDocument, cancellationToken).ConfigureAwait(false);
            if (tag is null)
            {
                // Removed since the list was read.
                continue;
            }

            if (!categories.TryGetValue(tag.CategoryId, out var category))
            {
                var document = await rest.GetAsync($"{Tagging}category/id:{Uri.EscapeDataString(tag.CategoryId)}", RestJson.Default.RestValueTagDocument, cancellationToken).ConfigureAwait(false);
                categories[tag.CategoryId] = category = document?.Name ?? "";
            }

            names[id] = $"{category}/{tag.Name}";
        }

        return names;
    }
}
