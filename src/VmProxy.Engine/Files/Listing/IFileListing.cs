using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Listing;

/// <summary>How a listing of guest files is written: as it comes, since there may be millions.</summary>
interface IFileListing : IAsyncDisposable
{
    ValueTask BeginAsync(GuestLocation location, CancellationToken cancellationToken);

    ValueTask AddAsync(ListedFile file, CancellationToken cancellationToken);

    ValueTask EndAsync(GuestProblems problems, CancellationToken cancellationToken);
}
