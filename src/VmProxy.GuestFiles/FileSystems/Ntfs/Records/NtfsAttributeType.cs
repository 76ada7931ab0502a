namespace VmProxy.GuestFiles;

/// <summary>The types of attributes that are used here.</summary>
static class NtfsAttributeType
{
    public const uint StandardInformation = 0x10;
    public const uint AttributeList = 0x20;
    public const uint FileName = 0x30;
    public const uint VolumeName = 0x60;
    public const uint VolumeInformation = 0x70;
    public const uint Data = 0x80;
    public const uint IndexRoot = 0x90;
    public const uint IndexAllocation = 0xA0;
    public const uint Bitmap = 0xB0;
    public const uint ReparsePoint = 0xC0;
    public const uint ExtendedAttributes = 0xE0;
    public const uint End = 0xFFFF_FFFF;
}
