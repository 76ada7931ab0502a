using VmProxy.Engine.Files.Targets;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files;

/// <summary>Writes the bytes of one guest file to a stream.</summary>
public static class FileCat
{
    /// <summary>Writes the file.</summary>
    /// <exception cref="GuestFileException">There is no such file, or it cannot be read; what was read before is written.</exception>
    public static async Task RunAsync(GuestDisks disks, string place, Stream output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        var location = await GuestLocation.ResolveAsync(disks, place, followLast: true, cancellationToken).ConfigureAwait(false);
        var content = await location.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            await ContentPieces.ReadAsync(content, skipsHoles: false, (_, piece) => output.WriteAsync(piece, cancellationToken), cancellationToken).ConfigureAwait(false);
        }

        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }
}
