using System.CommandLine;
using VmProxy.Lab.Control;

namespace VmProxy.Lab.Cli;

/// <summary>vmproxy-lab faults: arms and disarms faults by name.</summary>
internal static class FaultsCommand
{
    public static Command Create(Option<string> lab) => new("faults", "Arms faults by name; README.md lists them.")
    {
        Arm(lab),
        Disarm(lab),
        List(lab),
    };

    static Command Arm(Option<string> lab)
    {
        var names = new Argument<string[]>("names") { Arity = ArgumentArity.OneOrMore };
        var count = new Option<int>("--count") { Description = "How often it strikes.", DefaultValueFactory = _ => 1 };
        var skip = new Option<int>("--skip") { Description = "How many chances it lets pass first." };
        var command = new Command("arm", "Arms faults.") { names, count, skip };
        command.SetAction((parsed, cancellation) => LabClient.RunAsync(parsed.GetValue(lab)!, async client =>
        {
            foreach (var name in parsed.GetRequiredValue(names))
            {
                var fault = new LabCommand { Name = name, Count = parsed.GetValue(count), Skip = parsed.GetValue(skip) };
                await client.PostAsync("lab/faults/arm", fault, cancellation);
            }
        }));
        return command;
    }

    static Command Disarm(Option<string> lab)
    {
        var name = new Argument<string?>("name") { Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("disarm", "Disarms a fault, or all of them.") { name };
        command.SetAction((parsed, cancellation) => LabClient.RunAsync(parsed.GetValue(lab)!, client =>
            client.PostAsync("lab/faults/disarm", new LabCommand { Name = parsed.GetValue(name) ?? "" }, cancellation)));
        return command;
    }

    static Command List(Option<string> lab)
    {
        var command = new Command("list", "Prints the armed faults.");
        command.SetAction((parsed, cancellation) =>
            LabClient.RunAsync(parsed.GetValue(lab)!, client => client.PrintAsync("lab/faults", cancellation)));
        return command;
    }
}
