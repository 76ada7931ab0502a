using System.Buffers.Binary;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles.Tests.Xfs;

sealed class XfsLogTransactionsTests
{
    const int RecordSize = 256 * 1024;
    const int OperationSize = 12;
    const byte Start = 1;

    [Test]
    public async Task Transactions_that_only_begin_are_bounded_as_those_with_content()
    {
        var (record, data) = await RecordAsync();
        var transactions = new XfsLogTransactions();
        uint next = 1;
        var added = 0;
        Assert.That(
            () =>
            {
                for (; added < 70; added++)
                {
                    for (var at = 0; at + OperationSize <= data.Length; at += OperationSize)
                    {
                        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(at), next++);
                        data[at + 9] = Start;
                    }

                    transactions.Add(record, data);
                }
            },
            Throws.TypeOf<GuestFileException>().With.Message.Contains("open at a time"));
        Assert.That(added, Is.InRange(20, 60));
    }

    /// <summary>A record of operations, in the log of an image that was just made.</summary>
    static async Task<(XfsLogRecord Record, byte[] Data)> RecordAsync()
    {
        using var image = await XfsImage.MakeAsync("320M", "-m crc=0");
        await using var device = await FileBlockDevice.OpenAsync(image.Path);
        var (superblock, _) = await XfsSuperblockFinder.FindAsync(device, CancellationToken.None);
        var head = new byte[512];
        foreach (var (at, value) in new (int, uint)[]
        {
            (0, XfsLogArea.Magic), (4, 1), (8, 2), (12, RecordSize), (16, 1), (24, 1), (40, RecordSize / OperationSize), (300, 1), (320, RecordSize),
        })
        {
            BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(at), value);
        }

        superblock.Uuid.CopyTo(head.AsSpan(304));
        await image.PatchAsync(superblock.ByteOf(superblock.LogStart), head);
        return ((await XfsLogRecord.ReadAsync(new XfsLogArea(device, superblock), 0, CancellationToken.None))!, new byte[RecordSize]);
    }
}
