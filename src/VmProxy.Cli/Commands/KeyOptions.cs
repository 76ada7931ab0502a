using System.CommandLine;
using System.Security.Cryptography;
using Spectre.Console;
using VmProxy.Engine.Care;
using VmProxy.Engine.Configuration;

namespace VmProxy.Cli.Commands;

/// <summary>Where a new key comes from. Never from an argument itself: others see those.</summary>
sealed class NewKeyOptions
{
    const int MadeKeyBytes = 48;

    readonly Option<string?> _passphrase = new("--new-passphrase") { Description = "The new passphrase: env:NAME or file:PATH.", HelpName = "SECRET" };
    readonly Option<string?> _keyFile = new("--new-key-file") { Description = "A file of at least 32 random bytes: file:PATH (or env:NAME).", HelpName = "SECRET" };
    readonly Option<string?> _made = new("--make-key-file") { Description = "Make a key file: a new file with 48 random bytes in base64, that only its owner can read.", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        command.Add(_passphrase);
        command.Add(_keyFile);
        command.Add(_made);
    }

    public async Task<GivenKey> ReadAsync(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var (passphrase, keyFile, made) = (parsed.GetValue(_passphrase), parsed.GetValue(_keyFile), parsed.GetValue(_made));
        if (new[] { passphrase, keyFile, made }.Count(given => given is not null) > 1)
        {
            throw new ConfigurationException(ConfigurationException.Invalid, "Give one of --new-passphrase, --new-key-file and --make-key-file.");
        }

        if (made is not null)
        {
            var content = Convert.ToBase64String(RandomNumberGenerator.GetBytes(MadeKeyBytes));
            using var file = PrivateFile.Create("--make-key-file", made);
            await file.WriteLineAsync(content).ConfigureAwait(false);
            return GivenKey.KeyFile(content);
        }

        return keyFile is not null
            ? GivenKey.KeyFile(Secret.FromOption("--new-key-file", keyFile))
            : GivenKey.Passphrase(passphrase is not null
                ? Secret.FromOption("--new-passphrase", passphrase).Reveal()
                : await AskAsync(context, cancellationToken).ConfigureAwait(false));
    }

    static async Task<string> AskAsync(CommandContext context, CancellationToken cancellationToken)
    {
        if (!context.Terminal.CanAsk || context.Json)
        {
            throw new ConfigurationException(ConfigurationException.Invalid,
                "There is no terminal to ask for the new passphrase. Give --new-passphrase, --new-key-file or --make-key-file.");
        }

        var console = context.Terminal.ErrorConsole;
        var first = await console.PromptAsync(new TextPrompt<string>("New passphrase:").Secret(null), cancellationToken).ConfigureAwait(false);
        var second = await console.PromptAsync(new TextPrompt<string>("The same again:").Secret(null), cancellationToken).ConfigureAwait(false);
        return first == second
            ? first
            : throw new ConfigurationException(ConfigurationException.Invalid, "The two passphrases differ. Nothing was changed.");
    }
}

/// <summary>The keys that stay when the master key is renewed.</summary>
sealed class KeptKeyOptions
{
    readonly Option<string[]> _passphrases = Kept("--keep-passphrase", "passphrase");
    readonly Option<string[]> _keyFiles = Kept("--keep-key-file", "key file");
    readonly Option<string[]> _papers = Kept("--keep-paper-key", "paper key");

    public void AddTo(Command command)
    {
        command.Add(_passphrases);
        command.Add(_keyFiles);
        command.Add(_papers);
    }

    public IReadOnlyList<GivenKey> Read(ParseResult parsed) =>
    [
        .. Secrets(parsed, _passphrases).Select(secret => GivenKey.Passphrase(secret)),
        .. Secrets(parsed, _keyFiles).Select(secret => GivenKey.KeyFile(secret)),
        .. Secrets(parsed, _papers).Select(secret => GivenKey.Paper(secret)),
    ];

    static IEnumerable<Secret> Secrets(ParseResult parsed, Option<string[]> option) =>
        (parsed.GetValue(option) ?? []).Select(reference => Secret.FromOption(option.Name, reference));

    static Option<string[]> Kept(string name, string what) =>
        new(name) { Description = $"With --rekey: a {what} that stays, besides the configured key. May be given several times.", HelpName = "SECRET" };
}

/// <summary>A new file that only its owner can read.</summary>
static class PrivateFile
{
    public static StreamWriter Create(string option, string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            return new StreamWriter(path, options);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(ConfigurationException.Invalid, $"{option}: {exception.Message} A new file is made.", exception);
        }
    }
}
