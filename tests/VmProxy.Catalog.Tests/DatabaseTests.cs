using System.Runtime.Versioning;
using Microsoft.Data.Sqlite;

namespace VmProxy.Catalog.Tests;

sealed class DatabaseTests : CatalogFixture
{
    [Test]
    public async Task Reopening_keeps_the_installation()
    {
        var first = Catalog.Installation;
        await Catalog.DisposeAsync();
        Time.Advance(TimeSpan.FromDays(1));
        await using var again = await OpenAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(again.Installation.Id, Is.EqualTo(first.Id).And.Length.EqualTo(16));
            Assert.That(again.Installation.CreatedAt, Is.EqualTo(first.CreatedAt));
            Assert.That(again.Installation.Mark.Verify(first.Mark.Create("r", "vc", "vm"), "vc", "vm").Ownership, Is.EqualTo(Ownership.Ours));
        }
    }

    [Test]
    [SupportedOSPlatform("linux")]
    public async Task Only_the_owner_may_read_the_file_and_its_companions()
    {
        await BeginRunAsync();
        var files = Directory.GetFiles(Folder.Path);
        Assert.That(files, Has.Length.GreaterThanOrEqualTo(2));
        Assert.That(files.Select(System.IO.File.GetUnixFileMode), Is.All.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public async Task The_journal_lies_behind_a_synced_write_ahead_log()
    {
        var file = new CatalogFile(File);
        await using var connection = await file.ConnectAsync(default);
        Assert.That(Scalar(connection, "PRAGMA journal_mode"), Is.EqualTo("wal"));
        Assert.That(Scalar(connection, "PRAGMA synchronous"), Is.EqualTo(2L), "FULL");
        Assert.That(Scalar(connection, "PRAGMA foreign_keys"), Is.EqualTo(1L));
    }

    [Test]
    public async Task A_newer_catalog_is_refused_and_left_alone()
    {
        await Catalog.DisposeAsync();
        Execute("PRAGMA user_version = 9999");
        var exception = Assert.ThrowsAsync<CatalogException>(OpenAsync);
        Assert.That(exception.Code, Is.EqualTo(CatalogErrorCodes.Newer));
        Assert.That(exception.Message, Does.Contain(File).And.Contain("9999").And.Contain("later"));
        Assert.That(Execute("PRAGMA user_version"), Is.EqualTo(9999L));
    }

    [Test]
    public void A_file_that_is_no_database_is_named_with_the_way_out()
    {
        var other = Folder["notes.txt"];
        System.IO.File.WriteAllText(other, new string('x', 8192));
        var exception = Assert.ThrowsAsync<CatalogException>(() => CatalogDatabase.OpenAsync(other, Time, default));
        Assert.That(exception.Code, Is.EqualTo(CatalogErrorCodes.Damaged));
        Assert.That(exception.Message, Does.Contain(other).And.Contain("catalog rebuild"));
        Assert.That(System.IO.File.ReadAllText(other), Is.EqualTo(new string('x', 8192)), "a foreign file is not touched");
    }

    [Test]
    public void A_database_of_another_program_is_refused()
    {
        var other = Folder["other.db"];
        using (var connection = new SqliteConnection($"Data Source={other};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE theirs (x)";
            command.ExecuteNonQuery();
        }

        var exception = Assert.ThrowsAsync<CatalogException>(() => CatalogDatabase.OpenAsync(other, Time, default));
        Assert.That(exception.Code, Is.EqualTo(CatalogErrorCodes.Damaged));
        Assert.That(exception.Message, Does.Contain("another program"));
    }

    [Test]
    public async Task A_damaged_page_is_reported_as_damage()
    {
        for (var i = 0; i < 200; i++)
        {
            await Catalog.Points.UpsertAsync(Point($"20261122T{i:D6}Z-aaaa", Time.GetUtcNow()), default);
        }

        await Catalog.DisposeAsync();
        var bytes = await System.IO.File.ReadAllBytesAsync(File);
        // Everything after the schema's first page: the header still says that it is a database.
        bytes.AsSpan(4096).Fill(0x5A);
        await System.IO.File.WriteAllBytesAsync(File, bytes);
        var exception = Assert.CatchAsync<CatalogException>(async () =>
        {
            await using var damaged = await OpenAsync();
            await damaged.Points.ListAsync(new PointFilter(), default);
        });
        Assert.That(exception.Code, Is.EqualTo(CatalogErrorCodes.Damaged));
    }

    [Test]
    public void A_folder_that_cannot_be_made_is_named()
    {
        System.IO.File.WriteAllBytes(Folder["file"], []);
        var exception = Assert.ThrowsAsync<CatalogException>(() => CatalogDatabase.OpenAsync(Folder["file/catalog.db"], Time, default));
        Assert.That(exception.Code, Is.EqualTo(CatalogErrorCodes.Unavailable));
        Assert.That(exception.Message, Does.Contain(Folder["file/catalog.db"]));
    }

    [Test]
    public async Task Many_may_open_a_new_catalog_at_once()
    {
        var path = Folder["shared/catalog.db"];
        var catalogs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => CatalogDatabase.OpenAsync(path, Time, default))));
        Assert.That(catalogs.Select(catalog => catalog.Installation.Id).Distinct().Count(), Is.EqualTo(1));
        foreach (var catalog in catalogs)
        {
            await catalog.DisposeAsync();
        }
    }

    [Test]
    public async Task What_was_journalled_survives_a_copy_of_the_files_as_a_crash_leaves_them()
    {
        var run = await BeginRunAsync();
        var id = await Catalog.Journal.BeginAsync(SnapshotEntry(run.Id), default);
        // Nothing is closed or checkpointed: what is on disk now is what a kill would leave.
        var crashed = Folder["crashed"];
        Directory.CreateDirectory(crashed);
        foreach (var file in Directory.GetFiles(Folder.Path).Where(name => !name.EndsWith("-shm", StringComparison.Ordinal)))
        {
            System.IO.File.Copy(file, System.IO.Path.Combine(crashed, System.IO.Path.GetFileName(file)));
        }

        await using var after = await CatalogDatabase.OpenAsync(System.IO.Path.Combine(crashed, "catalog.db"), Time, default);
        var open = await after.Journal.ListOpenAsync(default);
        Assert.That(open.Select(entry => (entry.Id, entry.State)), Is.EqualTo(new[] { (id, JournalState.Planned) }));
    }

    [Test]
    public async Task A_write_ahead_log_torn_at_any_place_keeps_a_prefix_of_the_journal()
    {
        var run = await BeginRunAsync();
        for (var i = 0; i < 6; i++)
        {
            await Catalog.Journal.BeginAsync(SnapshotEntry(run.Id) with { Mark = $"mark-{i}" }, default);
        }

        var database = await ReadSharedAsync(File);
        var log = await ReadSharedAsync(File + "-wal");
        var last = -1;
        for (var length = 0; length <= log.Length; length += Math.Max(1, log.Length / 40))
        {
            var torn = Folder[$"torn-{length}.db"];
            await System.IO.File.WriteAllBytesAsync(torn, database);
            await System.IO.File.WriteAllBytesAsync(torn + "-wal", log[..length]);
            await using var after = await CatalogDatabase.OpenAsync(torn, Time, default);
            var marks = (await after.Journal.ListOpenAsync(default)).Select(entry => entry.Entry.Mark).ToList();
            Assert.That(marks, Is.EqualTo(Enumerable.Range(0, marks.Count).Select(i => $"mark-{i}")), $"log cut at {length}");
            Assert.That(marks, Has.Count.GreaterThanOrEqualTo(last));
            last = marks.Count;
        }

        Assert.That(last, Is.GreaterThanOrEqualTo(5));
    }

    static async Task<byte[]> ReadSharedAsync(string path)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    object? Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        return Scalar(connection, sql);
    }
}
