using System.Globalization;
using Spectre.Console;
using VmProxy.Engine.Compare;

namespace VmProxy.Cli.Output;

/// <summary>The result of <c>doctor --compare</c> for people.</summary>
static class ComparisonTable
{
    public static void Write(IAnsiConsole console, ComparisonReport report)
    {
        var table = Tables.Create("DISK", "FORM", "TRANSPORT", "RESULT", "BLOCKS>", "WITH DATA>");
        foreach (var disk in report.Disks)
        {
            foreach (var transport in disk.Transports)
            {
                table.Row(
                    disk.Label, disk.Form, transport.Transport, Text(transport.Verdict), disk.Blocks.ToString(CultureInfo.InvariantCulture),
                    disk.DataBlocks.ToString(CultureInfo.InvariantCulture));
            }
        }

        console.Print(table);
        console.Line($"{report.VirtualMachine} runs on a host of build {report.HostBuild}; what is proved holds for such hosts and disks of these forms.");
        foreach (var warning in report.Warnings)
        {
            console.Line($"warning: {warning.Line()}");
        }
    }

    static string Text(ComparisonVerdict verdict) => verdict switch
    {
        ComparisonVerdict.Proven => "proved",
        ComparisonVerdict.Differs => "DIFFERS",
        ComparisonVerdict.Failed => "failed",
        _ => "not compared",
    };
}
