using System.Globalization;

namespace VmProxy.GuestFiles;

/// <summary>The type GUIDs of GPT partitions, in words (UEFI, Microsoft's PARTITION_INFORMATION_GPT, the Discoverable Partitions Specification, and what fdisk lists).</summary>
static class GptTypes
{
    public static PartitionType Get(Guid type) => type.ToString("D", CultureInfo.InvariantCulture) switch
    {
        "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" => new("EFI system"),
        "21686148-6449-6e6f-744e-656564454649" => new("BIOS boot") { IsReserved = true },
        "024dee41-33e7-11d3-9d69-0008c781f39f" => new("MBR partition scheme"),
        "9e1a2d38-c612-4316-aa26-8b49521e5a8b" => new("PReP boot") { IsReserved = true },
        "e3c9e316-0b5c-4db8-817d-f92df00215ae" => new("Microsoft reserved") { IsReserved = true },
        "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7" => new("Microsoft basic data"),
        "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3" => PartitionType.Dynamic("Microsoft LDM metadata") with { IsReserved = true },
        "af9b60a0-1431-4f62-bc68-3311714a69ad" => PartitionType.Dynamic("Microsoft LDM data"),
        "de94bba4-06d1-4d40-a16a-bfd50179d6ac" => new("Windows recovery"),
        "558d43c5-a1ac-43c0-aac8-d1472b2923d1" => new("Microsoft storage replica"),
        "e75caf8f-f680-4cee-afa3-b001e56efc2d" =>
            new("Microsoft Storage Spaces") { Content = new VolumeContent(VolumeKind.Other, "a member of a pool of Windows Storage Spaces") },
        "0fc63daf-8483-4772-8e79-3d69d8477de4" => new("Linux"),
        "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f" => new("Linux swap"),
        "e6d6d379-f507-44c2-a23c-238f2a3df928" => new("Linux LVM"),
        "a19d880f-05fc-4d3b-a006-743f0f84911e" => new("Linux RAID"),
        "8da63339-0007-60c0-c436-083ac8230908" => new("Linux reserved") { IsReserved = true },
        "933ac7e1-2eb4-4f13-b844-0e14e2aef915" => new("Linux home"),
        "3b8f8425-20e0-4f3b-907f-1a25a76f98e8" => new("Linux server data"),
        "4d21b016-b534-45c2-a9fb-5c16e091fd2d" => new("Linux variable data"),
        "bc13c2ff-59e6-4262-a352-b275fd6f7172" => new("Linux extended boot"),
        "44479540-f297-41b2-9af7-d131d5f0458a" => new("Linux root (x86)"),
        "4f68bce3-e8cd-4db1-96e7-fbcaf984b709" => new("Linux root (x86-64)"),
        "b921b045-1df0-41c3-af44-4c6f280d3fae" => new("Linux root (ARM64)"),
        "8484680c-9521-48c6-9c11-b0720656f69e" => new("Linux usr (x86-64)"),
        "ca7d7ccb-63ed-4c53-861c-1742536059cc" => new("Linux encrypted (LUKS)"),
        "7ffec5c9-2d00-49b7-8941-3ea10a5586b7" => new("Linux encrypted (plain)"),
        "83bd6b9d-7f41-11dc-be0b-001560b84f0f" => new("FreeBSD boot") { IsReserved = true },
        "516e7cb4-6ecf-11d6-8ff8-00022d09712b" => new("FreeBSD data"),
        "516e7cb5-6ecf-11d6-8ff8-00022d09712b" => new("FreeBSD swap"),
        "516e7cb6-6ecf-11d6-8ff8-00022d09712b" => new("FreeBSD UFS"),
        "516e7cba-6ecf-11d6-8ff8-00022d09712b" => new("FreeBSD ZFS"),
        "48465300-0000-11aa-aa11-00306543ecac" => new("Apple HFS+"),
        "7c3457ef-0000-11aa-aa11-00306543ecac" => new("Apple APFS"),
        "426f6f74-0000-11aa-aa11-00306543ecac" => new("Apple boot"),
        "6a898cc3-1dd2-11b2-99a6-080020736631" => new("Solaris usr or ZFS"),
        "6a85cf4d-1dd2-11b2-99a6-080020736631" => new("Solaris root"),
        "6a945a3b-1dd2-11b2-99a6-080020736631" => new("Solaris reserved") { IsReserved = true },
        "aa31e02a-400f-11db-9590-000c2911d1b8" => new("VMware VMFS"),
        "9198effc-31c0-11db-8f78-000c2911d1b8" => new("VMware reserved") { IsReserved = true },
        "9d275380-40ad-11db-bf97-000c2911d1b8" => new("VMware core dump") { IsReserved = true },
        "4fbd7e29-9d25-41b8-afd0-062c0ceff05d" => new("Ceph OSD"),
        var other => new($"type {other}"),
    };
}
