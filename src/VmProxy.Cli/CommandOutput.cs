using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace VmProxy.Cli;

/// <summary>Where a command prints its result, and in which form.</summary>
class CommandOutput(Terminal terminal, bool json)
{
    public Terminal Terminal { get; } = terminal;

    public bool Json { get; } = json;

    /// <summary>Prints a result: one JSON document for programs, or what <paramref name="forPeople"/> draws.</summary>
    public void Write<T>(T result, JsonTypeInfo<T> type, Action<IAnsiConsole> forPeople)
    {
        if (Json)
        {
            Terminal.Output.WriteLine(JsonSerializer.Serialize(result, type));
        }
        else
        {
            forPeople(Terminal.OutputConsole);
        }
    }
}
