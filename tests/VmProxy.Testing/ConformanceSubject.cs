using VmProxy.Blocks;

namespace VmProxy.Testing;

/// <summary>A device under test and the bytes that it must show.</summary>
public sealed class ConformanceSubject(IBlockDevice device, byte[] content, Func<ValueTask>? cleanUp = null) : IAsyncDisposable
{
    public IBlockDevice Device => device;

    public byte[] Content => content;

    /// <summary>Disposes the device, then what the test made around it.</summary>
    public async ValueTask DisposeAsync()
    {
        await device.DisposeAsync();
        if (cleanUp is not null)
        {
            await cleanUp();
        }
    }
}
