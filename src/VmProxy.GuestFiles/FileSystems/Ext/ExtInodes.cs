namespace VmProxy.GuestFiles;

/// <summary>
/// Reads inodes through windows of their tables: neighbours cost one read, and a reader that goes through a table in order finds the next windows under way. A window is
/// never changed once it is loaded, so inodes are given as views of it.
/// </summary>
sealed class ExtInodes(ExtVolume volume) : IAsyncDisposable
{
    const int WindowBytes = 64 * 1024;
    const int Slots = 256;
    const int ReadAhead = 4;

    readonly Window?[] _slots = new Window?[Slots];
    bool _isDisposed;

    /// <summary>The inode, checked against its checksum.</summary>
    /// <exception cref="GuestFileException">There is no such inode, or it is damaged.</exception>
    public ValueTask<ExtInode> ReadAsync(uint number, CancellationToken cancellationToken) =>
        TryGet(number, out var inode) ? ValueTask.FromResult(Checked(inode)) : LoadAsync(number, cancellationToken);

    /// <summary>The inode if it is in memory, not yet checked.</summary>
    public bool TryGet(uint number, out ExtInode inode)
    {
        var offset = OffsetOf(number);
        var window = Volatile.Read(ref _slots[SlotOf(offset)]);
        if (window is null || window.Index != offset / WindowBytes || !window.Loaded.IsCompletedSuccessfully)
        {
            inode = default;
            return false;
        }

        inode = InodeIn(window, offset, number);
        return true;
    }

    /// <summary>The inode itself, once it is known to match its checksum.</summary>
    /// <exception cref="GuestFileException">It does not.</exception>
    public ExtInode Checked(ExtInode inode)
    {
        var superblock = volume.Superblock;
        return !superblock.HasChecksums || inode.IsSound(superblock.ChecksumSeed) || IsFastCommitted(inode.Number) ? inode
            : throw volume.Damaged($"inode {inode.Number}", "does not match its checksum");
    }

    /// <summary>Begins to load the window of an inode, if it is not there and its slot is free to change.</summary>
    public void Prefetch(uint number)
    {
        if (number > 0 && number <= volume.Superblock.InodeCount && volume.Groups.HasTableOf(GroupOf(number)))
        {
            _ = StartOrGet(OffsetOf(number) / WindowBytes);
        }
    }

    /// <summary>Waits for loads that nobody waits for.</summary>
    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isDisposed, true);
        for (var slot = 0; slot < Slots; slot++)
        {
            while (Volatile.Read(ref _slots[slot]) is { } window && !window.Loaded.IsCompleted)
            {
                await window.Loaded.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    bool IsFastCommitted(uint number) => volume.FastCommits is { } commits && commits.InodeOf(number) is not null;

    long GroupOf(uint number) => (number - 1) / volume.Superblock.InodesPerGroup;

    /// <summary>Where an inode lies, which is inside of the volume.</summary>
    long OffsetOf(uint number)
    {
        var superblock = volume.Superblock;
        return number == 0 || number > superblock.InodeCount
            ? throw volume.Damaged($"inode {number}", $"does not exist: there are {superblock.InodeCount}")
            : volume.Groups.TableOf(GroupOf(number)) + ((number - 1) % superblock.InodesPerGroup * (long)superblock.InodeSize);
    }

    /// <summary>The inode as it lies, whatever its checksum.</summary>
    public ValueTask<ExtInode> ReadRawAsync(uint number, CancellationToken cancellationToken) =>
        TryGet(number, out var inode) ? ValueTask.FromResult(inode) : LoadRawAsync(number, cancellationToken);

    async ValueTask<ExtInode> LoadAsync(uint number, CancellationToken cancellationToken) =>
        Checked(await LoadRawAsync(number, cancellationToken).ConfigureAwait(false));

    async ValueTask<ExtInode> LoadRawAsync(uint number, CancellationToken cancellationToken)
    {
        var offset = OffsetOf(number);
        var index = offset / WindowBytes;
        Window? window;
        while ((window = StartOrGet(index)) is null)
        {
            // Another window is being loaded into the slot: loads are found in slots only, so it has to end there.
            var other = Volatile.Read(ref _slots[index % Slots]);
            await (other?.Loaded ?? Task.CompletedTask).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }

        ReadAheadOf(index);
        await window.Loaded.WaitAsync(cancellationToken).ConfigureAwait(false);
        return InodeIn(window, offset, number);
    }

    void ReadAheadOf(long index)
    {
        if (Volatile.Read(ref _slots[(index + Slots - 1) % Slots])?.Index != index - 1)
        {
            return;
        }

        for (var next = index + 1; next <= index + ReadAhead && next * WindowBytes < volume.Device.Length; next++)
        {
            _ = StartOrGet(next);
        }
    }

    /// <summary>The window, loaded or loading; null while its slot loads another.</summary>
    Window? StartOrGet(long index)
    {
        ref var slot = ref _slots[index % Slots];
        var there = Volatile.Read(ref slot);
        if (there?.Index == index && !there.Loaded.IsFaulted)
        {
            return there;
        }

        if (there is { Loaded.IsCompleted: false })
        {
            return null;
        }

        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
        var window = new Window(index, (int)Math.Min(WindowBytes, volume.Device.Length - (index * WindowBytes)));
        if (Interlocked.CompareExchange(ref slot, window, there) != there)
        {
            return Volatile.Read(ref slot) is { } winner && winner.Index == index ? winner : null;
        }

        window.Start(volume);
        return window;
    }

    ExtInode InodeIn(Window window, long offset, uint number)
    {
        var size = volume.Superblock.InodeSize;
        return volume.FastCommits?.InodeOf(number) is { } bytes
            ? new ExtInode(bytes, 0, size, number)
            : new ExtInode(window.Bytes, (int)(offset % WindowBytes), size, number);
    }

    static long SlotOf(long offset) => offset / WindowBytes % Slots;

    sealed class Window(long index, int length)
    {
        readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Index => index;

        public byte[] Bytes { get; } = new byte[length];

        public Task Loaded => _loaded.Task;

        public void Start(ExtVolume volume) => _ = LoadAsync(volume);

        async Task LoadAsync(ExtVolume volume)
        {
            try
            {
                await volume.Device.ReadAsync(index * WindowBytes, Bytes, CancellationToken.None).ConfigureAwait(false);
                _loaded.SetResult();
            }
#pragma warning disable CA1031 // It is handed to whoever waits for the window.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                _loaded.SetException(exception);
                _ = _loaded.Task.Exception;
            }
        }
    }
}
