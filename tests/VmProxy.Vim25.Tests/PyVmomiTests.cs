using System.Text;
using System.Xml.Linq;
using CliWrap;
using CliWrap.Buffered;
using VmProxy.Testing;

namespace VmProxy.Vim25.Tests;

/// <summary>pyVmomi as judge of reader and writer: it understands every type that we write, and we understand what it writes.</summary>
public class PyVmomiTests
{
    /// <summary>
    /// What pyVmomi gives back in another form or not at all: it folds a LocalizedMethodFault into the fault, takes TaskInfo.name for one
    /// of its methods, and cannot nest the lists that a VirtualMachineMessage might hold.
    /// </summary>
    private static readonly string[] Beyond = ["MethodFault", "LocalizedMethodFault", "TaskInfo", "VirtualMachineMessage", "DynamicData", "InternalServiceInstanceContent"];

    [Test]
    public async Task EveryTypeGoesThereAndBack()
    {
        var values = VimSchema.Types.Values.Where(type => !type.IsEnum && type.BaseName is not null && !Beyond.Contains(type.Name) && !VimSchema.IsA(type.Name, "MethodFault"))
            .OrderBy(type => type.Name, StringComparer.Ordinal)
            .Select(type => new RandomObjects(type.Name.Length, RandomObjects.TypeNames).Object(type.Name, depth: 2))
            .ToList();
        Assert.That(values, Has.Count.GreaterThan(400));

        var answers = await EchoAsync(values.Select(value => Xml.Write(value, "anyType")));

        var problems = values.Zip(answers, (value, answer) => Problem(value, answer)).OfType<string>().ToList();
        Assert.That(problems, Has.Count.Zero, string.Join('\n', problems.Take(20)));
    }

    private static string? Problem(DataObject value, string answer)
    {
        if (answer.StartsWith("error", StringComparison.Ordinal))
        {
            return $"{value.TypeName}: {answer[^Math.Min(answer.Length, 300)..]}";
        }

        var read = VimXml.Read(XElement.Parse(answer, LoadOptions.PreserveWhitespace).Elements().Single(), "anyType");
        return Same.Difference(value, read) is { } difference ? $"{value.TypeName}{difference}" : null;
    }

    private static async Task<string[]> EchoAsync(IEnumerable<XElement> values)
    {
        Tool.Require("python3", "python3-pyvmomi");
        var result = await Cli.Wrap("/usr/bin/python3")
            .WithArguments([Path.Combine(AppContext.BaseDirectory, "pyvmomi_echo.py")])
            .WithStandardInputPipe(PipeSource.FromString(string.Join('\n', values.Select(value => value.ToString(SaveOptions.DisableFormatting)))))
            .ExecuteBufferedAsync(Encoding.UTF8);
        return result.StandardOutput.TrimEnd('\n').Split('\n');
    }
}
