namespace VmProxy.Blocks;

/// <summary>The stable codes of <see cref="BlockDeviceException"/>. A code is never renamed.</summary>
public static class BlockErrorCodes
{
    /// <summary>The file or device does not exist.</summary>
    public const string NotFound = "BLOCK_NOT_FOUND";

    /// <summary>The operating system refused access.</summary>
    public const string AccessDenied = "BLOCK_ACCESS_DENIED";

    /// <summary>The file to be created exists already.</summary>
    public const string Exists = "BLOCK_EXISTS";

    /// <summary>The path names something that has no addressable bytes, such as a folder or a pipe.</summary>
    public const string NotADisk = "BLOCK_NOT_A_DISK";

    /// <summary>A read failed or came up short.</summary>
    public const string ReadFailed = "BLOCK_READ_FAILED";

    /// <summary>A write failed.</summary>
    public const string WriteFailed = "BLOCK_WRITE_FAILED";

    /// <summary>There is no room left for a write.</summary>
    public const string NoSpace = "BLOCK_NO_SPACE";

    /// <summary>A VMDK descriptor is malformed or cut off.</summary>
    public const string DescriptorInvalid = "VMDK_DESCRIPTOR_INVALID";

    /// <summary>A VMDK uses a feature that is not supported.</summary>
    public const string DescriptorUnsupported = "VMDK_UNSUPPORTED";

    /// <summary>A VMDK extent does not match its descriptor.</summary>
    public const string ExtentInvalid = "VMDK_EXTENT_INVALID";

    /// <summary>A VMDK's parent is missing or is not the one it was made from.</summary>
    public const string ChainBroken = "VMDK_CHAIN_BROKEN";
}
