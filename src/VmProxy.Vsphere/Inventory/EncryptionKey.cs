namespace VmProxy.Vsphere;

/// <summary>The key that encrypts a VM or a disk. The key itself never leaves its provider; what is here only names it.</summary>
/// <param name="KeyId">The provider's id of the key.</param>
/// <param name="ProviderId">The key provider (KMS cluster, native or trusted provider); null when the server does not say.</param>
public sealed record EncryptionKey(string KeyId, string? ProviderId)
{
    internal static EncryptionKey? Of(Vim.CryptoKeyId? id) => id is null ? null : new EncryptionKey(id.KeyId, id.ProviderId?.Id);
}
