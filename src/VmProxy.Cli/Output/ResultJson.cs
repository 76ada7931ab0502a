using System.Text.Json.Serialization;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Capacity;
using VmProxy.Engine.Care;
using VmProxy.Engine.Compare;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Files;
using VmProxy.Engine.Listing;
using VmProxy.Engine.Points;
using VmProxy.Engine.Reports;
using VmProxy.Engine.Restore;
using VmProxy.Engine.Selection;
using VmProxy.Engine.Serving;
using VmProxy.Engine.Verify;

namespace VmProxy.Cli.Output;

/// <summary>The JSON of every result: camelCase names, bytes as integers, times ISO 8601 UTC.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    UseStringEnumConverter = true,
    Converters = [typeof(UtcTimeConverter), typeof(CamelCaseEnumConverter<Outcome>), typeof(CamelCaseEnumConverter<BackupLevel>), typeof(CamelCaseEnumConverter<ComparisonVerdict>), typeof(CamelCaseEnumConverter<DoctorStatus>),
        typeof(CamelCaseEnumConverter<CapacityLevel>), typeof(CamelCaseEnumConverter<FillVerdict>), typeof(CamelCaseEnumConverter<RunResult>),
        typeof(CamelCaseEnumConverter<VmResult>), typeof(CamelCaseEnumConverter<VmCoverage>)])]
[JsonSerializable(typeof(BackupReport))]
[JsonSerializable(typeof(CapacityReport))]
[JsonSerializable(typeof(CatalogRebuilt))]
[JsonSerializable(typeof(ChangeTrackingResetReport))]
[JsonSerializable(typeof(ComparisonReport))]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(FilesReport))]
[JsonSerializable(typeof(GrowthReport))]
[JsonSerializable(typeof(IReadOnlyList<DatastoreListing>))]
[JsonSerializable(typeof(IReadOnlyList<VmListing>))]
[JsonSerializable(typeof(IndexRebuilt))]
[JsonSerializable(typeof(JanitorReport))]
[JsonSerializable(typeof(JobsReport))]
[JsonSerializable(typeof(PaperKeyExported))]
[JsonSerializable(typeof(PointChange))]
[JsonSerializable(typeof(PointDetails))]
[JsonSerializable(typeof(PointList))]
[JsonSerializable(typeof(PruneResult))]
[JsonSerializable(typeof(RepositoryCheckReport))]
[JsonSerializable(typeof(RepositoryCreated))]
[JsonSerializable(typeof(RepositoryKeyChanged))]
[JsonSerializable(typeof(RepositoryKeyRotated))]
[JsonSerializable(typeof(RepositoryKeysReport))]
[JsonSerializable(typeof(RepositoryStats))]
[JsonSerializable(typeof(RestoreReport))]
[JsonSerializable(typeof(ServedDisk))]
[JsonSerializable(typeof(VerifyReport))]
[JsonSerializable(typeof(VolumeList))]
sealed partial class ResultJson : JsonSerializerContext;
