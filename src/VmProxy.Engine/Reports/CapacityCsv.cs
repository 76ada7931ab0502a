using VmProxy.Engine.Capacity;

namespace VmProxy.Engine.Reports;

/// <summary>The capacity report and the growth report as CSV: one line a datastore or repository.</summary>
public static class CapacityCsv
{
    /// <summary>The capacity report.</summary>
    public static string Write(CapacityReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return "taken,vcenter,datastore,type,capacityBytes,usedBytes,freeBytes,freePercent,uncommittedBytes,virtualMachines,snapshots,oldestSnapshot,accessible,belowFloor,"
            + "level,provisionedPercent,snapshotBytes,swapBytes,forecast,fullAt,earliest,latest,bytesPerDay\n"
            + string.Concat(report.Datastores.Select(row => Csv.Line(
                Csv.Time(report.Taken), Csv.Text(row.Vcenter), Csv.Text(row.Name), Csv.Text(row.Type), Csv.Number(row.CapacityBytes), Csv.Number(row.UsedBytes),
                Csv.Number(row.FreeBytes), Csv.Number(row.FreePercent), Csv.Number(row.UncommittedBytes), Csv.Number(row.VirtualMachines),
                Csv.Number(row.Snapshots), Csv.Time(row.OldestSnapshot), Csv.Flag(row.Accessible), Csv.Flag(row.BelowFloor), Csv.Word(row.Level),
                Csv.Number(row.ProvisionedPercent), Csv.Number(row.SnapshotBytes), Csv.Number(row.SwapBytes), Csv.Word(row.Forecast.Verdict),
                Csv.Time(row.Forecast.FullAt), Csv.Time(row.Forecast.Earliest), Csv.Time(row.Forecast.Latest), Csv.Number(row.Forecast.BytesPerDay))));
    }

    /// <summary>The growth report.</summary>
    public static string Write(GrowthReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return "taken,repository,location,counted,points,protectedBytes,storedBytes,metadataBytes,diskCapacityBytes,diskFreeBytes,level,forecast,fullAt,earliest,latest,bytesPerDay\n"
            + string.Concat(report.Repositories.Select(row => Csv.Line(
                Csv.Time(report.Taken), Csv.Text(row.Name), Csv.Text(row.Location), Csv.Time(row.Counted), Csv.Number(row.Points), Csv.Number(row.ProtectedBytes),
                Csv.Number(row.StoredBytes), Csv.Number(row.MetadataBytes), Csv.Number(row.DiskCapacityBytes), Csv.Number(row.DiskFreeBytes), Csv.Word(row.Level),
                Csv.Word(row.Forecast.Verdict), Csv.Time(row.Forecast.FullAt), Csv.Time(row.Forecast.Earliest), Csv.Time(row.Forecast.Latest),
                Csv.Number(row.Forecast.BytesPerDay))));
    }
}
