using System.Buffers;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles.Tests.Mutating;

/// <summary>
/// Uses everything that a reader can do on whatever it is given, within bounds. Only the documented exceptions are caught: anything else, and a walk that does not end, is a
/// defect. It is what mutation tests and fuzzers run.
/// </summary>
static class Exercise
{
    const int MaxEntries = 20_000;
    const int MaxContent = 1024 * 1024;

    /// <summary>Opens a file system and reads all of it.</summary>
    /// <param name="device">The image.</param>
    /// <param name="open">Opens it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="maxContent">Bytes that are read at the beginning and at the end of each content.</param>
    public static async Task FileSystemAsync(
        IBlockDevice device, Func<IBlockDevice, CancellationToken, ValueTask<IGuestFileSystem>> open, CancellationToken cancellationToken, int maxContent = MaxContent)
    {
        try
        {
            await using var fileSystem = await open(device, cancellationToken);
            var problems = new GuestProblems();
            var left = MaxEntries;
            await EntryAsync(fileSystem, fileSystem.Root, maxContent, cancellationToken);
            await foreach (var (_, entry) in fileSystem.WalkAsync(fileSystem.Root, problems, cancellationToken))
            {
                await EntryAsync(fileSystem, entry, maxContent, cancellationToken);
                if (--left == 0)
                {
                    break;
                }
            }
        }
        catch (Exception exception) when (IsDocumented(exception))
        {
            // A damaged image may be refused.
        }
    }

    static bool IsDocumented(Exception exception) => exception is GuestFileException or BlockDeviceException;

    static async Task EntryAsync(IGuestFileSystem fileSystem, GuestEntry entry, int maxContent, CancellationToken cancellationToken)
    {
        await TryAsync(async () => await fileSystem.ReadAttributesAsync(entry, cancellationToken));
        await TryAsync(async () => await fileSystem.ReadLinkAsync(entry, cancellationToken));
        await TryAsync(async () => await fileSystem.FindAsync(entry, "no such name", cancellationToken));
        await TryAsync(async () => await ReadAsync(await fileSystem.OpenAsync(entry, cancellationToken), maxContent, cancellationToken));
        await TryAsync(async () =>
        {
            foreach (var stream in (await fileSystem.ListStreamsAsync(entry, cancellationToken)).Take(100))
            {
                await TryAsync(async () => await ReadAsync(await fileSystem.OpenStreamAsync(entry, stream.Name, cancellationToken), maxContent, cancellationToken));
            }
        });
    }

    /// <summary>Reads the beginning, the end and the runs of a content.</summary>
    static async Task ReadAsync(IBlockDevice content, int maxContent, CancellationToken cancellationToken)
    {
        await using (content)
        {
            // Rented: what all is allocated is judged, and should be the reader's.
            var length = (int)Math.Min(content.Length, maxContent);
            var buffer = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                await content.ReadAsync(0, buffer.AsMemory(0, length), cancellationToken);
                await content.ReadAsync(content.Length - length, buffer.AsMemory(0, length), cancellationToken);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            var left = MaxEntries;
            await foreach (var run in content.RunsAsync(0, content.Length, cancellationToken))
            {
                if (run.Length <= 0)
                {
                    throw new InvalidOperationException($"A run at {run.Offset} has {run.Length} bytes.");
                }

                if (--left == 0)
                {
                    break;
                }
            }
        }
    }

    static async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception exception) when (IsDocumented(exception))
        {
            // One damaged file does not end the work on the others.
        }
    }
}
