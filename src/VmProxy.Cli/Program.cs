using VmProxy.Cli;
using VmProxy.Cli.Output;

// What prints on a terminal by name finds it by this writer.
Console.SetOut(new StreamWriter(new StandardOutput(Console.OpenStandardOutput())) { AutoFlush = true });
return await CommandLine.RunAsync(
    args, new Terminal(Console.Out, Console.Error, Console.IsOutputRedirected, Console.IsErrorRedirected, () => new StandardOutput(Console.OpenStandardOutput())));
