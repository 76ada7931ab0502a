using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>The volume after its log, if one was left behind, was replayed in memory, as the kernel does it on disk when it mounts.</summary>
/// <param name="Device">The volume to read.</param>
/// <param name="Superblock">Its superblock, which the log can change.</param>
/// <param name="Findings">What is to be said of it.</param>
sealed record XfsReplay(IBlockDevice Device, XfsSuperblock Superblock, IReadOnlyList<GuestProblem> Findings)
{
    /// <summary>Replays the log if there is need. What it cannot do it tells in the findings; the volume is then read as it lies on the disk.</summary>
    /// <exception cref="BlockDeviceException">The volume could not be read.</exception>
    public static async ValueTask<XfsReplay> RunAsync(IBlockDevice volume, XfsSuperblock superblock, CancellationToken cancellationToken)
    {
        if (superblock.LogStart == 0)
        {
            return new XfsReplay(volume, superblock, [NotReplayed("The log lies on another device.")]);
        }

        try
        {
            var log = new XfsLogArea(volume, superblock);
            var ends = await XfsLogEnds.FindAsync(log, cancellationToken).ConfigureAwait(false);
            return ends.IsClean || ends.Head == ends.Tail ? new XfsReplay(volume, superblock, [])
                : await new Run(volume, log, ends).RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (GuestFileException exception)
        {
            return new XfsReplay(volume, superblock, [NotReplayed(exception.Message)]);
        }
    }

    static GuestProblem NotReplayed(string why) => new(
        GuestFileErrorCodes.LogNotReplayed, "log", $"{why} It was not replayed: if the file system was in use, files are those of the last write to their places.") { IsWarning = true };

    sealed class Run
    {
        readonly XfsLogArea _log;
        readonly XfsLogEnds _ends;
        readonly XfsSuperblock _superblock;
        readonly XfsOverlay _overlay;
        readonly XfsCanceledBuffers _canceled = new();
        readonly XfsIntents _intents = new();
        readonly XfsBufferReplay _buffers;
        readonly XfsInodeReplay _inodes;
        int _transactions;

        public Run(IBlockDevice volume, XfsLogArea log, XfsLogEnds ends)
        {
            _log = log;
            _ends = ends;
            _superblock = log.Superblock;
            _overlay = new XfsOverlay(volume, _superblock.BlockSize);
            _buffers = new XfsBufferReplay(_overlay, _superblock, _canceled);
            _inodes = new XfsInodeReplay(_overlay, _superblock, _canceled);
        }

        public async ValueTask<XfsReplay> RunAsync(CancellationToken cancellationToken)
        {
            await foreach (var transaction in TransactionsAsync(cancellationToken).ConfigureAwait(false))
            {
                foreach (var item in transaction.Items.Where(item => item.Type == XfsLogItemType.Buffer))
                {
                    var (sector, sectors) = XfsBufferReplay.PlaceOf(item);
                    if (XfsBufferReplay.IsCancel(item))
                    {
                        _canceled.Add(sector, sectors);
                    }
                }
            }

            await foreach (var transaction in TransactionsAsync(cancellationToken).ConfigureAwait(false))
            {
                await ReplayAsync(transaction, cancellationToken).ConfigureAwait(false);
                _transactions++;
            }

            var first = await _overlay.ReadAsync(0, (int)Math.Min(XfsSuperblock.MaxSector, _overlay.Device.Length), cancellationToken).ConfigureAwait(false);
            var found = new GuestProblem(
                GuestFileErrorCodes.LogReplayed, "log",
                $"The file system was in use. {_transactions} transactions were replayed from its log in memory: {_buffers.Count} buffers and {_inodes.Count} changes of inodes, {_overlay.Count} blocks.")
            {
                IsWarning = true,
            };
            return new XfsReplay(_overlay.Device, Reread(first), [found, .. _intents.Findings()]);
        }

        XfsSuperblock Reread(byte[] first)
        {
            try
            {
                var changed = XfsSuperblock.Parse(first, "superblock");
                return _superblock.IsGrownTo(changed) ? changed : _superblock;
            }
            catch (GuestFileException)
            {
                // The first was damaged before, and a copy is in use.
                return _superblock;
            }
        }

        async IAsyncEnumerable<XfsLogTransaction> TransactionsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var transactions = new XfsLogTransactions();
            var left = (_ends.Head - _ends.Tail + _log.Sectors) % _log.Sectors;
            for (var sector = _ends.Tail; left > 0;)
            {
                var record = await XfsLogRecord.ReadAsync(_log, sector, cancellationToken).ConfigureAwait(false)
                    ?? throw GuestFileException.Damaged("log", $"The log has no record at sector {sector}.");
                var data = await record.ReadDataAsync(_log, cancellationToken).ConfigureAwait(false)
                    ?? throw GuestFileException.Damaged("log", $"The log's record at sector {sector} has a wrong checksum.");
                foreach (var transaction in transactions.Add(record, data))
                {
                    yield return transaction;
                }

                left -= record.Sectors;
                sector = (sector + record.Sectors) % _log.Sectors;
            }
        }

        /// <summary>Buffers first, since inodes lie in them; then everything else; freed buffers last.</summary>
        async ValueTask ReplayAsync(XfsLogTransaction transaction, CancellationToken cancellationToken)
        {
            foreach (var item in transaction.Items.OrderBy(Order))
            {
                cancellationToken.ThrowIfCancellationRequested();
                switch (item.Type)
                {
                    case XfsLogItemType.Buffer:
                        await _buffers.ReplayAsync(item, transaction.Moment, cancellationToken).ConfigureAwait(false);
                        break;
                    case XfsLogItemType.InodeCreate:
                        await _inodes.CreateAsync(item, cancellationToken).ConfigureAwait(false);
                        break;
                    case XfsLogItemType.Inode:
                        await _inodes.ReplayAsync(item, transaction.Moment, cancellationToken).ConfigureAwait(false);
                        break;
                    case >= XfsLogItemType.ExtentFree and <= XfsLogItemType.Last:
                        _intents.Add(item);
                        break;
                    default:
                        throw GuestFileException.Unsupported("log", $"The log has a change of the unknown kind {item.Type:x}.");
                }
            }
        }

        static int Order(XfsLogItem item) => item.Type switch
        {
            XfsLogItemType.InodeCreate => 0,
            XfsLogItemType.Buffer when XfsBufferReplay.IsCancel(item) => 3,
            XfsLogItemType.Buffer when XfsBufferReplay.IsInodeBuffer(item) => 2,
            XfsLogItemType.Buffer => 0,
            _ => 1,
        };
    }
}
