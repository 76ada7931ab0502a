namespace VmProxy.Blocks.Tests;

/// <summary>Writes content into a device that reads as zeros, leaving out pages of zeros, so that files get holes.</summary>
static class SparseCopy
{
    const int Page = 4096;

    public static async Task WriteAsync(IWritableBlockDevice device, byte[] content)
    {
        for (var at = 0; at < content.Length; at += Page)
        {
            var page = content.AsMemory(at, Math.Min(Page, content.Length - at));
            if (page.Span.ContainsAnyExcept((byte)0))
            {
                await device.WriteAsync(at, page, CancellationToken.None);
            }
        }

        await device.FlushAsync(CancellationToken.None);
    }
}
