namespace VmProxy.Vsphere;

/// <summary>Between identities here and references on the wire.</summary>
static class References
{
    public static ObjectId ToId(this Vim.ManagedObjectReference reference) => new(reference.Type, reference.Value);

    public static Vim.ManagedObjectReference ToReference(this ObjectId id) => new(id.Type, id.Value);
}
