using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VmProxy.Cli.Output;
using VmProxy.Engine.Care;
using VmProxy.Engine.Configuration;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy repo keys</c>: who may open a repository.</summary>
static class RepoKeysCommand
{
    public static Command Create(CommandRunner runner) => new("keys", "Passphrases, key files and paper keys of a repository.")
    {
        List(runner), Add(runner), Replace(runner), Remove(runner), Rotate(runner), ExportPaper(runner),
    };

    static Option<string?> Name() => new("--repository") { Description = "Name of the repository (default: the only one of the configuration).", HelpName = "NAME" };

    static Option<string> Label(string value) => new("--label") { Description = "What people call the key.", HelpName = "TEXT", DefaultValueFactory = _ => value };

    static Command List(CommandRunner runner)
    {
        var name = Name();
        var command = new Command("list", "Show every key with its id, kind, label and age.") { name };
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var report = await new RepositoryKeys(context.Session).ListAsync(parsed.GetValue(name), cancellationToken).ConfigureAwait(false);
            context.Write(report, ResultJson.Default.RepositoryKeysReport, console =>
            {
                var table = Tables.Create("ID", "KIND", "CREATED (UTC)", "IN USE", "LABEL~");
                foreach (var key in report.Keys)
                {
                    table.Row(
                        key.Id, Kind(key.Kind), key.Created?.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "",
                        key.InUse ? "now" : "", key.Problem ?? key.Label);
                }

                console.Print(table);
                console.WriteLine();
                console.Line($"{report.Epochs - 1} rotations so far.");
            });
            return report.Keys.All(key => key.Problem is null) ? ExitCodes.Done : ExitCodes.Warnings;
        });
        return command;
    }

    static Command Add(CommandRunner runner)
    {
        var (name, label, secret) = (Name(), Label(""), new NewKeyOptions());
        var command = new Command("add", "Add a passphrase or key file beside the others. Without an option the passphrase is asked for.") { name, label };
        secret.AddTo(command);
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var changed = await new RepositoryKeys(context.Session)
                .AddAsync(parsed.GetValue(name), await secret.ReadAsync(parsed, context, cancellationToken).ConfigureAwait(false), parsed.GetValue(label)!, cancellationToken)
                .ConfigureAwait(false);
            Write(context, changed, $"Key {changed.Key.Id} ({Kind(changed.Key.Kind)}) opens repository {changed.Name} too.");
            return ExitCodes.Done;
        });
        return command;
    }

    static Command Replace(CommandRunner runner)
    {
        var (name, secret) = (Name(), new NewKeyOptions());
        var command = new Command("change", "Put another passphrase or key file in the place of the one in the configuration.") { name };
        secret.AddTo(command);
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var changed = await new RepositoryKeys(context.Session)
                .ReplaceAsync(parsed.GetValue(name), await secret.ReadAsync(parsed, context, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            Write(context, changed,
                $"Key {changed.Key.Id} ({Kind(changed.Key.Kind)}) opens repository {changed.Name} now; the one in the configuration does not any more. Change the configuration.");
            return ExitCodes.Done;
        });
        return command;
    }

    static Command Remove(CommandRunner runner)
    {
        var name = Name();
        var id = new Argument<string>("KEY") { Description = "The key's id, or a unique beginning of it." };
        var renew = new Option<bool>("--rekey") { Description = "Renew the master key too, so that a copy of this key opens nothing that is written from now on." };
        var keeping = new KeptKeyOptions();
        var command = new Command("remove", "Take a key away. The one in the configuration stays.") { id, name, renew };
        keeping.AddTo(command);
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var others = keeping.Read(parsed);
            if (others.Count > 0 && !parsed.GetValue(renew))
            {
                throw new ConfigurationException(ConfigurationException.Invalid, "Keys to keep are given only with --rekey.");
            }

            var changed = await new RepositoryKeys(context.Session)
                .RemoveAsync(parsed.GetValue(name), parsed.GetRequiredValue(id), parsed.GetValue(renew) ? others : null, cancellationToken).ConfigureAwait(false);
            Write(context, changed, $"Key {changed.Key.Id} opens repository {changed.Name} no more. " + (parsed.GetValue(renew)
                ? "The master key is new, and so are the ids of the other keys. Whoever has a copy of the old keys can still read what was written before, where he can get at it."
                : "Whoever has a copy of the folder keys/ with it, or has kept the master key, can still read what he can get at: --rekey ends that for what is written next."));
            return ExitCodes.Done;
        });
        return command;
    }

    static Command Rotate(CommandRunner runner)
    {
        var name = Name();
        var command = new Command("rotate", "Seal with a new secret what is written from now on. Nothing is rewritten; prune re-encrypts what it moves.") { name };
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var rotated = await new RepositoryKeys(context.Session).RotateAsync(parsed.GetValue(name), cancellationToken).ConfigureAwait(false);
            context.Write(rotated, ResultJson.Default.RepositoryKeyRotated, console => console.Line(
                $"Repository {rotated.Name} is at epoch {rotated.Epoch}. Its keys stay as they are."));
            return ExitCodes.Done;
        });
        return command;
    }

    static Command ExportPaper(CommandRunner runner)
    {
        var (name, label) = (Name(), Label("paper key"));
        var to = new Option<string?>("--to") { Description = "Write the sheet to a new file that only its owner can read, in place of printing it here.", HelpName = "FILE" };
        var command = new Command("export-paper", "Make a key to print and lock away. It is kept nowhere.") { name, label, to };
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var file = parsed.GetValue(to);
            using var sheet = file is null ? null : PrivateFile.Create("--to", file);
            var paper = await new RepositoryKeys(context.Session).ExportPaperAsync(parsed.GetValue(name), parsed.GetValue(label)!, cancellationToken).ConfigureAwait(false);
            if (sheet is null)
            {
                context.Write(paper, ResultJson.Default.PaperKeyExported, _ => context.Terminal.Output.Write(paper.Sheet));
            }
            else
            {
                await sheet.WriteAsync(paper.Sheet).ConfigureAwait(false);
                Write(context, new RepositoryKeyChanged(paper.Name, paper.Key), $"Paper key {paper.Key.Id} is in {file}. Print it, lock it away, and remove the file.");
            }

            return ExitCodes.Done;
        });
        return command;
    }

    static void Write(CommandContext context, RepositoryKeyChanged changed, string text) =>
        context.Write(changed, ResultJson.Default.RepositoryKeyChanged, console => console.Line(text));

    static string Kind(string kind) => kind switch
    {
        "keyFile" => "key file",
        "paper" => "paper key",
        "damaged" => "DAMAGED",
        _ => kind,
    };
}
