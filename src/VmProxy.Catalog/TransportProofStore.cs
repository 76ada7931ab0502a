namespace VmProxy.Catalog;

/// <summary>What comparisons of transports have proved.</summary>
public sealed class TransportProofStore
{
    readonly CatalogFile _file;
    readonly TimeProvider _time;

    internal TransportProofStore(CatalogFile file, TimeProvider time) => (_file, _time) = (file, time);

    /// <summary>Records a proof; a newer one of the same transport, form and build takes its place.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task RecordAsync(TransportProof proof, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(proof);
        return _file.ExecuteAsync("recording a proof", """
            INSERT OR REPLACE INTO transport_proof (transport, disk_form, host_build, compared_with, blocks, proven_at, run_id, vm_name)
            VALUES (@Transport, @DiskForm, @HostBuild, @ComparedWith, @Blocks, @now, @RunId, @VmName)
            """,
            new
            {
                proof.Transport,
                proof.DiskForm,
                proof.HostBuild,
                proof.ComparedWith,
                proof.Blocks,
                proof.RunId,
                proof.VmName,
                now = UtcText.From(_time.GetUtcNow()),
            },
            cancellationToken);
    }

    /// <summary>Takes a proof back, because the transport was found to read wrongly; no error when there is none.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task RevokeAsync(string transport, string diskForm, string hostBuild, CancellationToken cancellationToken) => _file.ExecuteAsync(
        "taking a proof back",
        "DELETE FROM transport_proof WHERE transport = @transport AND disk_form = @diskForm AND host_build = @hostBuild",
        new { transport, diskForm, hostBuild },
        cancellationToken);

    /// <summary>Every proof.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<IReadOnlyList<TransportProof>> ListAsync(CancellationToken cancellationToken)
    {
        var rows = await _file.QueryAsync<Row>("reading proofs", """
            SELECT transport AS Transport, disk_form AS DiskForm, host_build AS HostBuild, compared_with AS ComparedWith, blocks AS Blocks,
                   proven_at AS ProvenAt, run_id AS RunId, vm_name AS VmName
            FROM transport_proof ORDER BY transport, disk_form, host_build
            """, new { }, cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(row => row.ToProof())];
    }

    sealed class Row
    {
        public required string Transport { get; init; }
        public required string DiskForm { get; init; }
        public required string HostBuild { get; init; }
        public required string ComparedWith { get; init; }
        public required long Blocks { get; init; }
        public required string ProvenAt { get; init; }
        public required string RunId { get; init; }
        public required string VmName { get; init; }

        public TransportProof ToProof() => new()
        {
            Transport = Transport,
            DiskForm = DiskForm,
            HostBuild = HostBuild,
            ComparedWith = ComparedWith,
            Blocks = Blocks,
            RunId = RunId,
            VmName = VmName,
            ProvenAt = UtcText.Parse(ProvenAt),
        };
    }
}
