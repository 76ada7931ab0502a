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
    /// pyVmomi folds a LocalizedMethodFault into the fault itself and turns strings that name types into classes, so such values do not come
    /// back in the form in which they were sent, although they mean the same.
    /// </summary>
    [Test]
    public async Task EveryTypeGoesThereAndBack()
    {
        var values = VimSchema.Types.Values.Where(type => !type.IsEnum && type.Name is not ("DynamicData" or "DynamicProperty"))
            .Where(type => !VimSchema.IsA(type.Name, "MethodFault") && type.Name != "LocalizedMethodFault")
            .OrderBy(type => type.Name, StringComparer.Ordinal)
            .Select(type => new RandomObjects(type.Name.Length, RandomObjects.TypeNames).Object(type.Name, depth: 2))
            .ToList();

        var answers = await EchoAsync(values.Select(value => Xml.Write(value, "anyType")));

        var problems = values.Zip(answers, (value, answer) => Problem(value, answer)).OfType<string>().ToList();
        Assert.That(problems, Is.Empty, string.Join('\n', problems.Take(20)));
    }

    private static string? Problem(DataObject value, string answer)
    {
        if (answer.StartsWith("error", StringComparison.Ordinal))
        {
            return $"{value.TypeName}: {answer}";
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
