namespace VmProxy.Engine.Reports;

/// <summary>The jobs report as CSV: one line a VM of a run.</summary>
public static class JobsCsv
{
    /// <summary>Writes the report.</summary>
    public static string Write(JobsReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return "run,job,virtualMachine,outcome,level,point,started,ended,changedBytes,readBytes,storedBytes,error,warnings\n"
            + string.Concat(report.Runs.SelectMany(run => run.VirtualMachines.Select(vm => Csv.Line(
                Csv.Text(run.Id), Csv.Text(run.Job), Csv.Text(vm.Name), Csv.Word(vm.Outcome), Csv.Text(vm.Level), Csv.Text(vm.Point), Csv.Time(vm.Started),
                Csv.Time(vm.Ended), Csv.Number(vm.ChangedBytes), Csv.Number(vm.ReadBytes), Csv.Number(vm.StoredBytes), Csv.Text(vm.Error?.Code),
                Csv.Text(string.Join(' ', vm.Warnings.Select(warning => warning.Code)))))));
    }
}
