namespace VmProxy.GuestFiles;

/// <summary>The features of a journal that change how it is read (s_feature_incompat of its superblock).</summary>
[Flags]
enum JournalFeatures : uint
{
    Revoke = 0x1,
    Wide = 0x2,
    AsyncCommit = 0x4,
    Checksums2 = 0x8,
    Checksums3 = 0x10,
    FastCommit = 0x20,
}
