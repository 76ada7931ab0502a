namespace VmProxy.House.Tests;

/// <summary>A Dockerfile's instructions, with continued lines joined.</summary>
sealed record Dockerfile(IReadOnlyList<Dockerfile.Instruction> Instructions)
{
    static readonly string[] Known =
        ["FROM", "ARG", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "ENTRYPOINT", "CMD", "ENV", "EXPOSE", "LABEL", "HEALTHCHECK"];

    /// <summary>The stages in order, each with the instructions after its FROM.</summary>
    public IReadOnlyList<Stage> Stages
    {
        get
        {
            var stages = new List<Stage>();
            foreach (var instruction in Instructions)
            {
                if (instruction.Keyword == "FROM")
                {
                    var words = instruction.Words.Where(word => !word.StartsWith("--", StringComparison.Ordinal)).ToList();
                    stages.Add(new Stage(words.Count == 3 ? words[2] : "", words[0], []));
                }
                else if (stages.Count > 0)
                {
                    stages[^1].Instructions.Add(instruction);
                }
            }

            return stages;
        }
    }

    public static Dockerfile Parse(string text)
    {
        var instructions = new List<Instruction>();
        var pending = "";
        foreach (var line in text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            pending += line.EndsWith('\\') ? line[..^1] : line;
            if (line.EndsWith('\\'))
            {
                continue;
            }

            var words = pending.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            pending = "";
            instructions.Add(Known.Contains(words[0]) && words.Length > 1
                ? new Instruction(words[0], words[1..])
                : throw new FormatException($"Not a Dockerfile instruction: {line}"));
        }

        return pending.Length == 0 ? new Dockerfile(instructions) : throw new FormatException($"The last line is continued: {pending}");
    }

    /// <summary>One instruction.</summary>
    public sealed record Instruction(string Keyword, IReadOnlyList<string> Words)
    {
        /// <summary>What a COPY takes from the build context; nothing when it copies from another stage.</summary>
        public IEnumerable<string> ContextSources => Keyword != "COPY" || Words[0].StartsWith("--from=", StringComparison.Ordinal)
            ? []
            : Words.Where(word => !word.StartsWith("--", StringComparison.Ordinal)).SkipLast(1);
    }

    /// <summary>A stage.</summary>
    public sealed record Stage(string Name, string Base, List<Instruction> Instructions);
}
